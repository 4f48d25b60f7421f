import { describe, expect, it } from "vitest";
import type { DependencyEdge } from "../../src/dependencies.js";
import type { UndoAction } from "../../src/effects.js";
import { DecommissionError, type Problem } from "../../src/errors.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import type { JournalEntry } from "../../src/flow/journal.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import { alone, type FlowWorld, meddle, mortal, openFlow } from "./open-world.js";
import { aRecord, aRule } from "./scripted-adapter.js";

const hour = 3_600_000;
const no: Problem = { code: "quota", message: "No.", hint: "" };

async function entriesOf(world: FlowWorld): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = [];
  for await (const { entry } of world.journal.read()) entries.push(entry);
  return entries;
}

const target: DependencyEdge = {
  instanceId: "a",
  node: { kind: "load-balancer-target", id: "tg-1" },
  relation: "member",
  effect: "release-first",
  atTermination: "kept",
  why: "it takes traffic",
  source: "test:Targets",
};

describe("S30 give-backs", () => {
  it("S30 come in an order: what lets the server work, then its rules, and the claim last", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.edges.push(target);
    world.cloud.registrations.add("tg-1 a");
    await world.plan();
    world.cloud.refuse = (api) => (api === "snapshot" ? no : undefined);
    await world.execute();
    const reverts = world.cloud.calls.filter((call) => call.startsWith("revert"));
    expect(reverts).toEqual(["revert registration-removed:tg-1", "revert tags-changed:a"]);
  });

  it.each<UndoAction>([
    { action: "set-protection", instanceId: "a", which: "termination", value: true },
    { action: "set-protection", instanceId: "a", which: "lock", value: true },
    { action: "set-power", instanceId: "a", power: "stopped" },
    { action: "set-tags", instanceId: "a", set: { owner: "somebody" }, remove: [] },
    { action: "set-timer", instanceId: "a", releaseAt: "2031-01-01T00:00:00Z" },
    { action: "set-groups", networkInterfaceId: "eni-a", securityGroupIds: ["sg-open"] },
    { action: "attach-disk", instanceId: "a", diskId: "disk-z", deleteWithInstance: true },
    { action: "set-power", instanceId: "b", power: "running" },
  ])("S30 go only to a value that the plan records: not by %j", async (undo) => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const { tagInstances } = world.cloud.adapter;
    // An adapter, or a journal, that claims another former state than the plan saw.
    const lying = Object.assign(Object.create(world.cloud.adapter), {
      tagInstances: async (...call: Parameters<typeof tagInstances>) => {
        const outcomes = await tagInstances(...call);
        const extra = {
          cloud: "test",
          accountId: "111",
          region: "r1",
          kind: "protection-cleared",
          resource: { kind: "protection", id: "a" },
          instanceIds: ["a"],
          undo,
        } as const;
        return outcomes.map((outcome) => ({ ...outcome, effects: [...outcome.effects, extra] }));
      },
    });
    world.cloud.refuse = (api) => (api === "snapshot" ? no : undefined);
    await executePlan([lying], await world.plan(), { journal: world.journal, clock: world.clock, trust: alone });
    const given = world.cloud.mutations.filter((mutation) => mutation.startsWith("revert"));
    expect(given).toEqual(["revert:set-tags a"]);
    const reverts = (await entriesOf(world)).flatMap((entry) =>
      entry.type === "outcome" && entry.operation === "revert" ? [entry.outcome] : [],
    );
    expect(reverts).toContainEqual(expect.objectContaining({ status: "not-reverted", cause: "not-in-plan" }));
  });
});

