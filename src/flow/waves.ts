import { maxWaveSize } from "./complete-policy.js";

/** Cuts a list into waves. `rest` takes all that is left, a hundred at a time; the last size repeats. */
export function cutWaves<T>(items: readonly T[], sizes: readonly (number | "rest")[]): readonly (readonly T[])[] {
  const waves: (readonly T[])[] = [];
  let start = 0;
  for (let index = 0; start < items.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)] ?? "rest";
    const count = size === "rest" ? maxWaveSize : size;
    waves.push(items.slice(start, start + count));
    start += count;
  }
  return waves;
}
