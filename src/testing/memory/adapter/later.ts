import { settleByReading } from "../../../poll.js";
import { Wire } from "../../../wire.js";
import { type MemoryCall, service } from "./call.js";
import { effectFor } from "./effects.js";
import type { Ended } from "./ending.js";
import { readInstances, type Seen } from "./record.js";

/** Has an instance released later. */
export async function schedule(call: MemoryCall, { record, facts }: Seen, at: string): Promise<Ended> {
  const { id } = record;
  const effect = effectFor(call, id, {
    kind: "timer-set",
    resource: { kind: "schedule", id },
    undo: {
      action: "set-timer",
      instanceId: id,
      releaseAt: record.scheduledReleaseAt ?? null,
      ...(facts.timerId === undefined ? {} : { timerId: facts.timerId }),
    },
    left: new Date(at).toISOString(),
  });
  const answer = await call.requests.mutate({
    service,
    action: "ScheduleRelease",
    parameters: { id, at: new Date(at).toISOString() },
    instanceIds: [id],
    effects: [effect],
    createdIds: (body) => [new Wire(body, "ScheduleRelease").text("timerId") ?? []].flat(),
    confirm: async ({ notBefore }) => ({
      effect: await settleByReading(call.requests, notBefore, async () => {
        const seen = (await readInstances(call, [id])).byId.get(id);
        return Date.parse(seen?.record.scheduledReleaseAt ?? "") === Date.parse(at);
      }),
    }),
  });
  if (answer.effect === "unknown") return { kind: "unclear", problem: answer.problem, effects: [effect] };
  if (answer.effect === "not-applied") return { kind: "refused", problem: answer.problem, sent: answer.sent };
  const lead = call.features.capabilities.scheduledRelease;
  const bypassesBin = lead === false ? "unknown" : lead.bypassesBin;
  const outcome = {
    status: "scheduled",
    instanceId: id,
    at: new Date(at).toISOString(),
    bypassesBin,
    effects: [effect],
  } as const;
  return { kind: "done", outcome };
}

/** Lets a subscription run out: it is not renewed any more. */
export async function letExpire(call: MemoryCall, { record, facts }: Seen): Promise<Ended> {
  const { id } = record;
  const at = record.billing.expiresAt ?? "";
  const bypassesBin = call.features.capabilities.retention.prepaid.bin === "none";
  const scheduled = { status: "scheduled", instanceId: id, at, bypassesBin } as const;
  if (!facts.autoRenew) return { kind: "done", outcome: { ...scheduled, effects: [] } };
  const effect = effectFor(call, id, {
    kind: "renewal-changed",
    resource: { kind: "instance", id },
    undo: { action: "set-renewal", instanceId: id, mode: "auto" },
    left: "manual",
  });
  const answer = await call.requests.mutate({
    service,
    action: "SetAutoRenew",
    parameters: { id, value: false },
    instanceIds: [id],
    effects: [effect],
    confirm: async ({ notBefore }) => ({
      effect: await settleByReading(call.requests, notBefore, async () => {
        return (await readInstances(call, [id])).byId.get(id)?.facts.autoRenew === false;
      }),
    }),
  });
  if (answer.effect === "unknown") return { kind: "unclear", problem: answer.problem, effects: [effect] };
  if (answer.effect === "not-applied") return { kind: "refused", problem: answer.problem, sent: answer.sent };
  return { kind: "done", outcome: { ...scheduled, effects: [effect] } };
}
