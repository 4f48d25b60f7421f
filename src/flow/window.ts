import type { IsoDate } from "../common.js";
import { invalidRequest } from "../errors.js";
import type { TimeWindow } from "./policy.js";

/** Answers whether mutations may happen now, and if not, when. */
export interface OpeningHours {
  isOpen(now: number): boolean;
  /** The next moment at which it is open; `undefined` where there is none. */
  opensAt(now: number): IsoDate | undefined;
}

const minuteMs = 60_000;
/** Windows that never overlap are given up on after so many steps from one opening to the next. */
const maxSteps = 1_000;

/**
 * Opens windows: mutations may happen while all of them match. Loads its library only here. Throws
 * `invalid-request` for an expression or a time zone that means nothing.
 */
export async function openingHours(windows: readonly TimeWindow[]): Promise<OpeningHours | undefined> {
  if (windows.length === 0) return undefined;
  const { Cron } = await import("croner");
  const rules = windows.map(({ cron, timeZone }) => {
    try {
      // Five fields: a window is told in minutes. With seconds it would be open for a second at a time.
      const rule = new Cron(cron, { timezone: timeZone, mode: "5-part" });
      rule.match(new Date(0));
      return rule;
    } catch {
      throw invalidRequest(
        `\`${cron}\` in \`${timeZone}\` is no window.`,
        'Use a cron expression of five fields and an IANA time zone, such as "* 22-23 * * 1-5" and "Asia/Shanghai".',
      );
    }
  });
  const isOpen = (now: number) => rules.every((rule) => rule.match(new Date(Math.floor(now / minuteMs) * minuteMs)));
  const opensAt = (now: number): IsoDate | undefined => {
    let at = now;
    for (let step = 0; step < maxSteps; step++) {
      if (isOpen(at)) return new Date(at).toISOString();
      const closed = rules.filter((rule) => !rule.match(new Date(Math.floor(at / minuteMs) * minuteMs)));
      const next = closed.map((rule) => rule.nextRun(new Date(at))?.getTime());
      if (next.includes(undefined)) return undefined;
      at = Math.max(at + 1, ...next.flatMap((time) => time ?? []));
    }
    return undefined;
  };
  return { isOpen, opensAt };
}
