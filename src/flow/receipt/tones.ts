/** How a status strikes a reader: as planned, not the end yet, or in need of a look. */
export type Tone = "good" | "half" | "bad";

const tones: Readonly<Record<string, Tone>> = {
  accepted: "good",
  "already-gone": "good",
  reverted: "good",
  recovered: "good",
  recycled: "half",
  scheduled: "half",
  "not-started": "half",
  "not-restored": "half",
  "not-reverted": "half",
};

/** The tone of a status. One that nobody thought of needs a look. */
export function toneOf(status: string): Tone {
  return tones[status] ?? "bad";
}
