import { describe, expect, it } from "vitest";
import { explainPlan } from "../../src/flow/explain-plan.js";
import { planWords } from "../../src/flow/explain-words.js";
import { openFlow } from "./open-world.js";
import { aRecord } from "./scripted-adapter.js";

const hostile = "<b>|`web`\u202E\u001B[31m";

async function aPlan() {
  const world = openFlow([
    aRecord("a", { name: hostile }),
    aRecord("b", { protection: { termination: true, locks: [] } }),
  ]);
  return await world.plan();
}

describe("an explained plan", () => {
  it("says what goes, what is blocked, why, and the way out", async () => {
    const text = explainPlan(await aPlan());
    expect(text).toContain("2 instances: 1 to go, 1 blocked.");
    expect(text).toContain("claim > snapshot > terminate > verify");
    expect(text).toMatch(/BLOCKED\s+b\s+protected: b has termination protection\. Switch it off/);
  });

  it("keeps its columns in line, with wide characters as well", async () => {
    const world = openFlow([aRecord("a", { name: "数据库" }), aRecord("b", { name: "db" })]);
    const lines = explainPlan(await world.plan()).split("\n");
    const rows = lines.filter((line) => /^[ab] {2}/.test(line));
    const column = (line: string) =>
      [...line.slice(0, line.indexOf("running"))].reduce((sum, character) => sum + (character > "\u2E80" ? 2 : 1), 0);
    expect(rows).toHaveLength(2);
    expect(new Set(rows.map(column)).size).toBe(1);
  });

  it("S43 as Markdown holds no markup of the cloud's, and no hidden character", async () => {
    const text = explainPlan(await aPlan(), { format: "markdown" });
    expect(text).toContain("\\<b\\>\\|\\`web\\`\\\\u202E");
    expect(["\u202E", "\u001B"].filter((hidden) => text.includes(hidden))).toEqual([]);
    expect(text).toContain("| instance | name |");
  });

  it("speaks Chinese, with the same fields in every text", async () => {
    const text = explainPlan(await aPlan(), { locale: "zh" });
    for (const word of ["共 2 台实例", "被阻止", "快照"]) expect(text).toContain(word);
    const fields = (said: string) => [...said.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    for (const [key, said] of Object.entries(planWords("en")))
      expect(fields(Object(planWords("zh"))[key]), key).toEqual(fields(said));
  });
});
