import { chunk } from "../../../src/batch.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { RefundQuote } from "../../../src/termination.js";
import type { TencentCall } from "../call.js";
import { idLimit } from "../instances.js";

/** What the cloud would give back, or why it takes nothing back. */
export interface QuoteReading {
  readonly quotes: ReadonlyMap<string, RefundQuote>;
  readonly refusals: ReadonlyMap<string, Problem>;
}

/**
 * Asks what returning prepaid instances would give back. It is also the only trial there is: the cloud names what cannot
 * be returned without changing anything. One that cannot spoils the whole call, so a refused batch is asked one by one.
 */
export async function readQuotes(call: TencentCall, ids: readonly string[]): Promise<QuoteReading> {
  const quotes = new Map<string, RefundQuote>();
  const refusals = new Map<string, Problem>();
  const ask = async (piece: readonly string[]): Promise<void> => {
    try {
      for (const [id, quote] of await inquire(call, piece)) quotes.set(id, quote);
    } catch (error) {
      if (!DecommissionError.isInstance(error) || call.requests.stopped()) throw error;
      const [only, ...others] = piece;
      if (only !== undefined && others.length === 0) refusals.set(only, { ...error.problem, instanceIds: [only] });
      else for (const id of piece) await ask([id]);
    }
  };
  for (const piece of chunk(ids, idLimit)) await ask(piece);
  return { quotes, refusals };
}

async function inquire(call: TencentCall, ids: readonly string[]): Promise<ReadonlyMap<string, RefundQuote>> {
  const { body, at } = await call.read("cvm", "InquiryPriceTerminateInstances", { InstanceIds: [...ids] });
  return new Map(
    body.needList("InstanceRefundsSet").flatMap((row) => {
      const instanceId = row.need("InstanceId");
      const refund = row.number("Refunds");
      // A refund that is not told is none that could be shown.
      if (refund === undefined) return [];
      // Nothing is ever taken for a return: less than nothing counts as nothing ("Refund rules", 213/9711).
      const value = Math.max(0, refund).toFixed(2);
      // The API names no currency: it is the account's, which is CNY on the China site and USD on the international one.
      const amount = { amount: value, currency: row.text("Currency") ?? "account" };
      return [[instanceId, { instanceId, amount, quotedAt: at }] as const];
    }),
  );
}

/** Why a quote does not do; `undefined` when it does. A quote nobody could read never does. */
export function belowMinimum(
  quote: RefundQuote | undefined,
  minimum: RefundQuote["amount"] | undefined,
  id: string,
): Problem | undefined {
  if (minimum === undefined) return undefined;
  if (quote && Number(quote.amount.amount) >= Number(minimum.amount)) return undefined;
  const said = quote ? `${quote.amount.amount} would be given back` : "no refund is quoted";
  return {
    code: "prepaid",
    message: `${id}: ${said}, less than the ${minimum.amount} asked for.`,
    hint: "Lower `minimumRefund`, or let it expire.",
    cloud: "tencent",
    instanceIds: [id],
  };
}