describe("S31 what stops forward steps", () => {
  it("S31 never stops giving back: expiry", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.edges.push(target);
    world.cloud.registrations.add("tg-1 a");
    const plan = await world.plan();
    world.cloud.after = async (api) => {
      if (api === "snapshot") await world.clock.advance(Date.parse(plan.finishBefore) - world.clock.now() + 1);
    };
    const result = await world.execute();
    expect(result).toMatchObject({ status: "stopped", problem: { code: "plan-expired" } });
    expect(world.standing()).toEqual(["a"]);
    expect(world.cloud.registrations).toContain("tg-1 a");
    expect(world.cloud.records.get("a")?.tags).toEqual({});
  });

  it("S31 never stops giving back: an instance that fails outside the window, in a quarantine that outlasts the run", async () => {
    const world = openFlow([aRecord("a"), aRecord("b")], {
      waves: [1],
      quarantine: { mode: "stop", forHours: 10 },
      runHours: 12,
    });
    const plan = await world.plan();
    expect((await world.execute()).status).toBe("waiting");
    expect(world.cloud.records.get("b")?.state.unified).toBe("stopped");
    await world.clock.advance(Date.parse(plan.finishBefore) - world.clock.now() + hour);
    expect((await world.execute()).status).toBe("stopped");
    for (const id of ["a", "b"]) {
      expect(world.cloud.records.get(id)?.state.unified, id).toBe("running");
      expect(world.cloud.records.get(id)?.tags, id).toEqual({});
    }
  });

  it("S31 still says what became of a server that had ended when the run's time was over", async () => {
    const world = openFlow([aRecord("a")], { release: { after: [{ kind: "disk", id: "disk-a" }] } });
    const plan = await world.plan();
    world.cloud.before = async (operation) => {
      if (operation === "verifyDeleted")
        await world.clock.advance(Date.parse(plan.finishBefore) - world.clock.now() + 1);
    };
    const result = await world.execute();
    expect(result).toMatchObject({ status: "stopped", problem: { code: "plan-expired" } });
    expect(result.instances[0]).toMatchObject({ status: "accepted", verdict: { status: "deleted" } });
    expect(world.cloud.mutations).not.toContain("release:disk a");
  });

  it("S31 leaves what is under way to the next call when it is only frozen or aborted", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const abort = new AbortController();
    world.cloud.after = (api) => {
      if (api === "tag") abort.abort();
    };
    expect((await world.execute({ signal: abort.signal })).status).toBe("paused");
    expect(world.cloud.mutations).toEqual(["tag a"]);
    world.cloud.after = undefined;
    expect((await world.execute()).status).toBe("finished");
    expect(world.cloud.mutations).toEqual(["tag a", "snapshot a", "terminate a"]);
  });

  it("S31 lets a give-back inside a termination pass while all else is frozen", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    let frozen = false;
    const reached: string[] = [];
    const { terminate } = world.cloud.adapter;
    const clearing = Object.assign(Object.create(world.cloud.adapter), {
      terminate: async (...[targets, options]: Parameters<typeof terminate>) => {
        if (options.dryRun) return await terminate(targets, options);
        // Protection was cleared a moment ago; between that and the termination somebody freezes the run.
        frozen = true;
        const scope = { cloud: "test", accountId: "111", region: "r1" };
        const intent = (key: string, kind: "instance-terminated" | "reverted") =>
          ({
            key,
            api: `test:${kind}`,
            at: "2026-01-02T03:04:05.000Z",
            settleMs: 1,
            instanceIds: ["a"],
            effects: [
              {
                ...scope,
                kind,
                resource: { kind: "instance", id: "a" },
                instanceIds: ["a"],
                undo: { impossible: "test" },
              },
            ],
          }) as const;
        for (const kind of ["instance-terminated", "reverted"] as const) {
          await options.recorder?.intent(intent(kind, kind)).then(
            () => reached.push(kind),
            () => undefined,
          );
        }
        await options.recorder?.settled("reverted", { effect: "applied" });
        const problem: Problem = { code: "frozen", message: "Frozen.", hint: "" };
        return [{ status: "blocked" as const, instanceId: "a", effects: [], problem }];
      },
    });
    const control = () => (frozen ? ({ state: "freeze", reason: "x" } as const) : ({ state: "run" } as const));
    const result = await executePlan([clearing], await world.plan(), {
      journal: world.journal,
      clock: world.clock,
      trust: alone,
      control,
    });
    expect(result).toMatchObject({ status: "stopped", problem: { code: "frozen" } });
    expect(reached).toEqual(["reverted"]);
  });

  it("S31 stops cleanly after too many failures, and leaves the later waves untouched", async () => {
    const world = openFlow([aRecord("a"), aRecord("b"), aRecord("c")], { waves: [1], stopAfterFailures: 1 });
    await world.plan();
    world.cloud.refuse = (api, id) => (api === "snapshot" && id === "a" ? no : undefined);
    const result = await world.execute();
    expect(result).toMatchObject({ status: "stopped", problem: { code: "limit-exceeded" } });
    expect(result.instances.map(({ status }) => status)).toEqual(["failed", "not-started", "not-started"]);
    expect(world.cloud.mutations.filter((mutation) => /[bc]$/.test(mutation))).toEqual([]);
  });
});

