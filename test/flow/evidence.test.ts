import { describe, expect, it, vi } from "vitest";
import type { CoverageLine, DependencyEdge } from "../../src/dependencies.js";
import { DecommissionError } from "../../src/errors.js";
import type { InstanceRecord } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { meddle, openFlow } from "./open-world.js";
import { aRecord } from "./scripted-adapter.js";

const minute = 60_000;
const expires = "2030-01-01T00:00:00Z";

function edge(instanceId: string, change: Partial<DependencyEdge>): DependencyEdge {
  return {
    instanceId,
    node: { kind: "load-balancer-target", id: "tg-1" },
    relation: "member",
    effect: "release-first",
    atTermination: "kept",
    why: "it takes traffic",
    source: "test:Describe",
    ...change,
  };
}

describe("S04 evidence", () => {
  it("S04 that grew old in the scheduler's queue is read again before anything is sent", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    let queued = 1;
    world.cloud.before = async (operation) => {
      // The call waits in the queue for longer than its evidence is good for, once.
      if (operation === "terminate" && queued-- > 0) await world.clock.advance(11 * minute);
    };
    const result = await world.execute();
    expect(result.instances[0]?.status).toBe("accepted");
    const order = world.cloud.calls.filter((call) => /^(listDependencies|terminate) /.test(call));
    expect(order).toEqual([
      "listDependencies a",
      "listDependencies a",
      "terminate a",
      "listDependencies a",
      "terminate a",
    ]);
    expect(world.cloud.mutations.filter((mutation) => mutation === "terminate a")).toHaveLength(1);
  });

  it("S04 that is always too old leaves the instance standing and gives back", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    world.cloud.before = async (operation) => {
      if (operation === "terminate") await world.clock.advance(11 * minute);
    };
    const result = await world.execute();
    expect(result.instances[0]).toMatchObject({ status: "blocked", problem: { code: "budget-exhausted" } });
    expect(world.standing()).toEqual(["a"]);
    expect(world.cloud.records.get("a")?.tags).toEqual({});
    expect(world.cloud.calls.filter((call) => call === "terminate a")).toHaveLength(5);
  });

  it("S04 is not trusted across a clock that was set back", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    let now = world.clock.now();
    const jumping = { now: () => now, sleep: world.clock.sleep };
    let jumps = 1;
    world.cloud.before = (operation) => {
      if (operation === "terminate" && jumps-- > 0) now -= 5 * minute;
    };
    const result = await world.execute({ clock: jumping });
    expect(result.instances[0]?.status).toBe("accepted");
    expect(world.cloud.calls.filter((call) => call === "terminate a")).toHaveLength(2);
  });

  it("S04 ages by the monotonic clock as well, however often the wall clock is set back", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    let ran = 0;
    const monotonic = vi.spyOn(performance, "now").mockImplementation(() => ran);
    let jumps = 1;
    world.cloud.before = (operation) => {
      if (operation === "terminate" && jumps-- > 0) ran += 11 * minute;
    };
    try {
      expect((await world.execute()).instances[0]?.status).toBe("accepted");
    } finally {
      monotonic.mockRestore();
    }
    expect(world.cloud.calls.filter((call) => call === "terminate a")).toHaveLength(2);
  });

  it("S04 judges window, freeze and expiry when the request leaves, not when the step began", async () => {
    for (const stop of ["freeze", "expiry", "abort"] as const) {
      const world = openFlow([aRecord("a")]);
      const plan = await world.plan();
      const abort = new AbortController();
      let frozen = false;
      world.cloud.before = async (operation) => {
        if (operation !== "terminate") return;
        if (stop === "freeze") frozen = true;
        if (stop === "abort") abort.abort();
        if (stop === "expiry") await world.clock.advance(Date.parse(plan.finishBefore) - world.clock.now());
      };
      const control = () => (frozen ? ({ state: "freeze", reason: "incident" } as const) : ({ state: "run" } as const));
      const result = await world.execute({ control, signal: abort.signal });
      expect(result.status, stop).toBe(stop === "abort" ? "paused" : "stopped");
      expect(world.standing(), stop).toEqual(["a"]);
    }
  });
});

