import { existsSync, readdirSync } from "node:fs";
import { defineConfig } from "tsup";

/** One entry per import path: the core, the testkit, and what each cloud's folder holds. */
const entry: Record<string, string> = { index: "src/index.ts", testing: "src/testing/index.ts" };
for (const cloud of readdirSync("providers")) {
  for (const name of [cloud, `${cloud}/fake`]) entry[name] = `providers/${name}/index.ts`;
}

export default defineConfig({
  entry: Object.fromEntries(Object.entries(entry).filter(([, file]) => existsSync(file))),
  format: ["esm"],
  target: "node20",
  platform: "node",
  // Shared modules become shared chunks, so that the error class and the scheduler exist once.
  splitting: true,
  dts: true,
  clean: true,
});