describe("S31 what has ended", () => {
  it("S31 gets nothing back when the run stops later", async () => {
    const world = openFlow([aRecord("a"), aRecord("b")], { waves: [1] });
    await world.plan();
    world.cloud.before = async (operation, ids) => {
      if (operation === "snapshot" && ids.includes("b")) await world.clock.advance(80 * hour);
    };
    expect(await world.execute()).toMatchObject({
      status: "stopped",
      instances: [{ status: "accepted" }, { status: "blocked" }],
    });
    expect(world.cloud.calls.filter((call) => call.startsWith("revert"))).toEqual(["revert tags-changed:b"]);
  });

  it("S30 is asked for once: a give-back that fails is told, not tried for ever", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    world.cloud.refuse = (api) => (api === "snapshot" || api.startsWith("revert") ? no : undefined);
    expect((await world.execute()).instances[0]).toMatchObject({
      status: "failed",
      effects: [{ kind: "tags-changed" }],
    });
    expect(world.cloud.calls.filter((call) => call.startsWith("revert"))).toHaveLength(1);
  });
});

it("S06 a termination that may have been sent and did not happen is not sent again in this run", async () => {
  const world = openFlow([aRecord("a")]);
  await world.plan();
  world.cloud.after = (api, id) => {
    if (api !== "terminate") return;
    meddle(world.cloud, id, { state: { unified: "running", raw: "running" } });
    throw new DecommissionError({ code: "network", message: "The answer was lost.", hint: "" });
  };
  expect((await world.execute()).instances[0]).toMatchObject({ status: "unknown", problem: { code: "timeout" } });
  expect(world.cloud.mutations.filter((mutation) => mutation === "terminate a")).toHaveLength(1);
});

describe("S32 what has no way back", () => {
  it("S32 comes after the final gate", async () => {
    const world = openFlow([aRecord("a", { billing: { unified: "spot", raw: "spot" } })], {
      release: { before: ["spot-request"] },
    });
    world.cloud.edges.push({ ...target, node: { kind: "spot-request", id: "sir-1" }, relation: "owned-by" });
    await world.plan();
    world.cloud.after = (api) => {
      world.cloud.calls.push(`did ${api}`);
    };
    await world.execute();
    const order = world.cloud.calls.filter((call) =>
      /^(listDependencies a|did release:spot-request|did terminate)/.test(call),
    );
    expect(order).toEqual(["listDependencies a", "listDependencies a", "did release:spot-request", "did terminate"]);
  });

  it("S32 is not done for an instance that the gate holds back", async () => {
    const world = openFlow([aRecord("a", { billing: { unified: "spot", raw: "spot" } })], {
      release: { before: ["spot-request"] },
    });
    world.cloud.edges.push({ ...target, node: { kind: "spot-request", id: "sir-1" }, relation: "owned-by" });
    await world.plan();
    world.cloud.edges.push({ ...target, effect: "blocks", node: { kind: "route", id: "rtb-1" } });
    expect((await world.execute()).instances[0]?.status).toBe("drifted");
    expect(world.cloud.mutations).not.toContain("release:spot-request a");
  });
});

describe("S33 permission", () => {
  it("S33 that no dry run proved is shown, and waived before the first mutation", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.permissionChecked = false;
    const bare = await planDecommission([world.cloud.adapter], ["a"], { reason: "test", clock: world.clock });
    const [planned] = bare.scopes[0]?.instances ?? [];
    expect(planned?.unproven).toEqual(["test:tagInstances", "test:terminate"]);
    const result = await executePlan([world.cloud.adapter], bare, {
      journal: world.journal,
      clock: world.clock,
      trust: alone,
    });
    expect(result.instances[0]).toMatchObject({ status: "blocked", problem: { code: "access-denied" } });
    expect(world.cloud.mutations).toEqual([]);
  });

  it("S33 that the cloud's dry run proved needs no waiver", async () => {
    const world = openFlow([aRecord("a")]);
    const bare = await planDecommission([world.cloud.adapter], ["a"], { reason: "test", clock: world.clock });
    expect(bare.scopes[0]?.instances[0]).toMatchObject({ unproven: [], blockers: [] });
  });

  it("S33 is asked for each planned step, not for the termination alone", async () => {
    const world = openFlow([aRecord("a")], { quarantine: { mode: "stop", forHours: 1 }, waivers: [] });
    const plan = await world.plan();
    expect(plan.scopes[0]?.instances[0]?.unproven).toEqual(["test:quarantine"]);
  });

  it("S33 can be waived by the executor's standing waiver", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.permissionChecked = false;
    const bare = await planDecommission([world.cloud.adapter], ["a"], { reason: "test", clock: world.clock });
    const standing = {
      kind: "permission",
      cause: "partial",
      reason: "reviewed",
      expiresAt: "2030-01-01T00:00:00Z",
      scope: { cloud: "test" },
    } as const;
    const options = { journal: world.journal, clock: world.clock, trust: alone };
    expect(
      (await executePlan([world.cloud.adapter], bare, { ...options, guard: { waivers: [standing] } })).instances[0]
        ?.status,
    ).toBe("accepted");
  });
});

