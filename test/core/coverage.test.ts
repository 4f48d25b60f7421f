import { describe, expect, it } from "vitest";
import { type DependencySource, type Findings, gaps, survey } from "../../src/coverage.js";
import type { DependencyEdge } from "../../src/dependencies.js";
import { DecommissionError, type ProblemCode } from "../../src/errors.js";
import { problem } from "./tools.js";

const nothing: Findings = { nodes: [], edges: [] };
const edge: DependencyEdge = {
  instanceId: "i-1",
  node: { kind: "disk", id: "d-1" },
  relation: "attached",
  effect: "report",
  atTermination: "deleted",
  why: "attached",
  source: "ec2:DescribeVolumes",
};
const row = (
  read: () => Promise<Findings>,
  changes: Partial<DependencySource<undefined>> = {},
): DependencySource<undefined> => ({
  kind: "disk",
  source: "ec2:DescribeVolumes",
  gate: "required",
  hidesRows: false,
  read,
  ...changes,
});
const failing = (code: ProblemCode) => row(() => Promise.reject(new DecommissionError(problem(code))));

describe("what was looked at", () => {
  it("is checked where the cloud answered", async () => {
    const { coverage, edges } = await survey([row(async () => ({ nodes: [], edges: [edge] }))], undefined);
    expect(coverage).toEqual([{ kind: "disk", source: "ec2:DescribeVolumes", gate: "required", status: "checked" }]);
    expect(edges).toEqual([edge]);
  });

  const failures: readonly (readonly [ProblemCode, string])[] = [
    ["access-denied", "denied"],
    ["missing-package", "unavailable"],
    ["unsupported", "unavailable"],
    ["throttled", "partial"],
    ["service", "partial"],
    ["timeout", "partial"],
  ];
  it.each(failures)("is not read as empty when the source fails with %s", async (code, status) => {
    const { coverage } = await survey([failing(code)], undefined);
    expect(coverage).toMatchObject([{ status, reason: expect.stringContaining(code) }]);
    expect(gaps(coverage)).toHaveLength(1);
  });

  it("never spoils the other sources", async () => {
    const { coverage } = await survey([failing("access-denied"), row(async () => nothing)], undefined);
    expect(coverage.map(({ status }) => status)).toEqual(["denied", "checked"]);
  });

  it("ends when the caller stops", async () => {
    await expect(survey([failing("aborted")], undefined)).rejects.toMatchObject({ code: "aborted" });
  });

  it("S01 is partial on an empty answer of a cloud that hides rows", async () => {
    const { coverage } = await survey([row(async () => nothing, { hidesRows: true })], undefined);
    expect(coverage).toMatchObject([{ status: "partial" }]);
  });

  it("S01 is checked on an empty answer once a control row was seen", async () => {
    const control = { at: "2026-01-02T03:04:05.000Z", by: "row", row: "default-group", id: "sg-1" } as const;
    const { coverage } = await survey([row(async () => ({ ...nothing, control }), { hidesRows: true })], undefined);
    expect(coverage).toMatchObject([{ status: "checked", control }]);
  });

  it("keeps a line for a kind the caller leaves out, and asks nothing", async () => {
    let asked = false;
    const read = async () => {
      asked = true;
      return nothing;
    };
    const { coverage } = await survey([row(read)], undefined, { skip: ["disk"] });
    expect(coverage).toMatchObject([{ status: "skipped", reason: expect.any(String) }]);
    expect(asked).toBe(false);
    expect(gaps(coverage)).toHaveLength(1);
  });

  it("names the instances a partial answer is about", async () => {
    const partial = { reason: "sources disagree", instanceIds: ["i-1"] };
    const { coverage } = await survey([row(async () => ({ ...nothing, partial }))], undefined);
    expect(coverage).toMatchObject([{ status: "partial", instanceIds: ["i-1"] }]);
  });

  it("lists a thing once that two sources show", async () => {
    const node = { kind: "disk", id: "d-1", billing: "continues" } as const;
    const source = row(async () => ({ nodes: [node], edges: [edge] }));
    const { nodes, edges } = await survey([source, source], undefined);
    expect(nodes).toHaveLength(1);
    expect(edges).toHaveLength(1);
  });
});
