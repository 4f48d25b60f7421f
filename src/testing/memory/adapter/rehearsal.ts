import { problemOf } from "../../../errors.js";
import { refused } from "../../../outcomes.js";
import type { RefundQuote, TerminateOutcome } from "../../../termination.js";
import { type MemoryCall, service } from "./call.js";
import type { Decided } from "./wishes.js";

/** Says what a termination would do. Asks the cloud where it has a dry run of its own. */
export async function rehearse(call: MemoryCall, ready: readonly Decided[]): Promise<readonly TerminateOutcome[]> {
  const outcomes: TerminateOutcome[] = [];
  for (const decided of ready) outcomes.push(await rehearseOne(call, decided));
  return outcomes;
}

async function rehearseOne(call: MemoryCall, { seen, how, protections }: Decided): Promise<TerminateOutcome> {
  const { id } = seen.record;
  const tryable = call.features.capabilities.dryRun.checks !== "none" && (how === "release" || how === "recycle");
  if (tryable) {
    try {
      await call.requests.tryOut(service, "TerminateInstances", { ids: [id], dryRun: true });
    } catch (error) {
      const problem = problemOf(error);
      // What would be switched off first is still on: that the cloud names it shows that it got that far.
      const expected = protections.length > 0 && (problem.code === "protected" || problem.code === "locked");
      if (!expected) return refused(id, problem);
    }
  }
  const refund = how === "unsubscribe" ? await quoteOf(call, id) : undefined;
  return {
    status: "would-terminate",
    instanceId: id,
    how,
    ...(refund === undefined ? {} : { refund }),
    permissionChecked: tryable,
    effects: [],
  };
}

async function quoteOf(call: MemoryCall, id: string): Promise<RefundQuote | undefined> {
  if (!call.features.capabilities.refundQuote) return undefined;
  const { body, at } = await call.read(service, "QuoteRefund", { id });
  return { instanceId: id, amount: { amount: body.need("amount"), currency: body.need("currency") }, quotedAt: at };
}
