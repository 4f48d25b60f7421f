import { describe, expect, it } from "vitest";
import type { DecommissionEvent } from "../../src/events.js";
import { startHeartbeat } from "../../src/flow/heartbeat.js";
import type { PhaseContext, PhaseRequest } from "../../src/flow/phase.js";
import { readStatus } from "../../src/flow/read-ledger.js";
import type { ExecuteOptions } from "../../src/flow/result.js";
import { runPhase, startRun } from "../../src/flow/run-phase.js";
import { alone, openFlow } from "./open-world.js";
import { aRecord } from "./scripted-adapter.js";

/** A worker of some engine: rows with a time before which they are not due, and remembered steps. */
function engine(world: ReturnType<typeof openFlow>, options: ExecuteOptions) {
  const rows: PhaseRequest[] = [];
  const steps = new Map<string, unknown>();
  const context: PhaseContext = {
    adapters: [world.cloud.adapter],
    options,
    step: async <T>(key: string, work: () => Promise<T>) => {
      if (!steps.has(key)) steps.set(key, JSON.parse(JSON.stringify(await work())));
      return steps.get(key) as T;
    },
    now: async () => new Date(world.clock.now()).toISOString(),
    enqueue: async (request) => {
      if (!rows.some(({ id }) => id === request.id)) rows.push(request);
    },
  };
  return { rows, context };
}

describe("the seam for engines", () => {
  it("runs a plan phase by phase, with days passing between two of them", async () => {
    const world = openFlow([aRecord("a"), aRecord("b")], { waves: [1], quarantine: { mode: "stop", forHours: 24 } });
    const options = { journal: world.journal, clock: world.clock, trust: alone };
    const { rows, context } = engine(world, options);
    rows.push(...(await startRun([world.cloud.adapter], await world.plan(), options)));
    const states: string[] = [];
    for (let row = rows.shift(); row; row = rows.shift()) {
      const wait = Date.parse(row.notBefore ?? "1970-01-01") - world.clock.now();
      if (wait > 0) await world.clock.advance(wait);
      states.push((await runPhase(row, context)).status);
    }
    expect(states.at(-1)).toBe("finished");
    expect(world.standing()).toEqual([]);
    expect(await readStatus(world.journal)).toMatchObject({ status: "finished", openIntents: [] });
  });

  it("does nothing before its time, and nothing a second time", async () => {
    const world = openFlow([aRecord("a")], { quarantine: { mode: "stop", forHours: 24 } });
    const options = { journal: world.journal, clock: world.clock, trust: alone };
    const { rows, context } = engine(world, options);
    const [begin] = await startRun([world.cloud.adapter], await world.plan(), options);
    if (!begin) throw new Error("a run begins with a phase");
    await runPhase(begin, context);
    await runPhase({ phase: "wave", id: "wave-0" }, context);
    const finish = rows.find(({ phase }) => phase === "finish");
    if (!finish) throw new Error("a quarantine ends with a phase of its own");
    expect(await runPhase(finish, context)).toEqual({ status: "waiting", until: finish.notBefore });
    // A row that lost its time on the way is held to what the journal says.
    expect((await runPhase({ phase: "finish", id: finish.id }, context)).status).toBe("waiting");
    expect(world.cloud.mutations).toEqual(["tag a", "stop a"]);
    await world.clock.advance(25 * 3_600_000);
    expect((await runPhase(finish, context)).status).toBe("finished");
    expect((await runPhase(finish, context)).status).toBe("finished");
    expect(world.cloud.mutations).toEqual(["tag a", "stop a", "snapshot a", "terminate a"]);
  });

  it("S41 lets two workers on one run go one after the other", async () => {
    const world = openFlow([aRecord("a")]);
    const options = { journal: world.journal, clock: world.clock, trust: alone };
    const { context } = engine(world, options);
    const [begin] = await startRun([world.cloud.adapter], await world.plan(), options);
    if (!begin) throw new Error("a run begins with a phase");
    const refused: unknown[] = [];
    world.cloud.before = async (operation) => {
      if (operation === "findOwnArtifacts") await runPhase(begin, context).catch((error) => refused.push(error));
    };
    expect((await runPhase(begin, context)).status).toBe("running");
    expect(refused).toMatchObject([{ code: "journal-busy" }]);
  });

  it("tells how a run stands while another process holds it", async () => {
    const world = openFlow([aRecord("a")]);
    await world.plan();
    let seen: Awaited<ReturnType<typeof readStatus>>;
    world.cloud.before = async (operation) => {
      if (operation === "snapshot") seen = await readStatus(world.journal);
    };
    const { runId, journalId } = await world.execute();
    expect(seen).toMatchObject({ status: "running", runId, journalId, lock: { processId: process.pid } });
    expect(await readStatus(openFlow().journal)).toBeUndefined();
  });
});

describe("events", () => {
  it("count what is done, and a listener that throws breaks nothing", async () => {
    const world = openFlow();
    const events: DecommissionEvent[] = [];
    const onEvent = (event: DecommissionEvent) => {
      events.push(event);
      throw new Error("a broken listener");
    };
    expect((await world.execute({ onEvent })).status).toBe("finished");
    expect(events).toContainEqual(expect.objectContaining({ type: "progress", operation: "wave", done: 2, total: 2 }));
    expect(events).toContainEqual(
      expect.objectContaining({ type: "instance", instanceId: "a", operation: "terminate", status: "accepted" }),
    );
    expect(events.at(-1)).toMatchObject({ type: "run", state: { status: "finished" } });
  });

  it("repeat the last progress while nothing else happens", async () => {
    const events: DecommissionEvent[] = [];
    const heartbeat = startHeartbeat((event) => events.push(event), 2);
    heartbeat?.onEvent({
      type: "progress",
      operation: "snapshot",
      done: 1,
      total: 9,
      at: "2026-01-01T00:00:00Z",
      waitingFor: "copies",
    });
    const until = Date.now() + 2_000;
    while (events.length < 3 && Date.now() < until) await new Promise((resolve) => setImmediate(resolve));
    heartbeat?.end();
    expect(events.length).toBeGreaterThanOrEqual(3);
    expect(events.at(-1)).toMatchObject({ operation: "snapshot", done: 1, total: 9, waitingFor: "copies" });
  });
});
