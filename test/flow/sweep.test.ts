import { describe, expect, it } from "vitest";
import type { CloudAdapter } from "../../src/adapter.js";
import { sweep } from "../../src/flow/sweep.js";
import { memoryWorld } from "../../src/testing/memory-world.js";

const day = 86_400_000;

/** A server that was saved twice: by a run whose copies are past their time by now, and by one whose are not. */
async function saved() {
  const world = memoryWorld();
  world.seed([{ id: "web" }]);
  const { adapter, clock } = world;
  await adapter.snapshot([world.id("web")], { runId: "run-old", retentionDays: 1 });
  await clock.advance(2 * day);
  await adapter.snapshot([world.id("web")], { runId: "run-new", retentionDays: 30 });
  const copies = () => world.view().snapshots.length;
  return { world, adapter, clock, copies };
}

describe("a sweep", () => {
  it("shows by default what would go, and sends nothing", async () => {
    const { world, adapter, clock, copies } = await saved();
    const sent = world.requests.filter(({ mutating }) => mutating).length;
    const [result] = await sweep([adapter], { clock });
    expect(result?.outcomes).toMatchObject([{ status: "would-remove", artifact: { runId: "run-old" } }]);
    expect(copies()).toBe(2);
    expect(world.requests.filter(({ mutating }) => mutating)).toHaveLength(sent);
  });

  it("removes what is past its time, and nothing else", async () => {
    const { adapter, clock, copies } = await saved();
    const [result] = await sweep([adapter], { clock, dryRun: false });
    expect(result?.outcomes).toMatchObject([{ status: "removed", artifact: { runId: "run-old" } }]);
    expect(copies()).toBe(1);
    expect((await sweep([adapter], { clock, dryRun: false }))[0]?.outcomes).toEqual([]);
  });

  it("removes copies before their time only with a reason", async () => {
    const { adapter, clock, copies } = await saved();
    const none = await sweep([adapter], { clock, runId: "run-new", dryRun: false });
    expect(none[0]?.outcomes).toEqual([]);
    expect(copies()).toBe(2);
    await sweep([adapter], { clock, runId: "run-new", unexpired: { reason: "made by mistake" }, dryRun: false });
    expect(copies()).toBe(1);
  });

  it("hands over for removal only what its rehearsal named", async () => {
    const { adapter, clock, copies } = await saved();
    const { removeArtifacts } = adapter;
    const handed: (readonly string[])[] = [];
    const wary: CloudAdapter = {
      ...adapter,
      removeArtifacts: async (items, options) => {
        if (!options?.dryRun) handed.push(items.map(({ runId }) => runId));
        const outcomes = await removeArtifacts(items, options);
        const problem = { code: "protected", message: "Kept.", hint: "" } as const;
        return outcomes.map((outcome) =>
          outcome.artifact.runId === "run-new" ? { artifact: outcome.artifact, status: "blocked", problem } : outcome,
        );
      },
    };
    await sweep([wary], { clock, unexpired: { reason: "made by mistake" }, dryRun: false });
    expect(handed).toEqual([["run-old"]]);
    expect(copies()).toBe(1);
  });

  it("announces each removal before it is sent, and sends none that was not recorded", async () => {
    const { adapter, clock, copies } = await saved();
    const recorder = { intent: () => Promise.reject(new Error("disk full")), settled: async () => undefined };
    const [result] = await sweep([adapter], { clock, dryRun: false, recorder });
    expect(result?.outcomes[0]?.status).not.toBe("removed");
    expect(copies()).toBe(2);
  });
});
