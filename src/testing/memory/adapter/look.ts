import { type AbsenceVerdict, judgeAbsence } from "../../../absence.js";
import { isoNow } from "../../../clock.js";
import type { ControlRead } from "../../../dependencies.js";
import type { Problem } from "../../../errors.js";
import type { InstanceRecord, InstanceTarget } from "../../../instances.js";
import { collapseTargets, foreignRecord } from "../../../targets.js";
import type { MemoryCall } from "./call.js";
import { readInstances, readStates, type Seen } from "./record.js";

/** What an instance id looks like here. */
export const instanceIdForm = /^vm-[0-9a-f]{8}$/;

/** How a target stands before anything is done about it. */
export type Sight =
  | { readonly kind: "seen"; readonly seen: Seen }
  | { readonly kind: "elsewhere"; readonly problem: Problem }
  | { readonly kind: "absent"; readonly verdict: AbsenceVerdict };

/** Looks at all targets in bulk, and judges those that are missing. */
export async function lookAt(
  call: MemoryCall,
  ids: readonly string[],
  sightings: ReadonlyMap<string, InstanceRecord>,
): Promise<ReadonlyMap<string, Sight>> {
  const foreign = new Map(
    [...sightings.values()].flatMap((record) => {
      const problem = foreignRecord(record, call.scope);
      return problem ? [[record.id, problem] as const] : [];
    }),
  );
  const { byId, evidence } = await readInstances(
    call,
    ids.filter((id) => !foreign.has(id)),
  );
  const missing = ids.filter((id) => !foreign.has(id) && !byId.has(id));
  const verdicts = await judgeAbsence(call.requests, {
    ids: missing,
    sightings,
    firstLook: evidence,
    lookAgain: async (again) => {
      const present = await readStates(call, again);
      const at = isoNow(call.requests.clock);
      return {
        presentIds: new Set(present.keys()),
        evidence: { api: "cloud:ListInstances", said: "still not listed", at },
      };
    },
    control: () => controlRead(call),
  });
  return new Map(
    ids.map((id): [string, Sight] => {
      const problem = foreign.get(id);
      if (problem) return [id, { kind: "elsewhere", problem }];
      const seen = byId.get(id);
      if (seen) return [id, { kind: "seen", seen }];
      return [id, { kind: "absent", verdict: verdicts.get(id) ?? { kind: "never-seen" } }];
    }),
  );
}

/** Every account has a default group, so that one who sees none is not shown all there is. */
export async function controlRead(call: MemoryCall): Promise<ControlRead | undefined> {
  const group = (await call.pages("ListGroups")).find((row) => row.flag("isDefault"));
  if (!group) return undefined;
  return { by: "row", row: "default-group", id: group.need("id"), at: isoNow(call.requests.clock) };
}

/** The targets of a call, collapsed, with a problem for each that two reads do not agree about. */
export function targetsOf(targets: readonly InstanceTarget[]) {
  return collapseTargets(targets, instanceIdForm);
}

/** Two reads do not agree about an instance. */
export function cameBack(id: string): Problem {
  return {
    code: "conflict",
    message: `Two reads of ${id} do not agree about whether it is there.`,
    hint: "Read it again in a minute.",
    cloud: "memory",
    instanceIds: [id],
  };
}
