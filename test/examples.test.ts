import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";

const directory = fileURLToPath(new URL("../examples", import.meta.url));
// The demo is run as a command of its own before each merge.
const examples = readdirSync(directory).filter((name) => name.endsWith(".ts") && name !== "demo.ts");

describe("the examples", () => {
  it.each(examples)("run as they are, and look into the cloud at the end: %s", async (name) => {
    const lines: unknown[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((...words) => void lines.push(words));
    try {
      // Each ends in assertions of its own, and a failed one is thrown here.
      await import(/* @vite-ignore */ `${directory}/${name}`);
    } finally {
      log.mockRestore();
    }
    expect(lines.length).toBeGreaterThan(0);
  });
});
