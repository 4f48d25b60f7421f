import type { Call } from "../calls.js";
import { isoNow } from "../clock.js";
import type { Survey } from "../coverage.js";
import type { DependencyKind, DependencyRef } from "../dependencies.js";
import type { Problem } from "../errors.js";
import type { InstanceRecord, PublicAddress } from "../instances.js";
import { itemProblem } from "./item.js";

/** Kinds that lead traffic to an address by naming it. */
export const namingKinds: ReadonlySet<DependencyKind> = new Set(["address-list", "dns-record", "nat-rule"]);

/**
 * What names an address, by a survey of those kinds. One source that could not be read keeps it: a name that leads to a
 * stranger is a takeover.
 */
export function namedIn({ edges, coverage }: Survey, item: DependencyRef, ip: string): Problem | undefined {
  const [edge] = edges;
  if (edge) {
    const message = `${ip} is named by the ${edge.node.kind} ${edge.node.id}.`;
    return itemProblem(item, "dependency", message, "Take it off there first.");
  }
  const gap = coverage.find(({ status }) => status !== "checked");
  if (!gap) return undefined;
  const message = `Whether a ${gap.kind} names ${ip} could not be read (${gap.source}).`;
  return itemProblem(item, "dependency", message, gap.reason ?? "Grant the reading, then try again.");
}

/** A gone instance as if it had one address alone, so that a survey finds only what names that. */
export function holderOf({ scope, requests }: Call, instanceId: string, address: PublicAddress): InstanceRecord {
  return {
    ...scope,
    id: instanceId,
    name: "",
    state: { unified: "stopped", raw: "" },
    billing: { unified: "on-demand", raw: "" },
    protection: { termination: "unknown", locks: [] },
    zone: "",
    privateIps: [],
    publicAddresses: [address],
    disks: [],
    networkInterfaces: [],
    securityGroupIds: [],
    tags: {},
    seenAt: isoNow(requests.clock),
  };
}

/** An id that is another address by now. */
export function movedAddress(item: DependencyRef, was: PublicAddress, ip: string): Problem | undefined {
  if (ip === was.ip) return undefined;
  return itemProblem(item, "drifted", `${item.id} is ${ip} now, it was ${was.ip}.`, "Read the dependencies again.");
}
