import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readEvidence } from "../scripts/safety/evidence.js";
import { safetyPage, shownBy } from "../scripts/safety/page.js";
import { safetyThemes } from "../scripts/safety/rules.js";

const evidence = await readEvidence();
const rules = safetyThemes.flatMap((theme) => theme.rules);

describe("the safety rules", () => {
  it("stand in docs/safety.md with every test and mutant there is (`npm run safety` writes it)", () => {
    expect(readFileSync("docs/safety.md", "utf8")).toBe(safetyPage(evidence));
  });

  it.each(rules)("$number is shown by a test, and by a mutant that its tests kill", (rule) => {
    const kinds = new Set(shownBy(rule, evidence).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(["mutant", "test"]);
  });

  it.each(rules.filter(({ keeper }) => keeper === "flow"))(
    "$number is shown where it is kept: by a test of the flow, and by a mutant in it",
    (rule) => {
      const files = shownBy(rule, evidence).map(({ file }) => file);
      expect(files.filter((file) => file.startsWith("test/flow/"))).not.toEqual([]);
      expect(files.filter((file) => file.startsWith("src/flow/"))).not.toEqual([]);
    },
  );

  it("are all known: no test and no mutant carries another number", () => {
    const known = new Set(rules.map(({ number }) => number));
    const strangers = evidence.filter((one) => one.rules.some((number) => !known.has(number)));
    expect(strangers).toEqual([]);
  });
});
