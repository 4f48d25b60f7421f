import { describe, expect, it } from "vitest";
import { claimTag } from "../../src/claim.js";
import type { DependencyEdge } from "../../src/dependencies.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import type { Policy, Waiver } from "../../src/flow/policy.js";
import { createReceipt } from "../../src/flow/receipt/create-receipt.js";
import type { InstanceRecord } from "../../src/instances.js";
import { fakeClock } from "../../src/testing/fake-clock.js";
import { meddle, mortal, openFlow } from "./open-world.js";
import { aRecord, aRule, scriptedCloud } from "./scripted-adapter.js";

const alone = { approvers: [], required: 0, solo: { maxInstances: 1000 } };
const trusted: readonly Waiver[] = [
  {
    kind: "permission",
    cause: "partial",
    instanceIds: "all",
    reason: "the role was reviewed",
    expiresAt: "2030-01-01T00:00:00Z",
  },
];

function open(records: readonly InstanceRecord[] = [aRecord("a"), aRecord("b")], policy: Policy = {}) {
  const clock = fakeClock();
  const cloud = scriptedCloud(clock, records);
  const journal = memoryJournal({ clock });
  const plan = () =>
    planDecommission(
      [cloud.adapter],
      records.map(({ id }) => id),
      { policy: { waivers: trusted, ...policy }, reason: "test", clock },
    );
  const execute = async () => executePlan([cloud.adapter], await planned, { journal, clock, trust: alone });
  let planned: ReturnType<typeof plan>;
  return {
    clock,
    cloud,
    journal,
    plan: () => (planned = plan()),
    execute,
    standing: () => [...cloud.records.values()].filter(({ state }) => state.unified !== "gone").map(({ id }) => id),
  };
}

