/** A time as most services print it: `2026-01-05T03:10:00Z`. */
export function seconds(time: number): string {
  return new Date(time).toISOString().replace(/\.\d{3}Z$/, "Z");
}

/** A time as ECS prints those of instances: without seconds, `2026-01-05T03:10Z`. */
export function minutes(time: number): string {
  return new Date(time).toISOString().replace(/:\d{2}\.\d{3}Z$/, "Z");
}

/** What `ExpiredTime` says of everything that never expires: a real date (recorded DescribeInstances answers). */
export const neverExpires = "2099-12-31T15:59Z";

/** A time a caller sent, with or without seconds. `undefined` when it is none. */
export function timeOf(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?Z$/.test(text)) return undefined;
  const time = Date.parse(text.replace(/T(\d{2}:\d{2})Z$/, "T$1:00Z"));
  return Number.isNaN(time) ? undefined : time;
}
