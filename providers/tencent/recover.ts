import { mapConcurrent } from "../../src/batch.js";
import { type Money, type Scope, sameScope } from "../../src/common.js";
import { DecommissionError, invalidRequest, type Problem, problemOf } from "../../src/errors.js";
import { type InstanceTarget, isRecord } from "../../src/instances.js";
import { refused } from "../../src/outcomes.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { RecoverableRef, RecoverOptions, RecoverOutcome } from "../../src/reversal.js";
import { checkReason } from "../../src/termination-options.js";
import type { OpenTencentCall, TencentCall } from "./call.js";
import { instanceIdForm } from "./instances.js";
import { type Binned, binOf, type Renewal } from "./recovery/bins.js";

type Item = InstanceTarget | RecoverableRef;

/** Months that can be bought ("InstanceChargePrepaid.Period", cvm 2017-03-12). */
const periods: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 24, 36, 48, 60];
const concurrency = 4;

/**
 * Takes prepaid instances and disks out of the recycle bin by renewing them, which costs money and so needs
 * `renew: { months, reason }`. That renewing brings them back is inferred: the API has no word for recovery, the console
 * calls it a renewal, and RenewInstances does not refuse what is in the bin.
 */
export async function recover(
  open: OpenTencentCall,
  items: readonly Item[],
  options: RecoverOptions = {},
): Promise<readonly RecoverOutcome[]> {
  for (const item of items) checkItem(item);
  const { renew } = options;
  if (renew) checkRenewal(renew);
  const asked = distinct(items);
  if (asked.length === 0) return [];
  const call = await open(options.dryRun ? "reads" : "all", options);
  return await mapConcurrent(asked, concurrency, async (item): Promise<RecoverOutcome> => {
    const problem = placeProblem(item, call.scope);
    if (problem) return { item, status: "blocked", problem };
    try {
      return await takeOut(call, item, options);
    } catch (error) {
      return { item, status: "failed", problem: problemOf(error) };
    }
  });
}

/** Each thing once, in the first place it was named at: what is named twice is paid for once. */
function distinct(items: readonly Item[]): readonly Item[] {
  const first = new Map<string, Item>();
  for (const item of items) {
    const { id, kind } = whatOf(item);
    if (!first.has(`${kind}/${id}`)) first.set(`${kind}/${id}`, item);
  }
  return [...first.values()];
}

function checkItem(item: Item): void {
  const id = typeof item === "string" ? item : item.id;
  const isInstance = typeof item === "string" || isRecord(item) || item.kind === "instance";
  if (typeof id === "string" && id !== "" && (!isInstance || instanceIdForm.test(id))) return;
  throw invalidRequest(`${JSON.stringify(id)} is no id of what could be recovered.`, "Pass an id or what was seen.");
}

function checkRenewal({ months, reason }: Renewal): void {
  checkReason("renew.reason", reason);
  if (periods.includes(months)) return;
  throw invalidRequest(`${JSON.stringify(months)} months cannot be bought.`, `It is one of ${periods.join(", ")}.`);
}

function placeProblem(item: Item, scope: Scope): Problem | undefined {
  if (typeof item === "string" || sameScope(item, scope)) return undefined;
  const message = `${item.id} belongs to ${item.accountId} in ${item.region}.`;
  return problemOfItem("wrong-account", message, "Use the credentials and region it belongs to.");
}

async function takeOut(call: TencentCall, item: Item, { renew, dryRun }: RecoverOptions): Promise<RecoverOutcome> {
  const { id, kind } = whatOf(item);
  const bin = binOf(call, kind);
  if (!bin) {
    const message = `There is no way to take a ${kind} out of a bin.`;
    return {
      item,
      status: "blocked",
      problem: problemOfItem("unsupported", message, "Only what is renewed comes back."),
    };
  }
  const found = await bin.read(id);
  if (!found) return { item, status: "not-found" };
  if (!found.isIn) return { item, status: "not-recycled" };
  const problem = refusalOf(id, found);
  if (problem) return { item, status: "blocked", problem };
  if (!renew) return { item, status: "blocked", problem: unpaid(id) };
  const cost = await priceOf(() => bin.price(id, renew.months));
  const priced = cost === undefined ? {} : { cost };
  if (dryRun) return { item, status: "would-recover", ...priced };
  const { effect, answer } = await bin.renew(id, renew.months);
  return outcomeOf(item, id, answer, { item, status: "recovered", ...priced, effects: [effect] });
}

function whatOf(item: Item): { readonly id: string; readonly kind: RecoverableRef["kind"] } {
  if (typeof item === "string") return { id: item, kind: "instance" };
  return { id: item.id, kind: isRecord(item) ? "instance" : item.kind };
}

function refusalOf(id: string, { isPrepaid, isBusy }: Binned): Problem | undefined {
  if (!isPrepaid) {
    const message = `${id} is paid by use, and only the console takes such a one out of the bin.`;
    return problemOfItem("unsupported", message, "Do it there before its two hours are over.");
  }
  if (!isBusy) return undefined;
  return problemOfItem(
    "wrong-state",
    `An operation on ${id} is under way.`,
    "Wait until it has ended, then try again.",
  );
}

/** A price that cannot be read keeps nothing back: paying was asked for. Being stopped does. */
async function priceOf(read: () => Promise<Money | undefined>): Promise<Money | undefined> {
  try {
    return await read();
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code !== "aborted") return undefined;
    throw error;
  }
}

function outcomeOf(item: Item, id: string, answer: MutationAnswer, done: RecoverOutcome): RecoverOutcome {
  if (answer.effect === "applied") return done;
  if (answer.effect === "unknown") return { item, status: "unknown", problem: answer.problem };
  return { item, status: answer.sent ? refused(id, answer.problem).status : "blocked", problem: answer.problem };
}

function unpaid(id: string): Problem {
  const message = `${id} comes back by being renewed, which costs money.`;
  return problemOfItem("prepaid", message, "Say so with `renew: { months, reason }`; a dry run shows the price.");
}

function problemOfItem(code: Problem["code"], message: string, hint: string): Problem {
  return { code, message, hint, cloud: "tencent" };
}