describe("a run", () => {
  it("saves, terminates and verifies every planned instance", async () => {
    const world = open();
    await world.plan();
    const result = await world.execute();
    expect(result).toMatchObject({ status: "finished", clean: true });
    expect(result.instances.map(({ status }) => status)).toEqual(["accepted", "accepted"]);
    expect(world.standing()).toEqual([]);
    expect(result.instances.every(({ proofs }) => proofs.length === 1)).toBe(true);
  });

  it("writes nothing while planning", async () => {
    const world = open();
    await world.plan();
    expect(world.cloud.mutations).toEqual([]);
  });

  it("claims, saves and reads again before it terminates", async () => {
    const world = open([aRecord("a")]);
    await world.plan();
    world.cloud.calls.length = 0;
    await world.execute();
    expect(world.cloud.calls).toEqual([
      "whoAmI",
      "findOwnArtifacts",
      "findInstances a",
      "tagInstances a",
      "snapshot a",
      "listDependencies a",
      "terminate a",
      "verifyDeleted a",
    ]);
  });

  it("leaves a drifted instance standing, gives back what it did, and goes on with the others", async () => {
    const world = open([aRecord("a"), aRecord("b")], { waves: [2] });
    const rule = aRule("r-1", "sg-x", "10.0.0.1");
    world.cloud.rules.set("r-1", rule);
    await world.plan();
    world.cloud.before = (operation) => {
      const record = world.cloud.records.get("a");
      if (operation !== "listDependencies" || !record) return;
      const disk = {
        id: "disk-new",
        role: "data",
        sizeGiB: 10,
        encrypted: false,
        ephemeral: false,
        deletedWithInstance: true,
      } as const;
      world.cloud.records.set("a", { ...record, disks: [...record.disks, disk] });
    };
    const result = await world.execute();
    expect(result.instances.map(({ status }) => status)).toEqual(["drifted", "accepted"]);
    expect(result.instances[0]?.problem?.message).toContain("new disk disk-new");
    expect(world.standing()).toEqual(["a"]);
    expect(world.cloud.records.get("a")?.tags).not.toHaveProperty(claimTag);
    expect(result.status).toBe("finished");
  });

  it("leaves the instance standing whose snapshot was refused", async () => {
    const world = open([aRecord("a"), aRecord("b")]);
    world.cloud.refuse = (api, id) =>
      api === "snapshot" && id === "a" ? { code: "quota", message: "Too many snapshots.", hint: "" } : undefined;
    await world.plan();
    const result = await world.execute();
    expect(result.instances.map(({ status }) => status)).toEqual(["failed", "accepted"]);
    expect(world.standing()).toEqual(["a"]);
  });

  it("leaves an instance alone that another run holds", async () => {
    const world = open([aRecord("a", { tags: { [claimTag]: "run-other/journal/1" } })]);
    await world.plan();
    const result = await world.execute();
    expect(result.instances[0]).toMatchObject({ status: "blocked", problem: { code: "conflict" } });
    expect(world.cloud.mutations).toEqual([]);
  });

  it("keeps to the journal of its own plan", async () => {
    const world = openFlow([aRecord("a")]);
    const other = openFlow([aRecord("z")]);
    await world.execute();
    await expect(other.execute({ journal: world.journal })).rejects.toMatchObject({ code: "plan-mismatch" });
    expect(other.cloud.mutations).toEqual([]);
  });

  it("begins before its plan expires, or not at all, and lets go of the journal", async () => {
    const world = openFlow([aRecord("a")], { planTtlHours: 2 });
    await world.plan();
    await world.clock.advance(2 * 3_600_000);
    await expect(world.execute()).rejects.toMatchObject({ code: "plan-expired" });
    expect(world.cloud.mutations).toEqual([]);
    expect(await world.journal.lock()).toBeUndefined();
  });

  it("that began in time may go on until it had to be finished", async () => {
    const world = openFlow([aRecord("a")], { planTtlHours: 2, runHours: 10 });
    await world.plan();
    const pause = () => ({ state: "freeze", reason: "lunch" }) as const;
    expect((await world.execute({ control: pause })).status).toBe("stopped");
    await world.clock.advance(3 * 3_600_000);
    expect((await world.execute()).status).toBe("finished");
  });

  it("refuses an edited plan before anything is asked or sent", async () => {
    const world = open();
    const plan = await world.plan();
    world.cloud.calls.length = 0;
    const edited = { ...plan, policy: { ...plan.policy, waves: [100] } };
    await expect(
      executePlan([world.cloud.adapter], edited, { journal: world.journal, clock: world.clock, trust: alone }),
    ).rejects.toMatchObject({ code: "plan-mismatch" });
    expect(world.cloud.calls).toEqual([]);
  });

  it("blocks an instance whose undo nobody proved or waived", async () => {
    const world = open([aRecord("a")], { waivers: [] });
    world.cloud.permissionChecked = false;
    const plan = await world.plan();
    expect(plan.scopes[0]?.instances[0]?.unproven).toContain("test:terminate");
    const result = await world.execute();
    expect(result.instances[0]).toMatchObject({ status: "blocked", problem: { code: "access-denied" } });
    expect(world.cloud.mutations).toEqual([]);
  });

  it.each(["tag", "snapshot", "terminate"])(
    "goes on from the journal after a crash at %s, and does nothing twice",
    async (where) => {
      const world = openFlow([aRecord("a"), aRecord("b")]);
      await world.plan();
      const journal = mortal(world.journal);
      world.cloud.after = (api) => {
        if (api === where) journal.die();
      };
      await expect(world.execute({ journal })).rejects.toThrow("died");
      world.cloud.after = undefined;
      const result = await world.execute({ journal });
      expect(result.status).toBe("finished");
      expect(result.instances.map(({ status }) => status)).toEqual(["accepted", "accepted"]);
      for (const api of ["snapshot", "terminate"]) {
        const done = world.cloud.mutations.filter((mutation) => mutation.startsWith(api));
        expect(done.toSorted(), api).toEqual([`${api} a`, `${api} b`]);
      }
    },
  );

  it("does not call refused what an adapter threw about after it had sent something", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    world.cloud.after = (api) => {
      if (api === "terminate") throw new TypeError("undefined is not a function");
    };
    const result = await world.execute();
    expect(result.instances[0]).toMatchObject({ status: "accepted", verdict: { status: "deleted" } });
  });

  it("S06 never sends a termination again whose answer was lost, where a second one would destroy more", async () => {
    const repeat = {
      terminate: "destroys",
      unsubscribe: "destroys",
      convert: "safe",
      renew: "safe",
      purge: "destroys",
      snapshot: "token",
    } as const;
    const world = openFlow([aRecord("a")], {}, { repeat });
    await world.plan();
    const journal = mortal(world.journal);
    world.cloud.after = (api) => {
      if (api === "terminate") journal.die();
    };
    await expect(world.execute({ journal })).rejects.toThrow("died");
    world.cloud.after = undefined;
    // The termination landed nowhere as far as anybody can see: the server looks alive.
    world.cloud.records.set("a", aRecord("a"));
    const result = await world.execute({ journal });
    expect(result.instances[0]).toMatchObject({ status: "unknown" });
    expect(world.cloud.mutations.filter((mutation) => mutation.startsWith("terminate"))).toHaveLength(1);
  });

  it("freezes before the next request and goes on later", async () => {
    const world = open([aRecord("a")]);
    const plan = await world.plan();
    let frozen = false;
    world.cloud.after = (api) => {
      if (api === "snapshot") frozen = true;
    };
    const options = {
      journal: world.journal,
      clock: world.clock,
      trust: alone,
      control: () => (frozen ? ({ state: "freeze", reason: "incident" } as const) : ({ state: "run" } as const)),
    };
    const stopped = await executePlan([world.cloud.adapter], plan, options);
    expect(stopped).toMatchObject({ status: "stopped", problem: { code: "frozen" } });
    expect(world.standing()).toEqual(["a"]);
    frozen = false;
    world.cloud.after = undefined;
    expect(await executePlan([world.cloud.adapter], plan, options)).toMatchObject({ status: "finished" });
    expect(world.standing()).toEqual([]);
  });

  it("S40 touches nothing of a server that was tagged to be spared since the plan", async () => {
    const world = openFlow([aRecord("a")], { protectTags: { keep: "*" } });
    await world.plan();
    meddle(world.cloud, "a", { tags: { keep: "yes" } });
    expect((await world.execute()).instances[0]).toMatchObject({ status: "drifted" });
    expect(world.cloud.mutations).toEqual([]);
  });

  it("hands an adapter what was decided about the data, word for word", async () => {
    const world = openFlow([aRecord("a")], { snapshot: { skip: "scratch" } });
    await world.execute();
    expect(world.cloud.options.get("terminate")).toMatchObject({ data: { discard: "scratch" } });
  });

  it("tells of snapshots that were not complete in time", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    world.cloud.snapshotTrouble = "pending";
    expect((await world.execute()).instances[0]).toMatchObject({ status: "blocked", problem: { code: "timeout" } });
  });

  it("S25 takes no address for another that only begins like it", async () => {
    const target: DependencyEdge = {
      instanceId: "a",
      node: { kind: "load-balancer-target", id: "tg-1/10.0.0.11" },
      relation: "member",
      effect: "release-first",
      atTermination: "kept",
      why: "it takes traffic",
      source: "test:Targets",
    };
    const world = openFlow([aRecord("a")]);
    world.cloud.edges.push(target);
    world.cloud.registrations.add("tg-1/10.0.0.11 a");
    await world.plan();
    meddle(world.cloud, "a", { privateIps: [], networkInterfaces: [] });
    expect((await world.execute()).instances[0]?.status).toBe("accepted");
    expect(world.cloud.options.get("releaseDependencies")).toMatchObject({ sightings: [{ id: "a" }] });
  });

  it("takes a freeze switch that cannot be read for frozen", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const control = () => Promise.reject(new Error("connection refused"));
    expect(await world.execute({ control })).toMatchObject({ status: "stopped", problem: { code: "frozen" } });
    expect(world.cloud.mutations).toEqual([]);
  });

  it("S31 that was paused until its time was over goes no further", async () => {
    const world = openFlow([aRecord("a")], { maxEvidenceAgeMinutes: 100_000 });
    const plan = await world.plan();
    let leaving = false;
    world.cloud.before = (operation) => {
      leaving ||= operation === "terminate";
    };
    const control = async () => {
      if (!leaving) return { state: "run" } as const;
      await world.clock.advance(3_600_000);
      const over = world.clock.now() >= Date.parse(plan.finishBefore);
      return over ? ({ state: "run" } as const) : ({ state: "pause", reason: "incident" } as const);
    };
    expect(await world.execute({ control })).toMatchObject({ status: "stopped", problem: { code: "plan-expired" } });
    expect(world.standing()).toEqual(["a"]);
  });

  it("tells a receipt from the journal alone", async () => {
    const world = open([aRecord("a")]);
    await world.plan();
    await world.execute();
    const receipt = await createReceipt(world.journal);
    expect(receipt).toMatchObject({ v: 1, status: "finished", reason: "test", erasure: "not attested by API" });
    expect(receipt.instances[0]?.timeline.map(({ said }) => said)).toContain("terminate: accepted");
    expect(JSON.parse(JSON.stringify(receipt))).toEqual(receipt);
  });
});
