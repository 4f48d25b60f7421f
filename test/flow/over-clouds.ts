import type { CloudAdapter } from "../../src/adapter.js";
import type { MaybePromise } from "../../src/common.js";
import { executePlan } from "../../src/flow/execute-plan.js";
import type { Journal } from "../../src/flow/journal.js";
import { memoryJournal } from "../../src/flow/journal-memory.js";
import type { Plan } from "../../src/flow/plan.js";
import { planDecommission } from "../../src/flow/plan-decommission.js";
import type { Policy } from "../../src/flow/policy.js";
import type { ExecuteOptions, RunResult } from "../../src/flow/result.js";
import { memoryWorld } from "../../src/testing/memory-world.js";
import type { SeedName } from "../../src/testing/seed.js";
import type { FakeWorld, World } from "../../src/testing/world.js";
import { openAliyunWorld } from "../providers/aliyun/world.js";
import { openAwsWorld } from "../providers/aws/world.js";
import { openHuaweiWorld } from "../providers/huawei/world.js";
import { openTencentWorld } from "../providers/tencent/world.js";
import { binned, subscribed } from "../testing/memory-clouds.js";
import { alone, reviewed } from "./open-world.js";

/** A world a run can be tried in. */
export type RunWorld = FakeWorld & { readonly adapter: CloudAdapter; close(): Promise<void> };

/** Where the flow's promises are tried out: each adapter over its fake. Another cloud joins with one line. */
export const clouds: readonly (readonly [name: string, open: () => MaybePromise<World>])[] = [
  ["memory", () => memoryWorld()],
  ["memory with a bin", () => memoryWorld(binned)],
  ["memory with subscriptions", () => memoryWorld(subscribed)],
  ["aws", openAwsWorld],
  ["aliyun", openAliyunWorld],
  ["tencent", openTencentWorld],
  ["huawei", openHuaweiWorld],
];

/** A plan for some servers of a world, and what to do with it. */
export interface CloudRun {
  readonly plan: Plan;
  readonly journal: Journal;
  execute(options?: Partial<ExecuteOptions>): Promise<RunResult>;
  /** How each server ended, by the name it was seeded with. */
  statuses(result: RunResult): Readonly<Record<SeedName, string>>;
}

/** Plans the end of servers that were seeded. What no cloud's dry run proves has been reviewed. */
export async function planIn(world: RunWorld, names: readonly SeedName[], policy: Policy = {}): Promise<CloudRun> {
  const { adapter, clock } = world;
  const ids = names.map((name) => world.id(name));
  const plan = await planDecommission([adapter], [{ cloud: adapter.cloud, ids }], {
    policy: { waves: ["rest"], ...policy, waivers: [reviewed, ...(policy.waivers ?? [])] },
    reason: "test",
    clock,
  });
  const journal = memoryJournal({ clock });
  return {
    plan,
    journal,
    execute: (options) => executePlan([adapter], plan, { journal, clock, trust: alone, ...options }),
    statuses: ({ instances }) =>
      Object.fromEntries(
        names.map((name) => {
          const { status = "not planned" } = instances.find(({ instanceId }) => instanceId === world.id(name)) ?? {};
          return [name, status];
        }),
      ),
  };
}

/** Tries something that not every cloud knows. False: this one's fake refused it. */
export function attempted(change: () => void): boolean {
  try {
    change();
    return true;
  } catch {
    return false;
  }
}

/** What somebody could see of a world who looks at it twice: all but ids of requests and moments. */
export function pictureOf(world: FakeWorld) {
  const { instances, rules, memberships, addresses, disks } = world.view();
  return {
    instances: new Map(instances.map(({ id, ...instance }) => [id, instance])),
    // By what they say, since a cloud can give a rule that returns another id.
    rules: rules.map(({ id: _id, position: _position, ...rule }) => JSON.stringify(rule)).toSorted(),
    memberships: memberships.map((one) => JSON.stringify(one)).toSorted(),
    addresses: addresses.map(({ ip, instanceId, ours }) => ({ ip, instanceId, ours })),
    disks: disks.map(({ id, state, instanceId, deletedWithInstance }) => ({
      id,
      state,
      instanceId,
      deletedWithInstance,
    })),
  };
}
