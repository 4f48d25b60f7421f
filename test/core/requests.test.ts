import { describe, expect, it } from "vitest";
import type { DecommissionEvent } from "../../src/events.js";
import { settleByReading } from "../../src/poll.js";
import { fakeClock } from "../../src/testing/fake-clock.js";
import { endOne, orderRecorder, problem, scripted } from "./tools.js";

const ok = { body: { Return: true }, requestId: "req-1" };

describe("reading", () => {
  it("answers the body with the request id and the moment", async () => {
    const { requests } = scripted([ok]);
    expect(await requests.read("ec2", "DescribeInstances", {})).toEqual({
      body: { Return: true },
      requestId: "req-1",
      at: "2026-01-02T03:04:05.000Z",
    });
  });

  it("is repeated after throttling, a broken connection and a server error", async () => {
    const { requests, sent } = scripted([
      { throws: "throttled", executed: "no" },
      { throws: "network" },
      { throws: "service" },
      ok,
    ]);
    await requests.read("ec2", "DescribeInstances", {});
    expect(sent).toHaveLength(4);
  });

  it("is not repeated when the cloud denies it, and says which cloud", async () => {
    const { requests, sent } = scripted([{ throws: "access-denied", executed: "no" }]);
    await expect(requests.read("ec2", "DescribeInstances", {})).rejects.toMatchObject({
      problem: { code: "access-denied", cloud: "test" },
    });
    expect(sent).toHaveLength(1);
  });

  it("gives up on a cloud that throttles for good", async () => {
    const { requests, sent } = scripted([{ throws: "throttled", executed: "no" }]);
    await expect(requests.read("ec2", "DescribeInstances", {})).rejects.toMatchObject({ code: "throttled" });
    expect(sent.length).toBeGreaterThan(3);
    expect(sent.length).toBeLessThan(30);
  });

  it("ends a request whose SDK never answers and never hears the signal", async () => {
    const { requests } = scripted([{ hangs: true }], { totalMs: 5 });
    await expect(requests.read("ec2", "DescribeInstances", {})).rejects.toMatchObject({ code: "timeout" });
  }, 2_000);

  it("sends nothing once the caller has aborted", async () => {
    const { requests, sent } = scripted([ok], { signal: AbortSignal.abort() });
    await expect(requests.read("ec2", "DescribeInstances", {})).rejects.toMatchObject({ code: "aborted" });
    expect(sent).toHaveLength(0);
  });

  it("tells an abort during a request from a timeout", async () => {
    const controller = new AbortController();
    const { requests } = scripted([{ hangs: true }], { signal: controller.signal, totalMs: 10_000 });
    const reading = requests.read("ec2", "DescribeInstances", {});
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    await expect(reading).rejects.toMatchObject({ code: "aborted" });
  });

  it("stops when the budget of the call is used up", async () => {
    const { requests, sent } = scripted([ok], { deadlineMs: 1_000 });
    await requests.read("ec2", "DescribeInstances", {});
    await expect(requests.wait(5_000)).rejects.toMatchObject({ code: "timeout" });
    await expect(requests.read("ec2", "DescribeInstances", {})).rejects.toMatchObject({ code: "timeout" });
    expect(sent).toHaveLength(1);
  });

  it("refuses a mutation before it is sent, also in a call that may write", async () => {
    const { requests, sent } = scripted([ok]);
    await expect(requests.read("ec2", "TerminateInstances", {})).rejects.toMatchObject({ code: "unexpected" });
    expect(sent).toHaveLength(0);
  });

  it("lets the cloud's own dry run pass only as a trial", async () => {
    const { requests, sent } = scripted([ok], { mode: "reads" });
    await expect(requests.read("ec2", "TerminateInstances", { DryRun: true })).rejects.toMatchObject({
      code: "unexpected",
    });
    await requests.tryOut("ec2", "TerminateInstances", { DryRun: true });
    await expect(requests.tryOut("ec2", "TerminateInstances", { DryRun: false })).rejects.toMatchObject({
      code: "unexpected",
    });
    expect(sent).toHaveLength(1);
  });

  it("S09 tells when the cloud's clock is more than thirty seconds away", async () => {
    const events: DecommissionEvent[] = [];
    const skewed = scripted([{ ...ok, date: "Fri, 02 Jan 2026 03:05:05 GMT" }], {
      onEvent: (event) => events.push(event),
    });
    await skewed.requests.read("ec2", "DescribeInstances", {});
    expect(events.filter((event) => event.type === "clock")).toMatchObject([{ skewMs: 60_000 }]);
  });

  it("S09 says nothing of a clock that is right", async () => {
    const events: DecommissionEvent[] = [];
    const right = scripted([{ ...ok, date: "Fri, 02 Jan 2026 03:04:20 GMT" }], {
      onEvent: (event) => events.push(event),
    });
    await right.requests.read("ec2", "DescribeInstances", {});
    expect(events.filter((event) => event.type === "clock")).toEqual([]);
  });

  it("goes on when a listener throws", async () => {
    const { requests } = scripted([ok], {
      onEvent: () => {
        throw new Error("listener");
      },
    });
    await expect(requests.read("ec2", "DescribeInstances", {})).resolves.toMatchObject({ requestId: "req-1" });
  });

  it("counts what it sent, by API", async () => {
    const { requests } = scripted([{ throws: "network" }, ok]);
    await requests.read("ec2", "DescribeInstances", {});
    expect([...requests.tally]).toEqual([["ec2:DescribeInstances", 2]]);
  });
});