describe("S09 a clock that the cloud contradicts", () => {
  const off = (world: ReturnType<typeof openFlow>, operation: string) => {
    world.cloud.before = (called) => {
      const { onEvent } = { onEvent: undefined, ...world.cloud.options.get(called) } as CallOptions;
      if (called === operation) onEvent?.({ type: "clock", skewMs: -45_000, at: "2026-01-02T03:04:05Z" });
    };
  };

  it.each(["findInstances", "snapshot", "terminate"])(
    "S09 pauses the run that hears of it in %s",
    async (operation) => {
      const world = openFlow([aRecord("a")]);
      await world.plan();
      off(world, operation);
      const result = await world.execute();
      expect(result).toMatchObject({ status: "paused", problem: { code: "authentication" } });
      expect(result).toHaveProperty("problem.message", expect.stringContaining("45 s ahead of the cloud's"));
      expect(world.standing()).toEqual(["a"]);
      expect(world.cloud.mutations.filter((mutation) => mutation.startsWith(operation))).toEqual([]);
      world.cloud.before = undefined;
      expect(await world.execute()).toMatchObject({ status: "finished", instances: [{ status: "accepted" }] });
    },
  );

  it("S09 does not keep the run from giving back", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    world.cloud.snapshotTrouble = "refused";
    off(world, "revert");
    expect((await world.execute()).instances[0]?.status).toBe("failed");
    expect(world.cloud.records.get("a")?.tags).toEqual({});
  });
});

