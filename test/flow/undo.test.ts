import { describe, expect, it } from "vitest";
import { claimTag } from "../../src/claim.js";
import type { DependencyEdge } from "../../src/dependencies.js";
import { sealInstance, sealPlan } from "../../src/flow/digest.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import type { Plan } from "../../src/flow/plan.js";
import { planFollowUp } from "../../src/flow/plan-follow-up.js";
import { planUndo } from "../../src/flow/plan-undo.js";
import { alone, type FlowWorld, meddle, mortal, openFlow, person } from "./open-world.js";
import { aRecord, aRule } from "./scripted-adapter.js";

const target: DependencyEdge = {
  instanceId: "a",
  node: { kind: "load-balancer-target", id: "tg-1" },
  relation: "member",
  effect: "release-first",
  atTermination: "kept",
  why: "it takes traffic",
  source: "test:Targets",
};

function drained(policy: Parameters<typeof openFlow>[1] = {}): FlowWorld {
  const world = openFlow([aRecord("a")], policy);
  world.cloud.edges.push(target, { ...target, node: { kind: "security-rule", id: "r-1" }, effect: "report" });
  world.cloud.registrations.add("tg-1 a");
  world.cloud.rules.set("r-1", aRule("r-1", "sg-x", "10.0.0.1"));
  return world;
}

const strict = (clock: FlowWorld["clock"]) => ({ approvers: [person("ann", clock)], required: 1 });

/** Runs the plan until just before the nth mutation takes its result, then the process dies. */
async function dieAfter(world: FlowWorld, count: number): Promise<void> {
  const journal = mortal(world.journal);
  let left = count;
  world.cloud.after = () => {
    if (--left <= 0) journal.die();
  };
  await world.execute({ journal }).catch(() => undefined);
  world.cloud.after = undefined;
}

async function undo(world: FlowWorld, plan: Plan, more: object = {}) {
  const journal = memoryJournal({ clock: world.clock });
  const options = { journal, clock: world.clock, trust: strict(world.clock), undoes: world.journal, ...more };
  return await executePlan([world.cloud.adapter], plan, options);
}

const picture = ({ cloud }: FlowWorld) => ({
  tags: cloud.records.get("a")?.tags,
  state: cloud.records.get("a")?.state.unified,
  registrations: [...cloud.registrations],
  rules: [...cloud.rules.keys()],
});

