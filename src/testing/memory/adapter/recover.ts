import { sameScope } from "../../../common.js";
import { confirmByReading } from "../../../confirm.js";
import { invalidRequest, type Problem } from "../../../errors.js";
import { type InstanceRecord, type InstanceTarget, isRecord } from "../../../instances.js";
import type { RecoverableRef, RecoverOptions, RecoverOutcome } from "../../../reversal.js";
import { checkReason } from "../../../termination-options.js";
import { type MemoryCall, type OpenMemoryCall, service } from "./call.js";
import { effectFor } from "./effects.js";
import { targetsOf } from "./look.js";
import { readInstances, readStates } from "./record.js";
import { problemFor } from "./wishes.js";

type Result = RecoverOutcome extends infer Outcome ? (Outcome extends unknown ? Omit<Outcome, "item"> : never) : never;

/** Takes instances out of the bin. */
export async function recover(
  open: OpenMemoryCall,
  items: readonly (InstanceTarget | RecoverableRef)[],
  options: RecoverOptions = {},
): Promise<readonly RecoverOutcome[]> {
  if (options.renew) {
    checkReason("renew.reason", options.renew.reason);
    if (!Number.isInteger(options.renew.months) || options.renew.months < 1) {
      throw invalidRequest("`renew.months` is no number of months.", "It is a whole number from 1.");
    }
  }
  const unique = new Map(items.map((item) => [idOf(item), item]));
  if (unique.size === 0) return [];
  targetsOf([...unique.values()].flatMap((item) => (typeof item === "string" ? item : [])));
  const call = await open(options.dryRun ? "reads" : "all", options);
  const { byId } = await readInstances(call, [...unique.keys()]);
  const outcomes: RecoverOutcome[] = [];
  for (const [id, item] of unique) {
    outcomes.push({ item, ...(await recoverOne(call, id, item, byId.get(id)?.record, options)) });
  }
  return outcomes;
}

function idOf(item: InstanceTarget | RecoverableRef): string {
  return typeof item === "string" ? item : item.id;
}

async function recoverOne(
  call: MemoryCall,
  id: string,
  item: InstanceTarget | RecoverableRef,
  record: InstanceRecord | undefined,
  { renew, dryRun }: RecoverOptions,
): Promise<Result> {
  const problem = refusalOf(call, id, item);
  if (problem) return { status: "blocked", problem };
  if (!record) return { status: "not-found" };
  if (record.state.unified !== "recycled") return { status: "not-recycled" };
  const { restoreCostsMoney } = call.features.capabilities.recycleBin;
  if (restoreCostsMoney && !renew) {
    const paid = problemFor(id, "prepaid", "comes back only by renewing it.", "Pass `renew` with months and a reason.");
    return { status: "blocked", problem: paid };
  }
  const cost = restoreCostsMoney && renew ? { cost: { amount: `${renew.months * 100}.00`, currency: "CNY" } } : {};
  if (dryRun) return { status: "would-recover", ...cost };
  const effect = effectFor(call, id, {
    kind: "instance-recovered",
    resource: { kind: "instance", id },
    undo: { impossible: "Terminate it again." },
  });
  const answer = await call.requests.mutate({
    service,
    action: "Recover",
    parameters: { id, ...(restoreCostsMoney && renew ? { months: renew.months } : {}) },
    instanceIds: [id],
    effects: [effect],
    confirm: confirmByReading(call.requests, async () => {
      const state = (await readStates(call, [id])).get(id);
      return state !== undefined && state !== "recycled" && state !== "terminating";
    }),
  });
  if (answer.effect === "applied") return { status: "recovered", ...cost, effects: [effect] };
  if (answer.effect === "unknown") return { status: "unknown", problem: answer.problem };
  return { status: answer.sent ? "failed" : "blocked", problem: answer.problem };
}

function refusalOf(call: MemoryCall, id: string, item: InstanceTarget | RecoverableRef): Problem | undefined {
  if (typeof item !== "string" && !sameScope(item, call.scope)) {
    return problemFor(id, "wrong-account", "was seen elsewhere.", "Use the credentials and region it was seen with.");
  }
  const instance = typeof item === "string" || isRecord(item) || item.kind === "instance";
  if (instance && call.features.capabilities.recycleBin.restore) return undefined;
  return problemFor(
    id,
    "unsupported",
    "cannot come back: this cloud has no bin for it.",
    "Restore its data from a copy.",
  );
}
