import { mapConcurrent } from "../../../src/batch.js";
import type { Money } from "../../../src/common.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { RefundQuote } from "../../../src/termination.js";
import type { AliyunCall } from "../call.js";
import { tokenFor } from "../tokens.js";

/** What the cloud would give back, or why it takes nothing back. */
export interface QuoteReading {
  readonly quotes: ReadonlyMap<string, RefundQuote>;
  readonly refusals: ReadonlyMap<string, Problem>;
}

/** Inquiries at a time: each is about one subscription (InquiryPriceRefundInstance). */
const concurrency = 4;

/** Asks what returning subscriptions would give back. It is also the only trial of a refund that there is. */
export async function readQuotes(call: AliyunCall, ids: readonly string[]): Promise<QuoteReading> {
  const quotes = new Map<string, RefundQuote>();
  const refusals = new Map<string, Problem>();
  await mapConcurrent(ids, concurrency, async (id) => {
    try {
      quotes.set(id, await inquire(call, id));
    } catch (error) {
      if (!DecommissionError.isInstance(error) || call.requests.stopped()) throw error;
      refusals.set(id, { ...error.problem, instanceIds: [id] });
    }
  });
  return { quotes, refusals };
}

/** The quote of one subscription, now. Throws where the cloud takes it not back. */
export async function inquire(call: AliyunCall, id: string): Promise<RefundQuote> {
  const { body, at } = await call.read("bss", "InquiryPriceRefundInstance", {
    ProductCode: "ecs",
    // For servers the type is empty, and has to be sent all the same.
    ProductType: "",
    InstanceId: id,
    ClientToken: tokenFor("inquiry", id, crypto.randomUUID()),
  });
  const data = body.object("Data");
  const amount = data?.number("RefundAmount");
  const currency = data?.text("Currency");
  if (amount !== undefined && currency !== undefined)
    return { instanceId: id, amount: { amount: amount.toFixed(2), currency }, quotedAt: at };
  throw new DecommissionError({
    code: "service",
    message: `The quote for ${id} names no amount.`,
    hint: "Look at the refund in the console.",
    cloud: "aliyun",
    instanceIds: [id],
  });
}

/** Why a quote does not do; `undefined` when it does. One nobody could read, or of another currency, never does. */
export function belowMinimum(
  quote: RefundQuote | undefined,
  minimum: Money | undefined,
  id: string,
): Problem | undefined {
  if (minimum === undefined) return undefined;
  const comparable = quote !== undefined && quote.amount.currency === minimum.currency;
  if (comparable && Number(quote.amount.amount) >= Number(minimum.amount)) return undefined;
  const said = quote ? `${quote.amount.amount} ${quote.amount.currency} would be given back` : "no refund is quoted";
  return {
    code: "prepaid",
    message: `${id}: ${said}, and at least ${minimum.amount} ${minimum.currency} is asked for.`,
    hint: "Lower `minimumRefund`, name it in the account's own currency, or let the subscription expire.",
    cloud: "aliyun",
    instanceIds: [id],
  };
}
