/**
 * An instant as an ISO 8601 UTC string, such as `2025-03-01T08:00:00Z`. Times a cloud gives without a zone
 * are converted first.
 */
export type IsoDate = string;
/** Anything that survives `JSON.stringify` and `JSON.parse` unchanged. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };
/** A fact that may not have been readable. `"unknown"` is never treated as the harmless answer. */
export type Tristate = boolean | "unknown";
/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;
/** A mapped word together with the cloud's own, so that nothing is lost in mapping. */
export interface Mapped<Word extends string> {
  readonly unified: Word;
  readonly raw: string;
}
/** An amount of money. The amount is a decimal string, since binary floats lose cents. */
export interface Money {
  readonly amount: string;
  /** Its code, such as `CNY`. `account` where a cloud tells the amount alone: it is that of the account. */
  readonly currency: string;
}
/** Where a thing lives. Two things are the same only if scope and id agree. */
export interface Scope {
  readonly cloud: string;
  readonly accountId: string;
  readonly region: string;
  /**
   * Where an account's region is divided further (Huawei). Same account and region but another project is
   * another place.
   */
  readonly project?: string;
  /** Service to URL, where they are not the cloud's own: a plan made against a fake never runs elsewhere. */
  readonly endpoints?: Readonly<Record<string, string>>;
}
/**
 * Seam for time, so that tests can move it. Default: the system clock. `sleep` ends early, without throwing,
 * when the signal aborts.
 */

/** The scope of anything, and nothing else of it: spread this, never a whole record. */
export function scopeOf(thing: Scope): Scope {
  return {
    cloud: thing.cloud,
    accountId: thing.accountId,
    region: thing.region,
    ...(thing.project === undefined ? {} : { project: thing.project }),
    ...(thing.endpoints === undefined ? {} : { endpoints: thing.endpoints }),
  };
}

/** Whether two things live in the same place. Endpoints do not count: they say how a place is reached. */
export function sameScope(one: Scope, other: Scope): boolean {
  return (
    one.cloud === other.cloud &&
    one.accountId === other.accountId &&
    one.region === other.region &&
    one.project === other.project
  );
}
