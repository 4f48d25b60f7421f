import assert from "node:assert/strict";
import { inspect } from "node:util";
import type { CloudAdapter } from "../../adapter.js";
import { DecommissionError } from "../../errors.js";
import type { CallOptions } from "../../options.js";
import type { World } from "../world.js";
import { assertPlain, mutations } from "./recording.js";

/** An adapter under watch, and all it has said so far: answers, errors, events. */
export interface Watched {
  readonly adapter: CloudAdapter;
  readonly said: readonly string[];
  /** What was wrong where the adapter may swallow what a listener throws. */
  readonly faults: readonly unknown[];
}

/**
 * Wraps an adapter so that every call of every test also keeps the rules that hold always: answers are plain data,
 * what is thrown is a `DecommissionError` with something to do about it, and what only reads sends no mutation.
 */
export function watch(world: World, adapter: CloudAdapter): Watched {
  const said: string[] = [];
  const faults: unknown[] = [];
  let writers = 0;
  let writersEver = 0;

  const judge = (operation: string, error: unknown): never => {
    if (error instanceof assert.AssertionError) throw error;
    assert.ok(
      DecommissionError.isInstance(error),
      `${operation} threw ${inspect(error)}, which is no DecommissionError`,
    );
    said.push(inspect(error), error.message, error.stack ?? "", JSON.stringify(error.problem));
    assertPlain(error.problem, `a problem of ${operation}`);
    assert.ok(error.problem.message.trim() !== "", `${operation} threw a problem without a message`);
    assert.ok(error.problem.hint.trim() !== "", `${operation} threw ${error.problem.message} without a hint`);
    throw error;
  };
  /** Notes what the log holds now; the answered function fails when a mutation came since and nobody else was writing. */
  const readOnly = (operation: string) => {
    const from = world.requests.length;
    const before = writersEver;
    const alone = writers === 0;
    return () => {
      if (!alone || writersEver !== before) return;
      const sent = mutations(world.requests.slice(from)).map((request) => request.api);
      assert.deepEqual(sent, [], `${operation} only reads, but sent a mutation`);
    };
  };
  const listening = <Options extends CallOptions>(options: Options): Options => ({
    ...options,
    onEvent: (event) => {
      said.push(JSON.stringify(event));
      try {
        assertPlain(event, `an event (${event.type})`);
        assert.ok(!Number.isNaN(Date.parse(event.at)), `an event (${event.type}) without a time`);
      } catch (fault) {
        faults.push(fault);
      }
      options.onEvent?.(event);
    },
  });
  const note = <T>(operation: string, answer: T): T => {
    said.push(JSON.stringify(answer));
    assertPlain(answer, `the answer of ${operation}`);
    return answer;
  };
  const reads = async <T>(operation: string, call: () => Promise<T>): Promise<T> => {
    const check = readOnly(operation);
    try {
      return note(operation, await call());
    } catch (error) {
      return judge(operation, error);
    } finally {
      check();
    }
  };
  const writes = async <T>(operation: string, dryRun: boolean | undefined, call: () => Promise<T>): Promise<T> => {
    if (dryRun) return await reads(`${operation} as a dry run`, call);
    writers += 1;
    writersEver += 1;
    try {
      return note(operation, await call());
    } catch (error) {
      return judge(operation, error);
    } finally {
      writers -= 1;
    }
  };
  async function* items<T>(operation: string, source: AsyncIterable<T>): AsyncGenerator<T> {
    const check = readOnly(operation);
    try {
      for await (const item of source) yield note(operation, item);
    } catch (error) {
      judge(operation, error);
    } finally {
      check();
    }
  }

  return {
    said,
    faults,
    adapter: {
      cloud: adapter.cloud,
      region: adapter.region,
      ...(adapter.endpoints === undefined ? {} : { endpoints: adapter.endpoints }),
      capabilities: adapter.capabilities,
      whoAmI: (options = {}) => reads("whoAmI", () => adapter.whoAmI(listening(options))),
      findInstances: (selector, options = {}) =>
        items(
          "findInstances",
          deferred(() => adapter.findInstances(selector, listening(options))),
        ),
      findOwnArtifacts: (selector, options = {}) =>
        items(
          "findOwnArtifacts",
          deferred(() => adapter.findOwnArtifacts(selector, listening(options))),
        ),
      permissions: (operations) => note("permissions", adapter.permissions(operations)),
      listDependencies: (targets, options = {}) =>
        reads("listDependencies", () => adapter.listDependencies(targets, listening(options))),
      verifyDeleted: (targets, options = {}) =>
        reads("verifyDeleted", () => adapter.verifyDeleted(targets, listening(options))),
      snapshot: (targets, options = {}) =>
        writes("snapshot", false, () => adapter.snapshot(targets, listening(options))),
      releaseSecurityRules: (targets, options = {}) =>
        writes("releaseSecurityRules", options.dryRun, () => adapter.releaseSecurityRules(targets, listening(options))),
      terminate: (targets, options) =>
        writes("terminate", options.dryRun, () => adapter.terminate(targets, listening(options))),
      tagInstances: (targets, change, options = {}) =>
        writes("tagInstances", false, () => adapter.tagInstances(targets, change, listening(options))),
      quarantine: (targets, options) =>
        writes("quarantine", false, () => adapter.quarantine(targets, listening(options))),
      releaseDependencies: (list, options = {}) =>
        writes("releaseDependencies", options.dryRun, () => adapter.releaseDependencies(list, listening(options))),
      revert: (effects, options = {}) => writes("revert", false, () => adapter.revert(effects, listening(options))),
      recover: (list, options = {}) =>
        writes("recover", options.dryRun, () => adapter.recover(list, listening(options))),
      removeArtifacts: (list, options = {}) =>
        writes("removeArtifacts", options.dryRun, () => adapter.removeArtifacts(list, listening(options))),
    },
  };
}

/** So that an adapter that throws at once, rather than from its iterator, is judged in the same place. */
async function* deferred<T>(source: () => AsyncIterable<T>): AsyncGenerator<T> {
  yield* source();
}

/** What no cloud's credentials may leave behind in words, whatever their values. */
const signatures = /(?:AWS4|ACS3|TC3|SDK)-HMAC-SHA256|[?&](?:X-Amz-)?Signature=|X-(?:Amz-)?Security-Token/i;

/** Fails when a secret, or anything that looks like a signature, is among the words. */
export function assertNoSecret(words: readonly string[], secrets: readonly string[]): void {
  for (const text of words) {
    for (const secret of secrets) {
      assert.ok(!text.includes(secret), `a secret shows in: ${mask(text, secret)}`);
    }
    assert.ok(!signatures.test(text), `a signature shows in: ${text.replace(signatures, "<signature>").slice(0, 200)}`);
  }
}

function mask(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 80), at + secret.length + 80).replaceAll(secret, "<secret>");
}