describe("an undo", () => {
  it.each([1, 2, 3, 4, 5])(
    "after %d mutations brings back the first state in all that the cloud allows",
    async (count) => {
      const world = drained({ quarantine: { mode: "stop", forHours: 0 } });
      await world.plan();
      const before = picture(world);
      await dieAfter(world, count);
      const result = await undo(world, await planUndo([world.cloud.adapter], world.journal, { clock: world.clock }));
      expect(result.status).toBe("finished");
      expect(picture(world)).toEqual(before);
    },
  );

  it("lists what cannot come back, beside the copies that remain, and restores no rule of a server that is gone", async () => {
    const world = drained();
    await world.plan();
    await world.execute();
    const plan = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    const [planned] = plan.scopes[0]?.instances ?? [];
    expect(planned?.lost.map(({ resource }) => resource.kind).toSorted()).toEqual(["instance", "security-rule"]);
    expect(planned?.stays).toEqual([{ kind: "snapshot", id: "snap-a-1" }]);
    await undo(world, plan);
    expect([...world.cloud.rules.keys()]).toEqual([]);
  });

  it("S21 never gives a rule back to an address that a stranger holds", async () => {
    const world = drained();
    await world.plan();
    await dieAfter(world, 4);
    expect(world.cloud.rules.size).toBe(0);
    const plan = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    meddle(world.cloud, "a", { privateIps: ["10.0.0.8"], networkInterfaces: [] });
    const result = await undo(world, plan);
    expect(result.instances[0]?.status).toBe("not-restored");
    expect(world.cloud.rules.size).toBe(0);
    // All else came back.
    expect(world.cloud.registrations).toContain("tg-1 a");
  });

  it("S31 of what its journal records needs no approval; without that journal it does", async () => {
    const world = drained();
    await world.plan();
    await dieAfter(world, 2);
    const plan = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    const fromFile: Plan = JSON.parse(JSON.stringify(plan));
    await expect(undo(world, fromFile, { undoes: undefined })).rejects.toMatchObject({ code: "approval-missing" });
    expect(await undo(world, fromFile)).toMatchObject({ status: "finished" });
  });

  it("S31 executed by who planned it knows the journal it was made from, and spends that run's plan", async () => {
    const world = drained();
    await world.plan();
    await dieAfter(world, 2);
    const plan = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    expect(await undo(world, plan, { undoes: undefined })).toMatchObject({ status: "finished" });
    await expect(world.execute()).rejects.toMatchObject({ code: "conflict" });
  });

  it("S31 that has to be approved goes forward like any plan: frozen in the middle, it puts nothing back", async () => {
    const world = drained();
    await world.plan();
    await dieAfter(world, 2);
    const made = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    const plan: Plan = JSON.parse(JSON.stringify(made));
    const ann = person("ann", world.clock);
    let frozen = false;
    world.cloud.before = (operation) => {
      frozen ||= operation === "revert";
    };
    world.cloud.mutations.length = 0;
    const result = await undo(world, plan, {
      undoes: undefined,
      trust: { approvers: [ann], required: 1 },
      approvals: [await ann.approve(plan)],
      control: () => (frozen ? { state: "freeze", reason: "incident" } : { state: "run" }),
    });
    expect(world.cloud.mutations).toEqual([]);
    expect(result.instances[0]?.status).toBe("failed");
  });

  it("S30 with an effect that the undone journal does not hold needs an approval, however well it is sealed", async () => {
    const world = drained();
    await world.plan();
    await dieAfter(world, 4);
    const { digest: _digest, ...plan } = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    const scopes = plan.scopes.map((scope) => ({
      ...scope,
      instances: scope.instances.map(({ digest: _own, ...planned }) =>
        sealInstance({
          ...planned,
          steps: planned.steps.map((step) =>
            step.step === "revert"
              ? {
                  ...step,
                  effects: step.effects.map((effect) => ({
                    ...effect,
                    resource: { ...effect.resource, id: "sg-open" },
                  })),
                }
              : step,
          ),
        }),
      ),
    }));
    await expect(undo(world, sealPlan({ ...plan, scopes }))).rejects.toMatchObject({ code: "approval-missing" });
    expect(world.cloud.rules.size).toBe(0);
  });

  it("S40 spends the plan: its run does not go on, with its journal or with a new one", async () => {
    const world = drained();
    await world.plan();
    await dieAfter(world, 3);
    await undo(world, await planUndo([world.cloud.adapter], world.journal, { clock: world.clock }));
    await expect(world.execute()).rejects.toMatchObject({ code: "conflict" });
    const again = await world.execute({ journal: memoryJournal({ clock: world.clock }) });
    expect(again).toMatchObject({ status: "stopped", problem: { code: "conflict" } });
    expect(world.standing()).toEqual(["a"]);
  });

  it("is refused when the run went on after it was planned", async () => {
    const world = drained();
    await world.plan();
    await dieAfter(world, 2);
    const plan = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    await world.execute();
    await expect(undo(world, plan)).rejects.toMatchObject({ code: "plan-mismatch" });
  });

  it("leaves alone what another run has claimed since", async () => {
    const world = drained();
    await world.plan();
    await dieAfter(world, 2);
    const plan = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    meddle(world.cloud, "a", { tags: { [claimTag]: "run-other/j/1" } });
    const result = await undo(world, plan);
    expect(result.instances[0]).toMatchObject({ status: "blocked", problem: { code: "conflict" } });
    expect(world.cloud.registrations.size).toBe(0);
  });

  it("that takes a server out of a bin needs an approval, and puts the rest back afterwards", async () => {
    const world = drained();
    world.cloud.paths.set("a", { how: "recycle" });
    await world.plan();
    await world.execute();
    const plan = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    await expect(undo(world, plan)).rejects.toMatchObject({ code: "approval-missing" });
    const ann = person("ann", world.clock);
    const result = await undo(world, plan, {
      trust: { approvers: [ann], required: 1 },
      approvals: [await ann.approve(plan)],
    });
    expect(result.instances[0]?.status).toBe("recovered");
    expect(picture(world)).toEqual({ tags: {}, state: "stopped", registrations: ["tg-1 a"], rules: ["r-1"] });
  });

  it("goes on where it was interrupted", async () => {
    const world = drained();
    await world.plan();
    const before = picture(world);
    await dieAfter(world, 4);
    const plan = await planUndo([world.cloud.adapter], world.journal, { clock: world.clock });
    const journal = mortal(memoryJournal({ clock: world.clock }));
    world.cloud.after = (api) => {
      if (api.startsWith("revert:")) journal.die();
    };
    await expect(undo(world, plan, { journal })).rejects.toThrow("died");
    world.cloud.after = undefined;
    expect(await undo(world, plan, { journal })).toMatchObject({ status: "finished" });
    expect(picture(world)).toEqual(before);
  });
});

describe("a follow-up", () => {
  it("frees what a recycled server leaves, once it is gone, and nothing before", async () => {
    const address = { id: "eip-1", ip: "203.0.113.7", kind: "elastic", releasedWithInstance: false } as const;
    const world = openFlow([aRecord("a", { publicAddresses: [address] })], {
      release: { after: [{ kind: "public-address", id: "eip-1" }] },
    });
    world.cloud.paths.set("a", { how: "recycle" });
    await world.plan();
    expect((await world.execute()).instances[0]?.status).toBe("recycled");
    const early = await planFollowUp([world.cloud.adapter], world.journal, { clock: world.clock });
    expect(early.scopes[0]?.instances[0]?.blockers[0]?.problem.code).toBe("wrong-state");
    meddle(world.cloud, "a", { state: { unified: "gone", raw: "gone" } });
    const plan = await planFollowUp([world.cloud.adapter], world.journal, { clock: world.clock });
    expect(world.cloud.mutations).not.toContain("release:public-address a");
    const options = { journal: memoryJournal({ clock: world.clock }), clock: world.clock, trust: alone };
    const result = await executePlan([world.cloud.adapter], plan, options);
    expect(result).toMatchObject({ status: "finished", instances: [{ status: "already-gone" }] });
    expect(world.cloud.mutations).toContain("release:public-address a");
    expect(world.cloud.mutations.filter((mutation) => mutation === "terminate a")).toHaveLength(1);
  });
});
