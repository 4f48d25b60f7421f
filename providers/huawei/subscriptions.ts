import { chunk, groupBy } from "../../src/batch.js";
import type { HuaweiCall } from "./call.js";
import { type Subscription, subscription } from "./facts.js";

/** Resources one query names ("ListPayPerUseCustomerResources", resource_ids). */
export const subscriptionIdLimit = 50;
/** A server's query answers its disks and bandwidths as well, so a page holds more than the ids. */
const subscriptionPageLimit = 500;

/** A subscription with what was bought with it, and is returned with it ("attached resources"). */
export interface MainSubscription extends Subscription {
  readonly attached: readonly Subscription[];
}

/**
 * What BSS knows of yearly and monthly resources, by their id. An empty list of ids would be no filter but a question for
 * anything of the account, so it is never sent, and what was not asked about is left out.
 */
export async function readSubscriptions(
  call: HuaweiCall,
  resourceIds: readonly string[],
): Promise<ReadonlyMap<string, MainSubscription>> {
  const asked = new Set(resourceIds);
  const pieces = await Promise.all(
    chunk(resourceIds, subscriptionIdLimit).map((piece) => querySubscriptions(call, piece)),
  );
  const found = pieces.flat();
  const parts = groupBy(found, ({ parentId }) => parentId ?? "");
  return new Map(
    found
      .filter(({ resourceId }) => asked.has(resourceId))
      .map((one) => [one.resourceId, { ...one, attached: parts.get(one.resourceId) ?? [] }]),
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
