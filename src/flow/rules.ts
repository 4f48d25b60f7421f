import type { DependencyReport } from "../dependencies.js";
import type { InstanceRecord } from "../instances.js";
import type { RuleReleaseOutcome } from "../security-rules.js";
import { addressesOf } from "./dry-runs.js";
import { effectsOf, type InstanceLedger, lastOutcome, recordOf } from "./ledger.js";
import { stepOf } from "./plan.js";
import { closeRefused } from "./prepare.js";
import type { Wave } from "./wave.js";

/** The members whose own-address rules are still to go: planned ones, and those the gate saw since. */
export function withOwnRules(
  members: readonly InstanceLedger[],
  report: Pick<DependencyReport, "edges">,
): readonly InstanceLedger[] {
  return members.filter((member) => {
    const planned = stepOf(member.planned, "release-rules", (step) => step.scope === "own-address");
    const seen = report.edges.some((edge) => edge.instanceId === member.id && edge.node.kind === "security-rule");
    return (
      lastOutcome(member, "releaseSecurityRules") === undefined && leavesNow(member) && (planned !== undefined || seen)
    );
  });
}

/** Closes the rules that exist for the members' own addresses. `now`: what the members were last seen to be. */
export async function releaseOwnRules(
  wave: Wave,
  members: readonly InstanceLedger[],
  now: ReadonlyMap<string, InstanceRecord>,
): Promise<void> {
  const targets = members.map((member) => now.get(member.id) ?? recordOf(member) ?? member.id);
  const sightings = members.flatMap((member) => seenAddresses(member, now.get(member.id)));
  const outcomes = await wave.perform(
    "releaseSecurityRules",
    members,
    () => wave.adapter.releaseSecurityRules(targets, { ...wave.forward("rules"), scope: "own-address", sightings }),
    (problem) =>
      members.map(({ id }): RuleReleaseOutcome => ({ status: "blocked", instanceId: id, effects: [], problem })),
  );
  await closeRefused(wave, outcomes, ["released", "nothing-to-release", "not-found"]);
  await wave.giveBack();
}

/** Whether the server leaves service with the request, not at a later time the cloud keeps. */
function leavesNow(member: InstanceLedger): boolean {
  const how = stepOf(member.planned, "terminate")?.how;
  return how !== undefined && how !== "schedule" && how !== "let-expire";
}

/**
 * What was seen of a member since planning, with the addresses whose rules are still ours to close: those it holds
 * now, and those this very run gave up. Any other may belong to a stranger by now.
 */
function seenAddresses(member: InstanceLedger, now: InstanceRecord | undefined): readonly InstanceRecord[] {
  const planned = recordOf(member);
  if (!planned || !now) return planned ? [planned] : [];
  const gaveUp = new Set(
    effectsOf(member)
      .filter(({ kind }) => kind === "address-released" || kind === "address-disassociated")
      .map(({ resource }) => resource.id),
  );
  const held = addressesOf(now);
  const ours = (ip: string, id?: string) => held.has(ip) || gaveUp.has(ip) || (id !== undefined && gaveUp.has(id));
  return [
    {
      ...planned,
      privateIps: planned.privateIps.filter((ip) => ours(ip)),
      publicAddresses: planned.publicAddresses.filter(({ ip, id }) => ours(ip, id)),
      networkInterfaces: planned.networkInterfaces.map((networkInterface) => ({
        ...networkInterface,
        privateIps: networkInterface.privateIps.filter((ip) => ours(ip)),
      })),
    },
  ];
}
