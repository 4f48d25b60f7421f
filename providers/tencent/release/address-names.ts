import { isoNow } from "../../../src/clock.js";
import { survey } from "../../../src/coverage.js";
import type { DependencyKind, DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { itemProblem } from "../../../src/release/item.js";
import type { TencentCall } from "../call.js";
import { openSurvey } from "../dependencies/survey.js";
import { dependencyTable } from "../dependencies/table.js";
import type { SeenInstance } from "../record.js";

/** Kinds that lead traffic to an address by naming it. */
const naming: ReadonlySet<DependencyKind> = new Set(["address-list", "dns-record", "nat-rule"]);

/** What names an address. One source that cannot be read keeps it: a name that leads to a stranger is a takeover. */
export async function namedBy(
  call: TencentCall,
  item: DependencyRef,
  address: PublicAddress,
): Promise<Problem | undefined> {
  const sources = dependencyTable.filter(({ kind }) => naming.has(kind));
  const found = await survey(sources, openSurvey(call, seenWith(call, item, address)));
  const [edge] = found.edges;
  if (edge) {
    const message = `${address.ip} is named by the ${edge.node.kind} ${edge.node.id}.`;
    return itemProblem(item, "dependency", message, "Take it off there first.");
  }
  const gap = found.coverage.find(({ status }) => status !== "checked");
  if (!gap) return undefined;
  const message = `Whether a ${gap.kind} names ${address.ip} could not be read (${gap.source}).`;
  return itemProblem(item, "dependency", message, gap.reason ?? "Grant the reading, then try again.");
}

/** The instance as if it had this address alone, so that only what names it is found. */
function seenWith(call: TencentCall, { instanceId }: DependencyRef, address: PublicAddress) {
  const at = isoNow(call.requests.clock);
  const seen: SeenInstance = {
    record: {
      ...call.scope,
      id: instanceId,
      name: "",
      state: { unified: "stopped", raw: "STOPPED" },
      billing: { unified: "on-demand", raw: "POSTPAID_BY_HOUR" },
      protection: { termination: "unknown", locks: [] },
      zone: "",
      privateIps: [],
      publicAddresses: [address],
      disks: [],
      networkInterfaces: [],
      securityGroupIds: [],
      tags: {},
      seenAt: at,
    },
    facts: {
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
    },
  };
  return {
    byId: new Map([[instanceId, seen]]),
    evidence: { api: "cvm:DescribeInstances", said: "nothing", at },
    unread: {},
  };
}
