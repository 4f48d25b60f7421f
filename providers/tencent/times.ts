import type { IsoDate } from "../../src/common.js";

/**
 * A moment as Tencent Cloud writes it. CVM and EIP write ISO 8601 UTC; CBS, VPC and CLB write `2022-10-23 11:27:30`
 * without a zone, which is Beijing's time; `0000-00-00 00:00:00` stands for none. `undefined` for none and for what is
 * no time: an odd expiry must not fail a whole listing.
 */
export function momentOf(text: string | undefined): IsoDate | undefined {
  if (text === undefined || text.startsWith("0000")) return undefined;
  const zoned = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text) ? `${text.replace(" ", "T")}+08:00` : text;
  const time = Date.parse(zoned);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

/** A moment as the older services take it: Beijing's time, without a zone. */
export function beijingTime(milliseconds: number): string {
  return new Date(milliseconds + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}
