import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Files that a file needs when it runs: types are gone by then. */
function neededBy(file: string): readonly string[] {
  const source = readFileSync(file, "utf8");
  const imports = source.matchAll(/^(?:import|export) (?!type\b)(?:\{([^}]*)\}|[^"';]*?) from "(\.[^"]+)";/gm);
  return [...imports].flatMap(([, names, path]) => {
    const onlyTypes = names?.split(",").every((name) => /^\s*(type\s|$)/.test(name));
    return onlyTypes || path === undefined ? [] : [join(dirname(file), path.replace(/\.js$/, ".ts"))];
  });
}

function filesBelow(folder: string): readonly string[] {
  return (
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      // Fakes are state machines whose parts set each other off; they hold no constants that others need while loading.
      .filter((name) => name.endsWith(".ts") && !/(^|\/)fake\//.test(name))
      .map((name) => join(root, folder, name))
  );
}

/** The first way round from a file back to itself. */
function cycleFrom(start: string, needs: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const seen = new Set<string>();
  const walk = (file: string, path: readonly string[]): readonly string[] | undefined => {
    for (const next of needs.get(file) ?? []) {
      if (next === start) return [...path, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...path, next]);
      if (found) return found;
    }
    return undefined;
  };
  return walk(start, [start]);
}

it("imports never go round in a circle, where a constant can be read before it is there", () => {
  const files = [...filesBelow("src"), ...filesBelow("providers")];
  const needs = new Map(files.map((file) => [file, neededBy(file)]));
  const cycles = files.flatMap((file) => {
    const cycle = cycleFrom(file, needs);
    return cycle ? [cycle.map((step) => relative(root, step)).join(" -> ")] : [];
  });
  expect(cycles).toEqual([]);
});
