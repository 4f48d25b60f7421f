/** What importing each entry costs in a fresh process, from `dist`: `npm run bench`. The core's budget is 40 ms. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const runs = 11;
const manifest: { readonly exports: Readonly<Record<string, string | { readonly default: string }>> } = JSON.parse(
  readFileSync("package.json", "utf8"),
);

/** Milliseconds of one import, told by the process itself, so that Node's own start does not count. */
function importOnce(file: string): number {
  const program = `const start = performance.now(); await import("./${file}"); console.log(performance.now() - start);`;
  return Number(execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" }));
}

for (const [path, target] of Object.entries(manifest.exports)) {
  if (typeof target === "string" || !existsSync(target.default)) continue;
  const times = Array.from({ length: runs }, () => importOnce(target.default)).sort((one, other) => one - other);
  const median = times[Math.floor(runs / 2)] ?? 0;
  console.log(`cloud-decom${path.slice(1)}: ${median.toFixed(1)} ms (fastest ${times[0]?.toFixed(1)})`);
}