describe("mutating", () => {
  it("is announced before it is sent and settled after", async () => {
    const recorder = orderRecorder();
    const { requests, sent } = scripted([ok], {
      recorder: {
        intent: async (intent) => {
          expect(sent).toHaveLength(0);
          await recorder.intent(intent);
        },
        settled: recorder.settled,
      },
    });
    expect(await requests.mutate(endOne)).toMatchObject({ effect: "applied", requestId: "req-1" });
    expect(recorder.intents).toMatchObject([{ api: "ec2:TerminateInstances", instanceIds: ["i-1"], settleMs: 11_000 }]);
    expect(recorder.results).toMatchObject([{ key: recorder.intents[0]?.key, effect: "applied", requestId: "req-1" }]);
  });

  it("is not sent when its announcement is refused", async () => {
    const { requests, sent } = scripted([ok], { recorder: orderRecorder({ intent: problem("frozen") }) });
    expect(await requests.mutate(endOne)).toMatchObject({
      effect: "not-applied",
      sent: false,
      problem: { code: "frozen" },
    });
    expect(sent).toHaveLength(0);
  });

  it("S05 is kept back, unannounced, when the last look before sending says no", async () => {
    const recorder = orderRecorder();
    const { requests, sent } = scripted([ok], { recorder });
    const answer = await requests.mutate({ ...endOne, justBefore: async () => problem("wrong-state") });
    expect(answer).toMatchObject({ effect: "not-applied", sent: false, problem: { code: "wrong-state" } });
    expect(sent).toHaveLength(0);
    expect(recorder.intents).toHaveLength(0);
  });

  it("S05 is looked at again before each attempt", async () => {
    const { requests, sent } = scripted([{ throws: "throttled", executed: "no" }, ok]);
    let looks = 0;
    const justBefore = async () => (++looks > 1 ? problem("wrong-state") : undefined);
    const answer = await requests.mutate({ ...endOne, justBefore });
    expect(answer).toMatchObject({ effect: "not-applied", problem: { code: "wrong-state" } });
    expect(sent).toHaveLength(1);
  });

  it("is refused in a call that only reads", async () => {
    const { requests, sent } = scripted([ok], { mode: "reads" });
    await expect(requests.mutate(endOne)).rejects.toMatchObject({ code: "unexpected" });
    expect(sent).toHaveLength(0);
  });

  it("is never sent again when its answer was lost", async () => {
    const { requests, sent } = scripted([{ throws: "network" }, ok]);
    expect(await requests.mutate(endOne)).toMatchObject({ effect: "unknown", problem: { code: "network" } });
    expect(sent).toHaveLength(1);
  });

  it("is sent again under the same announcement when the cloud only said too fast", async () => {
    const recorder = orderRecorder();
    const { requests, sent } = scripted([{ throws: "throttled", executed: "no" }, ok], { recorder });
    expect(await requests.mutate(endOne)).toMatchObject({ effect: "applied" });
    expect(sent).toHaveLength(2);
    expect(recorder.intents).toHaveLength(1);
  });

  it("is sent again after a lost answer when it carries the cloud's token", async () => {
    const { requests, sent } = scripted([{ throws: "network" }, ok]);
    expect(await requests.mutate({ ...endOne, token: true })).toMatchObject({ effect: "applied" });
    expect(sent).toHaveLength(2);
  });

  it("stays unknown when a later attempt is refused after an earlier one was lost", async () => {
    const { requests } = scripted([{ throws: "network" }, { throws: "invalid-request", executed: "no" }]);
    expect(await requests.mutate({ ...endOne, token: true })).toMatchObject({ effect: "unknown" });
  });

  it("was carried out also when its answer cannot be read for what it created", async () => {
    const { requests } = scripted([ok]);
    const createdIds = () => {
      throw new Error("malformed");
    };
    expect(await requests.mutate({ ...endOne, createdIds })).toMatchObject({ effect: "applied", requestId: "req-1" });
  });

  it("takes a refusal for what it is", async () => {
    const recorder = orderRecorder();
    const { requests } = scripted([{ throws: "protected", executed: "no" }], { recorder });
    expect(await requests.mutate(endOne)).toMatchObject({
      effect: "not-applied",
      sent: true,
      problem: { code: "protected" },
    });
    expect(recorder.results).toMatchObject([{ effect: "not-applied" }]);
  });

  it("looks again after a lost answer, and believes absence only once it may be believed", async () => {
    const clock = fakeClock();
    const { requests } = scripted([{ throws: "network" }], { clock });
    const looks: number[] = [];
    const answer = await requests.mutate({
      ...endOne,
      confirm: async ({ notBefore }) => {
        const startedAt = clock.now();
        const effect = await settleByReading(requests, notBefore, async () => {
          looks.push(clock.now() - startedAt);
          return false;
        });
        return { effect };
      },
    });
    expect(answer).toMatchObject({ effect: "not-applied" });
    expect(looks.length).toBeGreaterThan(1);
    expect(looks.at(-1)).toBeGreaterThanOrEqual(11_000);
  });

  it("believes presence at once", async () => {
    const clock = fakeClock();
    const { requests } = scripted([{ throws: "network" }], { clock });
    const startedAt = clock.now();
    const answer = await requests.mutate({
      ...endOne,
      confirm: async ({ notBefore }) => ({ effect: await settleByReading(requests, notBefore, async () => true) }),
    });
    expect(answer).toMatchObject({ effect: "applied" });
    expect(clock.now()).toBe(startedAt);
  });

  it("looks again after the refusal of a batch that may have been carried out in part", async () => {
    const recorder = orderRecorder();
    const { requests } = scripted([{ throws: "protected", executed: "no" }], { recorder });
    const instances = [{ instanceId: "i-1", effect: "applied" as const }];
    await requests.mutate({ ...endOne, partial: true, confirm: async () => ({ effect: "unknown", instances }) });
    expect(recorder.results).toMatchObject([{ effect: "unknown", instances }]);
  });

  it("is unknown when looking again fails, too", async () => {
    const { requests } = scripted([{ throws: "network" }, { throws: "access-denied", executed: "no" }]);
    const answer = await requests.mutate({
      ...endOne,
      confirm: async () => {
        await requests.read("ec2", "DescribeInstances", {});
        return { effect: "applied" };
      },
    });
    expect(answer).toMatchObject({ effect: "unknown" });
  });

  it("stops before the next mutation when a result could not be recorded", async () => {
    const { requests, sent } = scripted([ok], { recorder: orderRecorder({ settled: problem("journal-corrupt") }) });
    expect(await requests.mutate(endOne)).toMatchObject({ effect: "applied" });
    expect(await requests.mutate(endOne)).toMatchObject({
      effect: "not-applied",
      sent: false,
      problem: { code: "journal-corrupt" },
    });
    expect(sent).toHaveLength(1);
  });

  it("is not sent after an abort, and says that nothing happened", async () => {
    const { requests, sent } = scripted([ok], { signal: AbortSignal.abort() });
    expect(await requests.mutate(endOne)).toMatchObject({
      effect: "not-applied",
      sent: false,
      problem: { code: "aborted" },
    });
    expect(sent).toHaveLength(0);
  });

  it("is unknown when the abort comes while it is under way", async () => {
    const controller = new AbortController();
    const { requests } = scripted([{ hangs: true }], { signal: controller.signal, totalMs: 10_000 });
    const mutating = requests.mutate(endOne);
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await mutating).toMatchObject({ effect: "unknown", problem: { code: "aborted" } });
  });
});