describe("S07 the final gate", () => {
  const disk = aRecord("a").disks[0];
  if (!disk) throw new Error("a record has a disk");
  const changes: readonly (readonly [string, Partial<InstanceRecord>])[] = [
    ["a tag that excludes", { tags: { keep: "yes" } }],
    ["a tag that protects", { tags: { tier: "gold" } }],
    ["a disk's flag", { disks: [{ ...disk, deletedWithInstance: false }] }],
    ["a new disk", { disks: [disk, { ...disk, id: "disk-2", role: "data" }] }],
    ["protection", { protection: { termination: true, locks: [] } }],
    ["billing", { billing: { unified: "prepaid", raw: "prepaid" } }],
    [
      "a new address",
      { publicAddresses: [{ id: "eip-1", ip: "203.0.113.1", kind: "elastic", releasedWithInstance: false }] },
    ],
    ["a release by timer", { scheduledReleaseAt: "2031-01-01T00:00:00Z" }],
    ["another server under the id", { createdAt: "2026-01-01T00:00:00.000Z" }],
  ];

  it.each(changes)(
    "S07 stops one instance for %s, gives back what was done to it, and lets the others go",
    async (_, change) => {
      const world = openFlow([aRecord("a"), aRecord("b")], {
        waves: [2],
        exclude: [{ cloud: "test", tags: { keep: "yes" } }],
        protectTags: { tier: "gold" },
      });
      await world.plan();
      world.cloud.before = (operation) => {
        // Behind the claim, so that only the final gate can see it.
        const tags = { ...world.cloud.records.get("a")?.tags, ...change.tags };
        if (operation === "listDependencies") meddle(world.cloud, "a", { ...change, tags });
      };
      const result = await world.execute();
      expect(result.instances.map(({ status }) => status)).toEqual(["drifted", "accepted"]);
      expect(world.standing()).toEqual(["a"]);
      expect(Object.keys(world.cloud.records.get("a")?.tags ?? {})).toEqual(Object.keys(change.tags ?? {}));
    },
  );

  it.each(["denied", "partial", "unavailable", "skipped"] as const)(
    "S07 stops where a required kind reads %s by then",
    async (status) => {
      const world = openFlow([aRecord("a")]);
      await world.plan();
      const line: CoverageLine = {
        kind: "auto-scaling-group",
        source: "test:Groups",
        gate: "required",
        status,
        reason: "test",
      };
      world.cloud.coverage.push(line);
      const result = await world.execute();
      expect(result.instances[0]?.status).toBe("blocked");
      expect(world.standing()).toEqual(["a"]);
    },
  );

  it.each(["denied", "partial"] as const)(
    "a kind that reads %s while planning blocks unless waived for that cause",
    async (status) => {
      const line: CoverageLine = { kind: "route", source: "test:Routes", gate: "required", status, reason: "test" };
      const run = async (cause: "denied" | "partial") => {
        const waiver = { kind: "route", cause, instanceIds: ["a"], reason: "known", expiresAt: expires } as const;
        const world = openFlow([aRecord("a")], { waivers: [waiver] });
        world.cloud.coverage.push(line);
        return (await world.execute()).instances[0]?.status;
      };
      expect(await run(status)).toBe("accepted");
      expect(await run(status === "denied" ? "partial" : "denied")).toBe("blocked");
    },
  );

  it("holds back the instances that a source could not show, and no others", async () => {
    const world = openFlow([aRecord("a"), aRecord("b")]);
    const hidden: CoverageLine = { kind: "route", source: "test:Routes", gate: "required", status: "denied" };
    world.cloud.coverage.push({ ...hidden, reason: "no", instanceIds: ["b"] });
    expect((await world.execute()).instances.map(({ status }) => status)).toEqual(["accepted", "blocked"]);
  });

  it.each([
    [["a"], []],
    [["a", "b"], ["alarm"]],
  ])("leaves a kind unread only where all agreed to: %j", async (instanceIds, skip) => {
    const waiver = { kind: "alarm", cause: "skipped", instanceIds, reason: "no matter", expiresAt: expires } as const;
    const world = openFlow([aRecord("a"), aRecord("b")], { waivers: [waiver] });
    await world.plan();
    expect(world.cloud.options.get("listDependencies")).toMatchObject({ skip });
  });

  it("lets nobody waive protection that only a dependency tells of", async () => {
    const waiver = {
      kind: "protection",
      cause: "blocks",
      instanceIds: ["a"],
      reason: "known",
      expiresAt: expires,
    } as const;
    const world = openFlow([aRecord("a")], { waivers: [waiver] });
    world.cloud.edges.push(edge("a", { node: { kind: "protection", id: "a" }, effect: "blocks", unblock: "Ask." }));
    expect((await world.execute()).instances[0]).toMatchObject({ status: "blocked", problem: { code: "protected" } });
    expect(world.cloud.mutations).toEqual([]);
  });

  it("a waiver that has expired by then waives nothing", async () => {
    const soon = new Date(Date.parse("2026-01-02T04:04:05.000Z")).toISOString();
    const waiver = { kind: "route", cause: "denied", instanceIds: ["a"], reason: "known", expiresAt: soon } as const;
    const world = openFlow([aRecord("a")], { waivers: [waiver] });
    world.cloud.coverage.push({
      kind: "route",
      source: "test:Routes",
      gate: "required",
      status: "denied",
      reason: "test",
    });
    expect((await world.plan()).scopes[0]?.instances[0]?.blockers.every(({ waived }) => waived)).toBe(true);
    await world.clock.advance(2 * 60 * minute);
    expect((await world.execute()).instances[0]?.status).toBe("blocked");
    expect(world.cloud.mutations).toEqual([]);
  });

  it.each([
    [false, undefined, "blocked"],
    ["unknown", undefined, "blocked"],
    ["unknown", "partial", "accepted"],
  ] as const)("S10 holds a server whose copy's key is usable: %s, waived: %s", async (keyUsable, cause, status) => {
    const waiver = { kind: "encryption-key", instanceIds: ["a"], reason: "known", expiresAt: expires } as const;
    const world = openFlow([aRecord("a")], cause === undefined ? {} : { waivers: [{ ...waiver, cause }] });
    await world.plan();
    world.cloud.keyUsable = keyUsable;
    expect((await world.execute()).instances[0]).toMatchObject({ status });
    expect(world.standing()).toHaveLength(status === "blocked" ? 1 : 0);
  });

  it("S10 takes no copy for a disk whose size nobody could read", async () => {
    const disks = aRecord("a").disks.map((disk) => ({ ...disk, sizeGiB: "unknown" as const }));
    const world = openFlow([aRecord("a", { disks })]);
    expect((await world.execute()).instances[0]).toMatchObject({ problem: { code: "missing-snapshot-proof" } });
  });

  it("lets a server that went by itself go on to the proof that it is gone, without its tags", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    world.cloud.after = (api) => {
      if (api === "snapshot")
        meddle(world.cloud, "a", { state: { unified: "gone", raw: "gone" }, tags: {}, disks: [] });
    };
    expect((await world.execute()).instances[0]?.status).toBe("already-gone");
  });

  it("S07 stops where the dry run of what the plan promised is refused by now", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.paths.set("a", { how: "recycle" });
    await world.plan();
    world.cloud.before = (operation) => {
      if (operation === "terminate:dry") throw new DecommissionError({ code: "quota", message: "No.", hint: "" });
    };
    expect((await world.execute()).instances[0]).toMatchObject({ status: "blocked", problem: { code: "quota" } });
    expect(world.standing()).toEqual(["a"]);
  });

  it("pauses when credentials run out in the middle of it, and holds nothing against the instances", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    world.cloud.before = (operation) => {
      if (operation === "listDependencies")
        throw new DecommissionError({ code: "authentication", message: "Expired.", hint: "" });
    };
    expect(await world.execute()).toMatchObject({ status: "paused", problem: { code: "authentication" } });
    world.cloud.before = undefined;
    expect(await world.execute()).toMatchObject({ status: "finished", instances: [{ status: "accepted" }] });
  });

  it("S07 drifts where the plan promised a way back and the bin no longer takes the server", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.paths.set("a", { how: "recycle" });
    await world.plan();
    world.cloud.paths.set("a", { how: "release" });
    const result = await world.execute();
    expect(result.instances[0]).toMatchObject({ status: "drifted" });
    expect(world.standing()).toEqual(["a"]);
  });

  it("stops for an owner that appeared, and for a target that is registered again", async () => {
    for (const added of [
      edge("a", { node: { kind: "auto-scaling-group", id: "asg" }, relation: "owned-by" }),
      edge("a", { effect: "blocks" }),
    ]) {
      const world = openFlow([aRecord("a")]);
      await world.plan();
      world.cloud.edges.push(added);
      world.cloud.registrations.add(`${added.node.id} a`);
      expect((await world.execute()).instances[0]?.status).toBe("drifted");
      expect(world.standing()).toEqual(["a"]);
    }
  });

  it("lets go what this run did itself: a target it deregistered is no drift", async () => {
    const world = openFlow([aRecord("a")]);
    world.cloud.edges.push(edge("a", {}));
    world.cloud.registrations.add("tg-1 a");
    await world.plan();
    expect((await world.execute()).instances[0]?.status).toBe("accepted");
    expect(world.cloud.mutations).toContain("release:load-balancer-target a");
  });
});

