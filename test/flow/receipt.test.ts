import { describe, expect, it } from "vitest";
import type { DependencyEdge } from "../../src/dependencies.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import { createReceipt } from "../../src/flow/receipt/create-receipt.js";
import type { Receipt } from "../../src/flow/receipt/receipt.js";
import { renderReceipt } from "../../src/flow/receipt/render-receipt.js";
import { mortal, openFlow, person } from "./open-world.js";
import { aRecord, aRule } from "./scripted-adapter.js";

const hostile = '<img src=x onerror="alert(1)">|`*[x](javascript:1)\u001B[31m\u202Eevil';

async function aReceipt(options: Parameters<typeof createReceipt>[1] = {}): Promise<Receipt> {
  const edge = (node: DependencyEdge["node"], change: Partial<DependencyEdge> = {}): DependencyEdge => ({
    instanceId: "a",
    node,
    relation: "attached",
    effect: "report",
    atTermination: "kept",
    why: hostile,
    source: "test:Describe",
    ...change,
  });
  const world = openFlow([aRecord("a", { name: hostile, tags: { owner: "alice@example.com" } }), aRecord("b")], {
    waves: [2],
  });
  world.cloud.edges.push(
    edge({ kind: "disk", id: "disk-a" }, { atTermination: "deleted" }),
    edge({ kind: "public-address", id: "eip-1" }),
    edge({ kind: "security-rule", id: "r-1" }),
    edge({ kind: "security-group", id: "sg-shared" }),
    { ...edge({ kind: "security-group", id: "sg-shared" }), instanceId: "b" },
  );
  const native = { Description: "the office of Bob", Tags: [{ Key: "team", Value: "payments" }] };
  world.cloud.rules.set("r-1", {
    ...aRule("r-1", "sg-x", "10.0.0.1"),
    description: "the office of Bob",
    tags: { team: "payments" },
    native,
  });
  await world.plan();
  world.cloud.coverage.push({
    kind: "alarm",
    source: "test:Alarms",
    gate: "report",
    status: "denied",
    reason: "no permission",
  });
  world.cloud.leftovers = [{ kind: "disk", id: "disk-kept", sizeGiB: 100, billing: "continues", why: hostile }];
  world.cloud.refuse = (api, id) =>
    api === "terminate" && id === "b" ? { code: "quota", message: hostile, hint: "Wait." } : undefined;
  const ann = person("ann", world.clock);
  await world.execute({ trust: { approvers: [ann], required: 1 }, approvals: [await ann.approve(await world.plan())] });
  return await createReceipt(world.journal, options);
}

describe("a receipt", () => {
  it("says who approved, what stands, what is left and what was not checked", async () => {
    const receipt = await aReceipt({ prices: { disk: { amount: "0.35", currency: "CNY" } } });
    expect(receipt.approvals).toMatchObject([{ name: "ann" }]);
    expect(receipt.required).toBe(1);
    expect(receipt.solo).toBeUndefined();
    expect(receipt.leftovers).toMatchObject([
      { id: "disk-kept", instanceId: "a", monthlyEstimate: { amount: "35.00", currency: "CNY" } },
    ]);
    expect(receipt.notChecked).toMatchObject([{ source: "test:Alarms", status: "denied" }]);
    expect(receipt.instances.map(({ status }) => status)).toEqual(["accepted", "blocked"]);
    expect(receipt.erasure).toBe("not attested by API");
    expect(receipt.unsettled).toEqual([]);
    expect(JSON.parse(JSON.stringify(receipt))).toEqual(receipt);
  });

  it("says that a person worked alone", async () => {
    const world = openFlow([aRecord("a")]);
    await world.execute();
    const receipt = await createReceipt(world.journal);
    expect(receipt.solo).toEqual({ maxInstances: 1000 });
    expect(await renderReceipt(receipt, { format: "markdown" })).toContain("One person worked alone");
  });

  it("calls a request unsettled while nobody has looked what became of it, and no longer", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const journal = mortal(world.journal);
    world.cloud.after = (api) => {
      if (api === "snapshot") journal.die();
    };
    await expect(world.execute({ journal })).rejects.toThrow("died");
    world.cloud.after = undefined;
    const apis = async () => (await createReceipt(world.journal)).unsettled.map(({ api }) => api);
    expect(await apis()).toEqual(["snapshot"]);
    await world.execute();
    expect(await apis()).toEqual([]);
  });

  it("of a journal without a run is refused", () => {
    return expect(createReceipt(memoryJournal())).rejects.toMatchObject({ code: "invalid-request" });
  });

  it("S61 masks tag values and rule descriptions, in the cloud's own form of a rule as well", async () => {
    const whole = JSON.stringify(await aReceipt());
    for (const secret of ["alice@example.com", "the office of Bob", "payments"]) expect(whole).toContain(secret);
    const masked = await aReceipt({ redact: ["tag-values", "rule-descriptions"] });
    const text = JSON.stringify(masked);
    for (const secret of ["alice@example.com", "the office of Bob", "payments"]) expect(text).not.toContain(secret);
    expect(masked.redacted).toEqual(["tag-values", "rule-descriptions"]);
    expect(masked.instances[0]?.removedRules[0]?.rule.groupId).toBe("sg-x");
    expect(await renderReceipt(masked, { format: "html" })).not.toMatch(/alice@|office of Bob|payments/);
  });
});

