import type { DependencyEdge } from "./dependencies.js";
import type { Problem } from "./errors.js";
import type { InstanceRecord } from "./instances.js";
import type { TerminationSettings } from "./termination.js";

/**
 * What keeps any instance on any cloud from being terminated with these settings, judged from its record alone;
 * `undefined` when nothing does. Adapters add what only their cloud knows.
 */
export function commonBlocker(record: InstanceRecord, settings: TerminationSettings): Problem | undefined {
  const problem = (code: Problem["code"], message: string, hint: string) =>
    instanceProblem(record, code, message, hint);
  const cleared = clearedIds(settings).has(record.id);
  if (record.state.unified === "unknown") {
    return problem(
      "wrong-state",
      `is in a state nobody knows (${record.state.raw}).`,
      "Look at it in the cloud's console first.",
    );
  }
  if (record.billing.unified === "unknown") {
    return problem(
      "prepaid",
      `is billed in a way nobody knows (${record.billing.raw}).`,
      "Find out how it is paid for first.",
    );
  }
  for (const lock of record.protection.locks) {
    if (lock.unified === "user" && cleared) continue;
    const hint =
      lock.unified === "user"
        ? `Unlock it, or name ${record.id} in \`protection.clear\`.`
        : lock.orderId === undefined
          ? "This lock is never cleared from here: settle its cause with the cloud."
          : `Finish or cancel order ${lock.orderId} first.`;
    return problem("locked", `is locked (${lock.unified}: ${lock.raw}).`, hint);
  }
  const protectedBy = protections(record);
  if (protectedBy !== undefined && !cleared) {
    return problem(
      "protected",
      `has ${protectedBy} protection.`,
      `Switch it off, or name ${record.id} in \`protection.clear\` with a reason.`,
    );
  }
  if (record.billing.unified === "prepaid" && (settings.prepaid ?? "refuse") === "refuse") {
    return problem("prepaid", "is paid in advance.", "Choose a way out with `prepaid`; each moves money or is final.");
  }
  if (incomplete(record)) {
    return problem(
      "data-loss",
      "shows no system disk, so its list of disks is not complete.",
      "Grant the permission to list disks, then try again.",
    );
  }
  return undefined;
}

/** A problem of one instance. The message goes on after its id: "is locked." */
export function instanceProblem(
  { id, cloud }: Pick<InstanceRecord, "id" | "cloud">,
  code: Problem["code"],
  message: string,
  hint: string,
): Problem {
  return { code, message: `${id} ${message}`, hint, cloud, instanceIds: [id] };
}

/** Why an instance stays that somebody else made, counts or replaces; `undefined` where nobody does, or all are accepted. */
export function ownerBlocker(
  record: InstanceRecord,
  edges: readonly DependencyEdge[],
  acceptOwners: ReadonlySet<string>,
): Problem | undefined {
  const edge = edges.find(
    ({ instanceId, effect, relation, node }) =>
      instanceId === record.id && effect !== "report" && relation !== "inferred" && !acceptOwners.has(node.kind),
  );
  if (!edge) return undefined;
  const release = edge.unblock ?? `Release the ${edge.node.kind} ${edge.node.id} first, with \`releaseDependencies\`.`;
  const hint = `${release} Or accept it: \`cloudOptions.acceptOwners\`.`;
  return instanceProblem(record, "owned", `has an owner. ${edge.why}`, hint);
}

/** The ids whose protection the caller named to be switched off. */
export function clearedIds(settings: Pick<TerminationSettings, "protection">): ReadonlySet<string> {
  return new Set(typeof settings.protection === "object" ? settings.protection.clear : []);
}

/** Which protections are known to be on, in words; `undefined` for none. */
function protections(record: InstanceRecord): string | undefined {
  const on = [
    ...(record.protection.termination === true ? ["termination"] : []),
    ...(record.protection.stop === true ? ["stop"] : []),
  ];
  return on.length === 0 ? undefined : on.join(" and ");
}

/** A record without a system disk: a listing answered, but not with everything. */
export function incomplete(record: InstanceRecord): boolean {
  return !record.disks.some((disk) => disk.role === "system");
}
