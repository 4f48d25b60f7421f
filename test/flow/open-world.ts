import { generateKeyPairSync } from "node:crypto";
import type { Capabilities } from "../../src/capabilities.js";
import type { Clock } from "../../src/clock.js";
import type { Approval, Trust } from "../../src/flow/approval.js";
import { approvePlan } from "../../src/flow/approval.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import type { Journal } from "../../src/flow/journal.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import type { Plan } from "../../src/flow/plan.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import type { Policy, Waiver } from "../../src/flow/policy.js";
import type { ExecuteOptions, RunResult } from "../../src/flow/result.js";
import { keyIdOf, pemSigner } from "../../src/flow/signing.js";
import type { InstanceRecord } from "../../src/instances.js";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.js";
import { aRecord, type ScriptedCloud, scriptedCloud } from "./scripted-adapter.js";

/** Trust of somebody who works alone. */
export const alone: Trust = { approvers: [], required: 0, solo: { maxInstances: 1000 } };
/** Consent to what no scripted dry run proves. */
export const reviewed: Waiver = {
  kind: "permission",
  cause: "partial",
  instanceIds: "all",
  reason: "the role was reviewed",
  expiresAt: "2030-01-01T00:00:00Z",
};

/** A world with a plan and a journal in it. */
export interface FlowWorld {
  readonly clock: FakeClock;
  readonly cloud: ScriptedCloud;
  readonly journal: Journal;
  plan(): Promise<Plan>;
  /** Executes the plan, or the one given in its place. */
  execute(options?: Partial<ExecuteOptions>, inPlace?: Plan): Promise<RunResult>;
  /** Ids of what neither ended nor is in a bin. */
  standing(): readonly string[];
}

/** Opens a world. The plan is made once; a change of the cloud after `plan()` is drift. */
export function openFlow(
  records: readonly InstanceRecord[] = [aRecord("a"), aRecord("b")],
  policy: Policy = {},
  capabilities: Partial<Capabilities> = {},
): FlowWorld {
  const clock = fakeClock();
  const cloud = scriptedCloud(clock, records, capabilities);
  const journal = memoryJournal({ clock });
  let planned: Promise<Plan> | undefined;
  const plan = () => {
    const ids = records.map(({ id }) => id);
    const whole = { ...policy, waivers: [reviewed, ...(policy.waivers ?? [])] };
    planned ??= planDecommission([cloud.adapter], ids, { policy: whole, reason: "test", clock });
    return planned;
  };
  return {
    clock,
    cloud,
    journal,
    plan,
    execute: async (options, inPlace) =>
      executePlan([cloud.adapter], inPlace ?? (await plan()), { journal, clock, trust: alone, ...options }),
    standing: () =>
      [...cloud.records.values()]
        .filter(({ state }) => state.unified !== "gone" && state.unified !== "recycled")
        .map(({ id }) => id),
  };
}

/** A journal whose process can die: from then on nothing is written, until the journal is opened again. */
export function mortal(journal: Journal): Journal & { die(): never } {
  const died = new Error("the process died");
  let dead = false;
  return {
    open: async (options) => {
      const open = await journal.open(options);
      dead = false;
      return {
        id: open.id,
        lock: open.lock,
        append: (entry) => (dead ? Promise.reject(died) : open.append(entry)),
        close: () => open.close(),
      };
    },
    read: (options) => journal.read(options),
    head: () => journal.head(),
    lock: () => journal.lock(),
    die: () => {
      dead = true;
      throw died;
    },
  };
}

/** Changes a record as somebody else's tool would. */
export function meddle(cloud: ScriptedCloud, id: string, change: Partial<InstanceRecord>): void {
  const record = cloud.records.get(id);
  if (!record) throw new Error(`${id} is not in this cloud`);
  cloud.records.set(id, { ...record, ...change });
}

/** Somebody with a key. */
export interface Person {
  readonly name: string;
  readonly keyId: string;
  readonly publicKey: string;
  readonly signer: ReturnType<typeof pemSigner>;
  approve(plan: Plan, options?: Partial<Parameters<typeof approvePlan>[1]>): Promise<Approval>;
}

/** Makes a person with a fresh key. */
export function person(name: string, clock: Clock): Person {
  const pair = generateKeyPairSync("ed25519");
  const publicKey = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  const signer = pemSigner(pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString());
  const keyId = keyIdOf(publicKey);
  const tomorrow = () => new Date(clock.now() + 86_400_000).toISOString();
  return {
    name,
    keyId,
    publicKey,
    signer,
    approve: (plan, options) => approvePlan(plan, { keyId, signer, expiresAt: tomorrow(), clock, ...options }),
  };
}
