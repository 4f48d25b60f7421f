import { survey } from "../../../src/coverage.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { holderOf, namedIn, namingKinds } from "../../../src/release/naming.js";
import type { TencentCall } from "../call.js";
import { openSurvey } from "../dependencies/survey.js";
import { dependencyTable } from "../dependencies/table.js";
import type { SeenInstance } from "../record.js";

/** What names an address. */
export async function namedBy(
  call: TencentCall,
  item: DependencyRef,
  address: PublicAddress,
): Promise<Problem | undefined> {
  const holder = { record: holderOf(call, item.instanceId, address), facts: nothingKnown };
  const seen = { ...nothingRead, byId: new Map([[item.instanceId, holder]]) };
  const sources = dependencyTable.filter(({ kind }) => namingKinds.has(kind));
  return namedIn(await survey(sources, openSurvey(call, seen)), item, address.ip);
}

const nothingKnown: SeenInstance["facts"] = {
  chargeType: "",
  restrictState: "",
  isolatedSource: "",
  keyIds: [],
  projectId: "0",
  placementGroupIds: [],
  isGateway: false,
  disks: new Map(),
  localDiskIds: new Set(),
  disputedDiskIds: [],
};

const nothingRead = { evidence: { api: "cvm:DescribeInstances", said: "nothing", at: "" }, unread: {} };
