import assert from "node:assert/strict";
import type { MutationIntent, MutationRecorder, MutationResult } from "../../effects.js";
import type { LoggedRequest, World } from "../world.js";

/** An announcement, and how many mutating requests the world had got when it was called and when it resolved. */
export interface AnnouncedMutation {
  readonly intent: MutationIntent;
  readonly sentWhenCalled: number;
  sentWhenResolved?: number;
  result?: MutationResult;
}

/** What a test does while the adapter waits for its recorder. Rejecting is the recorder's failure. */
export interface RecorderHooks {
  intent?(intent: MutationIntent): Promise<void> | void;
  settled?(key: string, result: MutationResult): Promise<void> | void;
}

/** A recorder that remembers the order of things. */
export interface Recording {
  readonly recorder: MutationRecorder;
  readonly announced: readonly AnnouncedMutation[];
  /** Mutating requests the world has got since the recording began, dry runs left out. */
  sent(): readonly LoggedRequest[];
  /** Fails unless every request was announced before it left, and every announcement got its result, once. */
  assertWriteAhead(): void;
  /** Everything noted, as a journal would keep it. */
  text(): string;
}

/** Real mutations among the requests a world has logged: the cloud's own trials change nothing. */
export function mutations(requests: readonly LoggedRequest[]): readonly LoggedRequest[] {
  return requests.filter((request) => request.mutating && !request.dryRun);
}

/** Starts a recording on a world. */
export function record(world: World, hooks: RecorderHooks = {}): Recording {
  const announced: AnnouncedMutation[] = [];
  const start = world.requests.length;
  const sent = () => mutations(world.requests.slice(start));
  const find = (key: string) => announced.find((entry) => entry.intent.key === key);
  // What is thrown at the adapter is the adapter's to swallow, so what it did wrong is kept for the end.
  const faults: unknown[] = [];
  const check = (rule: () => void) => {
    try {
      rule();
    } catch (fault) {
      faults.push(fault);
    }
  };
  return {
    announced,
    sent,
    recorder: {
      intent: async (intent) => {
        check(() => assert.equal(find(intent.key), undefined, `the key ${intent.key} was announced twice`));
        check(() => assertPlain(intent, "an intent"));
        const entry: AnnouncedMutation = { intent, sentWhenCalled: sent().length };
        announced.push(entry);
        // A few turns of the event loop: a request that does not wait for its intent gets ahead here.
        for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
        await hooks.intent?.(intent);
        entry.sentWhenResolved = sent().length;
      },
      settled: async (key, result) => {
        const entry = find(key);
        check(() => assert.ok(entry, `a result came for ${key}, which was never announced`));
        check(() => assert.equal(entry?.result, undefined, `two results came for ${key}`));
        check(() => assertPlain(result, "a result"));
        if (entry) entry.result = result;
        await hooks.settled?.(key, result);
      },
    },
    assertWriteAhead: () => {
      if (faults.length > 0) throw faults[0];
      assertWriteAhead(announced, sent());
    },
    text: () => JSON.stringify(announced),
  };
}

/** Without faults each request is one logical mutation, so counting shows whether one got ahead of its intent. */
function assertWriteAhead(announced: readonly AnnouncedMutation[], sent: readonly LoggedRequest[]): void {
  sent.forEach((request, index) => {
    const before = announced.filter((entry) => (entry.sentWhenResolved ?? Number.POSITIVE_INFINITY) <= index);
    assert.ok(before.length > index, `${request.api} left before its intent had resolved`);
    const matching = before.some(
      ({ intent }) => intent.api === request.api && request.instanceIds.every((id) => intent.instanceIds.includes(id)),
    );
    assert.ok(matching, `no intent names ${request.api} for ${request.instanceIds.join(", ")}`);
  });
  for (const entry of announced) {
    if (entry.sentWhenResolved === undefined) continue;
    assert.ok(entry.result, `${entry.intent.api} was announced and never settled`);
  }
}

/** Fails unless a value is the same after a trip through JSON. */
export function assertPlain(value: unknown, what: string): void {
  const text = JSON.stringify(value);
  const again: unknown = text === undefined ? undefined : JSON.parse(text);
  assert.deepStrictEqual(again, value, `${what} does not survive JSON unchanged`);
}
