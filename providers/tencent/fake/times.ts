import type { Tags } from "./records.js";

/** CVM, EIP and AS write UTC: `2022-09-16T03:26:14Z`. */
export function utc(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
}

/** CBS, VPC and CLB write Beijing time without saying so: `2022-10-23 11:27:30`. */
export function beijing(time: number): string {
  return new Date(time + 8 * 3_600_000).toISOString().slice(0, 19).replace("T", " ");
}

/** What {@link beijing} writes, as a time. */
export function fromBeijing(text: string): number {
  return Date.parse(`${text.replace(" ", "T")}+08:00`);
}

/** The same moment so many calendar months later. */
export function monthsLater(time: number, months: number): number {
  const date = new Date(time);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.getTime();
}

/** Tags as every service but CLB and the tag service lists them. */
export function tagList(tags: Tags): readonly { readonly Key: string; readonly Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}