describe("S34 a release by the cloud's own timer", () => {
  it("S34 neither quarantines, drains nor removes rules", async () => {
    const world = openFlow([aRecord("a", { privateIps: ["10.0.0.1"] })], {
      terminate: { releaseAt: "2026-02-01T00:00:00Z" },
      snapshot: { from: "stopped" },
    });
    world.cloud.paths.set("a", { how: "schedule" });
    world.cloud.rules.set("r-1", aRule("r-1", "sg-x", "10.0.0.1"));
    world.cloud.edges.push(target);
    const plan = await world.plan();
    expect(plan.scopes[0]?.instances[0]?.steps.map(({ step }) => step)).toEqual([
      "claim",
      "snapshot",
      "terminate",
      "verify",
    ]);
  });

  it("S34 is refused together with a quarantine", () => {
    const both = {
      terminate: { releaseAt: "2026-02-01T00:00:00Z" },
      quarantine: { mode: "stop", forHours: 1 },
    } as const;
    return expect(openFlow([aRecord("a")], both).plan()).rejects.toMatchObject({ code: "invalid-request" });
  });
});

describe("S35 a step's deadline", () => {
  it("S35 takes an instance out of its wave with its effects given back; the others go on", async () => {
    const world = openFlow([aRecord("a"), aRecord("b")], { waves: [2], stepDeadlineMinutes: 5 });
    await world.plan();
    world.cloud.refuse = (api, id) =>
      api === "snapshot" && id === "a" ? { code: "timeout", message: "Too slow.", hint: "" } : undefined;
    const result = await world.execute();
    expect(world.cloud.options.get("snapshot")).toMatchObject({ deadlineMs: 300_000 });
    expect(result.instances.map(({ status }) => status)).toEqual(["failed", "accepted"]);
    expect(world.cloud.records.get("a")?.tags).toEqual({});
  });

  it("S35 recycled closes an instance; its remains are for a follow-up", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.paths.set("a", { how: "recycle" });
    await world.plan();
    const result = await world.execute();
    expect(result).toMatchObject({ status: "finished", clean: false });
    expect(result.instances[0]).toMatchObject({ status: "recycled", verdict: { status: "recycled" } });
  });
});

it("credentials that run out pause the run, and nothing is held against the instances", async () => {
  const world = openFlow([aRecord("a")]);
  await world.plan();
  const expired: Problem = { code: "authentication", message: "The token has expired.", hint: "Log in again." };
  world.cloud.before = (operation) => {
    if (operation === "snapshot") throw new DecommissionError(expired);
  };
  expect(await world.execute()).toMatchObject({ status: "paused", problem: { code: "authentication" } });
  world.cloud.before = undefined;
  expect(await world.execute()).toMatchObject({ status: "finished" });
});

it("a termination whose answer was lost, where a second would destroy, is never sent again", async () => {
  const repeat = {
    terminate: "destroys",
    unsubscribe: "safe",
    convert: "safe",
    renew: "safe",
    purge: "safe",
    snapshot: "look-up-first",
  } as const;
  const world = openFlow([aRecord("a")], {}, { repeat });
  await world.plan();
  const { terminate } = world.cloud.adapter;
  const journal = mortal(world.journal);
  let sent = 0;
  // The process dies with the request in flight, and the request never lands.
  const dying = Object.assign(Object.create(world.cloud.adapter), {
    terminate: async (...[targets, options]: Parameters<typeof terminate>) => {
      if (options.dryRun) return await terminate(targets, options);
      const ended = {
        cloud: "test",
        accountId: "111",
        region: "r1",
        kind: "instance-terminated",
        resource: { kind: "instance", id: "a" },
        instanceIds: ["a"],
        undo: { impossible: "gone" },
      } as const;
      await options.recorder?.intent({
        key: "k",
        api: "test:Terminate",
        at: new Date(world.clock.now()).toISOString(),
        settleMs: 60_000,
        instanceIds: ["a"],
        effects: [ended],
      });
      sent += 1;
      return journal.die();
    },
  });
  const options = { journal, clock: world.clock, trust: alone };
  await expect(executePlan([dying], await world.plan(), options)).rejects.toThrow("died");
  const result = await executePlan([world.cloud.adapter], await world.plan(), options);
  expect(sent).toBe(1);
  expect(result.instances[0]?.status).toBe("unknown");
  expect(world.cloud.mutations).not.toContain("terminate a");
  const waited = world.clock.now() - Date.parse("2026-01-02T03:04:05.000Z");
  expect(waited).toBeGreaterThanOrEqual(60_000);
});
