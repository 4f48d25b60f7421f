import { confirmByReading } from "../../../src/confirm.js";
import type { DependencyRef } from "../../../src/dependencies.js";
import type { Effect } from "../../../src/effects.js";
import { DecommissionError } from "../../../src/errors.js";
import { pollUntil } from "../../../src/poll.js";
import { answered, type ReleaseContext, told } from "../../../src/release/item.js";
import type { DependencyReleaseOutcome } from "../../../src/reversal.js";
import type { AwsCall } from "../call.js";

const service = "elb";
/** Default of `ConnectionDraining` ("Configure connection draining", Classic Load Balancers guide). */
const defaultDrainMs = 300_000;
/** Reported a little after the time has ended; also what a list may lag behind. */
const drainSlackMs = 30_000;
const drainPace = { firstDelayMs: 5_000, longestDelayMs: 15_000 };

/** Takes instances out of one load balancer of the first generation, by name. Waits until they are drained. */
export async function releaseFromClassic(
  { call, options }: ReleaseContext<AwsCall>,
  name: string,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const members = await readMembers(call, name);
  if (!members) return items.map((item) => ({ item, status: "not-found", instanceId: item.instanceId, effects: [] }));
  const leaving = items.filter(({ instanceId }) => members.includes(instanceId));
  // Somebody else took it out, or we did before this process was started anew: its drain is no less to be waited for.
  const left = items.filter((item) => !leaving.includes(item));
  const outcomes = left.map((item) => told(item, "already-released"));
  if (options.dryRun) return [...outcomes, ...leaving.map((item) => told(item, "would-release"))];
  if (leaving.length > 0) outcomes.push(...(await deregister(call, name, leaving)));
  const out = outcomes.filter(({ status }) => status === "released" || status === "already-released");
  const ids = out.map(({ instanceId }) => instanceId);
  if (ids.length > 0) await waitForDrain(call, name, ids, options.drainTimeoutMs);
  return outcomes;
}

/** The instances that are registered with a classic load balancer; `undefined` where it is gone. */
export async function readMembers(call: AwsCall, name: string): Promise<readonly string[] | undefined> {
  try {
    const { body } = await call.read(service, "DescribeLoadBalancers", { LoadBalancerNames: [name] });
    const [row] = body.needList("LoadBalancerDescriptions");
    return row?.needList("Instances").map((instance) => instance.need("InstanceId"));
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Instances as requests of the first generation name them. */
export function instancesNamed(ids: readonly string[]) {
  return ids.map((InstanceId) => ({ InstanceId }));
}

async function deregister(
  call: AwsCall,
  name: string,
  items: readonly DependencyRef[],
): Promise<readonly DependencyReleaseOutcome[]> {
  const ids = items.map(({ instanceId }) => instanceId);
  const effects = new Map(items.map((item) => [item, leaveEffect(call, item)]));
  const answer = await call.requests.mutate({
    service,
    action: "DeregisterInstancesFromLoadBalancer",
    parameters: { LoadBalancerName: name, Instances: instancesNamed(ids) },
    instanceIds: ids,
    effects: [...effects.values()],
    confirm: confirmByReading(call.requests, async () => {
      const members = (await readMembers(call, name)) ?? [];
      return !ids.some((id) => members.includes(id));
    }),
  });
  return [...effects].map(([item, effect]) => answered(item, answer, [effect]));
}

async function waitForDrain(
  call: AwsCall,
  name: string,
  ids: readonly string[],
  drainTimeoutMs: number | undefined,
): Promise<void> {
  try {
    const giveUpAfterMs = drainTimeoutMs ?? (await readDrainMs(call, name)) + drainSlackMs;
    const { requests } = call;
    let left = ids;
    const read = async () => {
      left = await stillServing(call, name, left);
      return left;
    };
    await pollUntil(requests, { ...drainPace, giveUpAfterMs }, read, (serving) => {
      const progress = {
        operation: "releaseDependencies",
        done: ids.length - serving.length,
        total: ids.length,
      } as const;
      requests.emit({ type: "progress", ...progress, waitingFor: "connections to drain" });
      return serving.length === 0;
    });
  } catch {
    // They are deregistered: new connections go elsewhere. That the rest of the wait failed takes nothing from that.
  }
}

/** How long a load balancer lets connections end; not at all where draining is off. */
async function readDrainMs(call: AwsCall, name: string): Promise<number> {
  const { body } = await call.read(service, "DescribeLoadBalancerAttributes", { LoadBalancerName: name });
  const draining = body.object("LoadBalancerAttributes")?.object("ConnectionDraining");
  if (draining?.flag("Enabled") === false) return 0;
  const seconds = draining?.number("Timeout");
  return seconds === undefined ? defaultDrainMs : seconds * 1000;
}

/** Those that are still listed, or still serve: in service while it drains, and out of service from then on. */
async function stillServing(call: AwsCall, name: string, ids: readonly string[]): Promise<readonly string[]> {
  const members = await readMembers(call, name);
  if (!members) return [];
  const inService = new Set(await readInService(call, name, ids));
  return ids.filter((id) => members.includes(id) || inService.has(id));
}

/** An instance that the load balancer does not know at all fails the whole request, so the others are asked alone. */
async function readInService(call: AwsCall, name: string, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  try {
    const parameters = { LoadBalancerName: name, Instances: instancesNamed(ids) };
    const { body } = await call.read(service, "DescribeInstanceHealth", parameters);
    const rows = body.needList("InstanceStates").filter((row) => row.text("State") === "InService");
    return rows.map((row) => row.need("InstanceId"));
  } catch (error) {
    if (!isGone(error)) throw error;
    if (ids.length === 1) return [];
    const inService: string[] = [];
    for (const id of ids) inService.push(...(await readInService(call, name, [id])));
    return inService;
  }
}

function isGone(error: unknown): boolean {
  return DecommissionError.isInstance(error) && error.code === "not-found";
}

function leaveEffect(call: AwsCall, { kind, id, instanceId }: DependencyRef): Effect {
  const node = { kind, id };
  return {
    ...call.scope,
    kind: "registration-removed",
    resource: node,
    instanceIds: [instanceId],
    undo: { action: "rejoin", node, instanceId, detail: {} },
  };
}
