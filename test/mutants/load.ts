import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutant.js";

const here = fileURLToPath(new URL(".", import.meta.url));

/** All mutants, from every `*.mutants.ts` beside this file. Throws when two share a name or one names no test that exists. */
export async function loadMutants(): Promise<readonly Mutant[]> {
  const files = readdirSync(here).filter((name) => name.endsWith(".mutants.ts"));
  const modules: readonly { readonly mutants: readonly Mutant[] }[] = await Promise.all(
    files.sort().map((name) => import(/* @vite-ignore */ new URL(name, import.meta.url).href)),
  );
  const mutants = modules.flatMap((module) => module.mutants);
  const names = new Set<string>();
  for (const { name, tests } of mutants) {
    if (names.has(name)) throw new Error(`Two mutants are called "${name}".`);
    names.add(name);
    if (tests.length === 0) throw new Error(`"${name}" names no test file.`);
    const lost = tests.find((test) => !existsSync(join(here, "../..", test)));
    if (lost !== undefined) throw new Error(`"${name}" names ${lost}, which does not exist.`);
  }
  return mutants;
}
