import { survey } from "../../../src/coverage.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Problem } from "../../../src/errors.js";
import type { PublicAddress } from "../../../src/instances.js";
import { itemProblem, type ReleaseContext } from "../../../src/release/item.js";
import { holderOf, movedAddress, namedIn, namingKinds } from "../../../src/release/naming.js";
import { type OutlivingKind, releaseOutlived } from "../../../src/release/outlived.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { HuaweiCall } from "../call.js";
import { openSurvey } from "../dependencies/survey.js";
import { dependencyTable } from "../dependencies/table.js";
import type { AddressFacts } from "../facts.js";
import { readAddresses } from "../listings.js";
import type { SeenInstance } from "../record.js";
import { standingInstances } from "./gone.js";

/**
 * Gives EIPs up, each only once its server is gone, if it is still the same address of ours, nobody uses it and nothing
 * names it (S26). What is given up can be a stranger's within seconds.
 */
export async function releaseAddresses(
  context: ReleaseContext<HuaweiCall>,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  return await releaseOutlived(context, items, elasticIps);
}

const elasticIps: OutlivingKind<HuaweiCall, PublicAddress, AddressFacts> = {
  noun: "the EIP",
  standing: standingInstances,
  was: ({ publicAddresses }, id) => publicAddresses.find((address) => address.id === id),
  readNow: readAddress,
  unfit: (item, now, was) => movedAddress(item, was, now.ip) ?? unfit(item, now),
  keptBecause: ({ call }, item, was) => namedBy(call, item, was),
  effect: "address-released",
  noWayBack: ({ ip }) => `${ip} went back to the cloud and can be anybody's.`,
  request: (publicip_id) => ({
    service: "vpc",
    action: "DELETE /v1/{project_id}/publicips/{publicip_id}",
    parameters: { path: { publicip_id } },
  }),
};

/** One EIP as it is now; `undefined` where the project does not hold it. */
export async function readAddress(call: HuaweiCall, id: string): Promise<AddressFacts | undefined> {
  return (await readAddresses(call)).find((address) => address.id === id);
}

function unfit(item: DependencyRef, now: AddressFacts): Problem | undefined {
  if (now.prepaid) {
    const message = `${now.ip} is paid by the month or year: it is unsubscribed, not released.`;
    return itemProblem(item, "prepaid", message, "Unsubscribe from it, or from its bandwidth, in Billing.");
  }
  const user = now.serverId ?? now.portId ?? now.boundTo;
  if (user === undefined) return undefined;
  return itemProblem(item, "dependency", `${now.ip} is in use by ${user}.`, "Whoever uses it now keeps it.");
}

async function namedBy(call: HuaweiCall, item: DependencyRef, address: PublicAddress): Promise<Problem | undefined> {
  const holder = { record: holderOf(call, item.instanceId, address), facts: nothingKnown };
  const seen = { ...nothingRead, byId: new Map([[item.instanceId, holder]]) };
  const sources = dependencyTable.filter(({ kind }) => namingKinds.has(kind));
  return namedIn(await survey(sources, openSurvey(call, seen, "by-cloud")), item, address.ip);
}

const nothingKnown: SeenInstance["facts"] = {
  status: "",
  faulty: false,
  frozen: false,
  flavorId: "",
  systemTags: {},
  metadataKeys: [],
  volumes: new Map(),
  disputedDiskIds: [],
  localDisksKnown: true,
  ports: [],
  addresses: [],
  perhapsBinned: false,
};

const nothingRead = { evidence: { api: "ecs:ListServersDetails", said: "nothing", at: "" }, unread: {} };
