import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadMutants } from "./load.js";
import { applyMutant, type Mutant } from "./mutant.js";

const mutants = await loadMutants();

function mutant(find: string, replace = "broken()"): Mutant {
  return { name: "example", file: "example.ts", find, replace, tests: [] };
}

describe("the mutants", () => {
  it.each(mutants)("still applies: $name", (each) => {
    expect(applyMutant(each, readFileSync(each.file, "utf8"))).toContain(each.replace);
  });
});

describe("applyMutant", () => {
  it("finds code however the formatter wraps it", () => {
    const wrapped = "call(\n  first,\n  second,\n);\n";
    expect(applyMutant(mutant("call(first, second);"), wrapped)).toBe("broken()\n");
  });

  it("leaves what stands around the code alone", () => {
    expect(applyMutant(mutant("} else {", "} {"), "[1, ];\n if (a) { b() } else { c() }")).toBe(
      "[1, ];\n if (a) { b() } { c() }",
    );
  });

  it("refuses code that is not there", () => {
    expect(() => applyMutant(mutant("gone()"), "here();")).toThrow("occurs 0 times");
  });

  it("refuses code that is there twice", () => {
    expect(() => applyMutant(mutant("again()"), "again(); again();")).toThrow("occurs 2 times");
  });

  it("matches whole words only", () => {
    expect(applyMutant(mutant("id = 1", "id = 2"), "grid = 1; id = 10; id = 1;")).toBe("grid = 1; id = 10; id = 2;");
  });

  it("refuses a mutant that changes nothing", () => {
    expect(() => applyMutant(mutant("same()", "same()"), "same();")).toThrow("changes nothing");
  });
});
