import { chunk } from "../../src/batch.js";
import type { HuaweiCall } from "./call.js";
import { type Subscription, subscription } from "./facts.js";

/** Resources one query names ("ListPayPerUseCustomerResources", resource_ids). */
export const subscriptionIdLimit = 50;
/** A server's query answers its disks and bandwidths as well, so a page holds more than the ids. */
const subscriptionPageLimit = 500;

/**
 * What BSS knows of yearly and monthly resources, by their id. An empty list of ids would be no filter but a question for
 * anything of the account, so it is never sent, and what was not asked about is left out.
 */
export async function readSubscriptions(
  call: HuaweiCall,
  resourceIds: readonly string[],
): Promise<ReadonlyMap<string, Subscription>> {
  const asked = new Set(resourceIds);
  const pieces = await Promise.all(
    chunk(resourceIds, subscriptionIdLimit).map((piece) => querySubscriptions(call, piece)),
  );
  return new Map(
    pieces
      .flat()
      .filter(({ resourceId }) => asked.has(resourceId))
      .map((found) => [found.resourceId, found]),
  );
}

async function querySubscriptions(call: HuaweiCall, ids: readonly string[]): Promise<readonly Subscription[]> {
  const found: Subscription[] = [];
  for (let offset = 0; ; ) {
    const body = { resource_ids: [...ids], only_main_resource: 0, offset, limit: subscriptionPageLimit };
    const answer = await call.read("bss", "POST /v2/orders/suscriptions/resources/query", { body });
    const page = answer.body.needList("data");
    found.push(...page.map(subscription));
    offset += page.length;
    const total = answer.body.number("total_count");
    if (page.length === 0 || (page.length < subscriptionPageLimit && (total === undefined || offset >= total)))
      return found;
  }
}
