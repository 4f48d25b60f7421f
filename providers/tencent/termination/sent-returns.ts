/**
 * Remembers the returns that one adapter has sent, or seen. The same request destroys what a first one returned, and a read can
 * lag behind that first one: no reading alone can make a second one safe. Renewals, which are paid for each time, have such a
 * memory of their own.
 */
export interface SentReturns {
  /** Whether another request than this has returned the instance lately. */
  isSent(instanceId: string, by: object, now: number): boolean;
  /** Notes that this request is about to return the instance, or that it was seen in the bin. */
  note(instanceId: string, by: object, now: number): void;
  /** The cloud has certainly not carried this request out; without one: the instance is back in service by our own doing. */
  forget(instanceId: string, by?: object): void;
}

/** Far longer than any request can be under way, and any read can lag. */
const rememberedMs = 3_600_000;

/** An empty memory, for one adapter. */
export function sentReturns(): SentReturns {
  const sent = new Map<string, { readonly by: object; readonly at: number }>();
  return {
    isSent: (instanceId, by, now) => {
      const known = sent.get(instanceId);
      return known !== undefined && known.by !== by && now - known.at < rememberedMs;
    },
    note: (instanceId, by, now) => void sent.set(instanceId, { by, at: now }),
    forget: (instanceId, by) => {
      if (by === undefined || sent.get(instanceId)?.by === by) sent.delete(instanceId);
    },
  };
}