describe("S08 the last look", () => {
  it("S08 at a server with an owner's tags comes ten minutes after it is gone, with every removed rule", async () => {
    const world = openFlow([aRecord("a", { tags: { "aws:cloudformation:stack-name": "web" } }), aRecord("b")]);
    await world.plan();
    const first = await world.execute({ maxIdleMs: 1 });
    expect(first).toMatchObject({ status: "waiting", clean: false });
    expect(first.instances.every(({ verdict }) => verdict?.clean)).toBe(true);
    const looks = () => world.cloud.calls.filter((call) => call.startsWith("verifyDeleted"));
    expect(looks()).toEqual(["verifyDeleted a", "verifyDeleted b"]);
    await world.clock.advance(9 * minute);
    expect((await world.execute({ maxIdleMs: 1 })).status).toBe("waiting");
    await world.clock.advance(2 * minute);
    expect(await world.execute({ maxIdleMs: 1 })).toMatchObject({ status: "finished", clean: true });
    expect(looks()).toEqual(["verifyDeleted a", "verifyDeleted b", "verifyDeleted a"]);
    expect(world.cloud.options.get("verifyDeleted")).toHaveProperty("removedRules");
  });
});

describe("S44 hooks", () => {
  it("S44 are asked before the last read", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const beforeTerminate = () => {
      world.cloud.calls.push("hook");
      return undefined;
    };
    await world.execute({ hooks: { beforeTerminate } });
    const order = world.cloud.calls.filter(
      (call) => call === "hook" || call === "listDependencies a" || call === "terminate a",
    );
    expect(order).toEqual(["listDependencies a", "hook", "listDependencies a", "terminate a"]);
  });

  it.each([
    ["a no", () => "still in use"],
    ["an exception", () => Promise.reject(new Error("pager is down"))],
    ["silence", () => new Promise<undefined>(() => undefined)],
  ])("S44 leave the instance alone for %s, and only that one", async (_, answer) => {
    const world = openFlow([aRecord("a"), aRecord("b")], { waves: [2] });
    await world.plan();
    const beforeTerminate = ({ id }: InstanceRecord) => (id === "a" ? answer() : undefined);
    const result = await world.execute({ hooks: { beforeTerminate, deadlineMs: 5 } });
    expect(result.instances.map(({ status }) => status)).toEqual(["blocked", "accepted"]);
    expect(world.cloud.records.get("a")?.tags).toEqual({});
  });

  it("S44 have a minute at most, however long they ask for", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    const timeout = vi.spyOn(AbortSignal, "timeout");
    try {
      await world.execute({ hooks: { beforeTerminate: () => undefined, deadlineMs: 3_600_000 } });
      expect(timeout.mock.calls).toEqual([[60_000]]);
    } finally {
      timeout.mockRestore();
    }
  });

  it.each(["beforeTerminate", "afterWave"] as const)(
    "S44 silenced by an abort in %s leave all to the next call",
    async (hook) => {
      const world = openFlow([aRecord("a"), aRecord("b")], { waves: [1] });
      await world.plan();
      const abort = new AbortController();
      const silent = () => {
        abort.abort();
        return new Promise<undefined>(() => undefined);
      };
      const stopped = await world.execute({ signal: abort.signal, hooks: { [hook]: silent } });
      expect(stopped).toMatchObject({ status: "paused", problem: { code: "aborted" } });
      expect(await world.execute()).toMatchObject({
        status: "finished",
        instances: [{ status: "accepted" }, { status: "accepted" }],
      });
    },
  );

  it("S44 stop the run between waves when the health check says no", async () => {
    const world = openFlow([aRecord("a"), aRecord("b")], { waves: [1] });
    await world.plan();
    const result = await world.execute({ hooks: { afterWave: () => "error rate is up" } });
    expect(result).toMatchObject({
      status: "stopped",
      problem: { message: expect.stringContaining("error rate is up") },
    });
    expect(world.standing()).toEqual(["b"]);
  });
});