describe("a rendered receipt", () => {
  const hidden = ["\u001B", "\u202E"];

  it.each(["html", "markdown", "csv", "json"] as const)(
    "S43 holds no hidden character of what a cloud calls things: %s",
    async (format) => {
      for (const locale of ["en", "zh"] as const) {
        const text = await renderReceipt(await aReceipt(), { format, locale });
        for (const character of hidden) expect(text.includes(character), `${format} ${locale}`).toBe(false);
      }
    },
  );

  it("as HTML is one page without scripts, and hostile names stay text", async () => {
    const html = await renderReceipt(await aReceipt());
    expect(html).toContain("&lt;img src=x onerror=&quot;alert(1)&quot;&gt;");
    expect(html).not.toMatch(
      /<img|<script|<iframe|<link(?! rel="icon" href="data:,")|\son\w+=["']|https?:|@import|url\(/i,
    );
    expect(html).toContain('<html lang="en">');
    expect(html).toContain("<svg");
    expect(html).toContain("prefers-color-scheme:dark");
    expect(html).toContain("@media print");
  });

  it("as HTML in Chinese says everything in Chinese but what the cloud said", async () => {
    const html = await renderReceipt(await aReceipt(), { locale: "zh" });
    expect(html).toContain('<html lang="zh-CN">');
    for (const word of ["下线回执", "审批", "已受理", "被阻止", "未检查的内容", "API 不作证明"])
      expect(html).toContain(word);
    for (const word of ["Receipt", "Approved by", "Saved copies", "Timeline", "Passed the final gate"])
      expect(html).not.toContain(word);
  });

  it("has the same texts in both languages, filled with the same fields", async () => {
    const { languageOf } = await import("../../src/flow/receipt/words.js");
    const fields = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
    const [en, zh] = [languageOf("en").words, languageOf("zh").words];
    expect(Object.keys(zh)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en)) expect(fields(Object(zh)[key]), key).toEqual(fields(text));
  });

  it("as Markdown keeps hostile names out of tables and links", async () => {
    const text = await renderReceipt(await aReceipt(), { format: "markdown" });
    expect(text).toContain('\\<img src=x onerror="alert\\(1\\)"\\>\\|\\`\\*\\[x\\]');
    const cells = (line: string | undefined) => line?.replaceAll("\\|", "").split("|").length;
    const lines = text.split("\n");
    const at = lines.findIndex((line) => line.startsWith("| Instance | Name |"));
    expect(cells(lines[at + 2])).toBe(cells(lines[at]));
    // One for each column that has anything in it, and the two ends.
    expect(cells(lines[at])).toBe(8);
  });

  it("as CSV has one row per instance and no cell that a spreadsheet would run", async () => {
    const receipt = await aReceipt();
    const [first, ...others] = receipt.instances;
    if (!first?.record) throw new Error("the receipt has an instance");
    const named = (name: string) => ({ ...first, record: { ...aRecord("a"), name } });
    const formulas = ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)"];
    const text = await renderReceipt({ ...receipt, instances: [...formulas.map(named), ...others] }, { format: "csv" });
    const lines = text.trimEnd().split("\r\n");
    expect(lines).toHaveLength(1 + formulas.length + others.length);
    expect(lines[1]).toContain(`a,"'=HYPERLINK(""http://x"")"`);
    expect(lines[2]).toContain("a,'+1,");
    expect(lines[3]).toContain("a,'-1,");
    expect(lines[4]).toContain("a,'@SUM(A1),");
  });

  it("as JSON is the receipt", async () => {
    const receipt = await aReceipt();
    expect(JSON.parse(await renderReceipt(receipt, { format: "json" }))).toEqual(receipt);
  });
});
