import { chunk } from "../../../src/batch.js";
import type { Effect } from "../../../src/effects.js";
import { pollUntil, settleByReading } from "../../../src/poll.js";
import type { LostAnswer, MutationAnswer } from "../../../src/requests.js";
import { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { type Pool, type Registration, readRegistrations, sameRegistration } from "./registrations.js";

/** What is done with registrations. `weigh` sets their weight, `register` brings them back with it. */
export type BalancerAct = "register" | "deregister" | "weigh";

/** Targets of one request (clb 2018-03-17: 500 in a batch of a balancer, 20 of a target group). */
const batchLimits: Readonly<Record<Pool["kind"], number>> = { balancer: 500, classic: 100, "target-group": 20 };
/** Changes of a balancer are tasks of some seconds. */
const taskPace = { firstDelayMs: 1_000, longestDelayMs: 5_000, giveUpAfterMs: 2 * 60_000 };

/** One request for registrations, and what became of each. */
export interface BalancerAnswer {
  readonly registration: Registration;
  readonly answer: MutationAnswer;
}

/** Sends one act for registrations of one pool, waits for its task, and reads what became of each. */
export async function changeRegistrations(
  call: TencentCall,
  pool: Pool,
  act: BalancerAct,
  registrations: readonly Registration[],
  about: { instanceIdsOf(one: Registration): readonly string[]; effectsOf(one: Registration): readonly Effect[] },
): Promise<readonly BalancerAnswer[]> {
  const answers: BalancerAnswer[] = [];
  for (const batch of chunk(registrations, batchLimits[pool.kind])) {
    const isSo = async () => (await unlike(call, pool, act, batch)).length === 0;
    const answer = await call.requests.mutate({
      service: "clb",
      ...requestFor(pool, act, batch),
      instanceIds: [...new Set(batch.flatMap(about.instanceIdsOf))],
      effects: batch.flatMap(about.effectsOf),
      confirm: ({ notBefore }: LostAnswer) => settled(call, notBefore, isSo),
    });
    answers.push(...(await perRegistration(call, pool, act, batch, answer)));
  }
  return answers;
}

async function settled(call: TencentCall, notBefore: number, isSo: () => Promise<boolean>) {
  return { effect: await settleByReading(call.requests, notBefore, isSo) };
}

/**
 * A success can hold failures ("FailListenerIdSet", BatchDeregisterTargets), and is a task besides: what each
 * registration has come to is read.
 */
async function perRegistration(
  call: TencentCall,
  pool: Pool,
  act: BalancerAct,
  batch: readonly Registration[],
  answer: MutationAnswer,
): Promise<readonly BalancerAnswer[]> {
  if (answer.effect !== "applied") return batch.map((registration) => ({ registration, answer }));
  try {
    const { last: left } = await pollUntil(
      call.requests,
      taskPace,
      () => unlike(call, pool, act, batch),
      (different) => different.length === 0 || failedIn(answer.body),
    );
    const problem = leftOver(pool, act);
    return batch.map((registration) => ({
      registration,
      answer: left.includes(registration) ? { effect: "not-applied", problem, sent: true } : answer,
    }));
  } catch {
    // The cloud has taken it; that its end could not be read takes nothing from that.
    return batch.map((registration) => ({ registration, answer }));
  }
}

function failedIn(body: unknown): boolean {
  try {
    return new Wire(body, "clb").texts("FailListenerIdSet").length > 0;
  } catch {
    return false;
  }
}

/** The registrations that are not as the act would leave them. */
async function unlike(
  call: TencentCall,
  pool: Pool,
  act: BalancerAct,
  batch: readonly Registration[],
): Promise<readonly Registration[]> {
  const present = await readRegistrations(call, pool);
  return batch.filter((one) => {
    const found = present.find((other) => sameRegistration(other, one));
    if (act === "deregister") return found !== undefined;
    return found === undefined || (act === "weigh" && found.weight !== one.weight);
  });
}

function requestFor(pool: Pool, act: BalancerAct, batch: readonly Registration[]) {
  if (pool.kind === "target-group") return groupRequest(pool, act, batch);
  if (pool.kind === "classic") return classicRequest(pool, act, batch);
  if (act === "weigh") {
    const ModifyList = batch.map(({ listenerId, locationId, ...target }) => ({
      ListenerId: listenerId,
      LocationId: locationId,
      Targets: [{ ...targetOf(target), Weight: target.weight }],
    }));
    return { action: "BatchModifyTargetWeight", parameters: { LoadBalancerId: pool.id, ModifyList } };
  }
  const Targets = batch.map((one) => ({
    ListenerId: one.listenerId,
    LocationId: one.locationId,
    ...targetOf(one),
    ...(act === "register" ? { Weight: one.weight } : {}),
  }));
  const action = act === "register" ? "BatchRegisterTargets" : "BatchDeregisterTargets";
  return { action, parameters: { LoadBalancerId: pool.id, Targets } };
}

/** "Port" is required here. */
function groupRequest(pool: Pool, act: BalancerAct, batch: readonly Registration[]) {
  const TargetGroupInstances = batch.map(({ ip, port, weight }) => ({
    BindIP: ip,
    Port: port,
    ...(act === "deregister" ? {} : { Weight: weight }),
  }));
  const actions = {
    register: "RegisterTargetGroupInstances",
    deregister: "DeregisterTargetGroupInstances",
    weigh: "ModifyTargetGroupInstancesWeight",
  } as const;
  return { action: actions[act], parameters: { TargetGroupId: pool.id, TargetGroupInstances } };
}

function classicRequest(pool: Pool, act: BalancerAct, batch: readonly Registration[]) {
  if (act === "deregister") {
    const InstanceIds = batch.map(({ instanceId }) => instanceId);
    return { action: "DeregisterTargetsFromClassicalLB", parameters: { LoadBalancerId: pool.id, InstanceIds } };
  }
  const Targets = batch.map(({ instanceId, weight }) => ({ InstanceId: instanceId, Weight: weight }));
  return { action: "RegisterTargetsWithClassicalLB", parameters: { LoadBalancerId: pool.id, Targets } };
}

function targetOf({ instanceId, ip, port }: Pick<Registration, "instanceId" | "ip" | "port">) {
  return { Port: port, ...(instanceId === undefined ? { EniIp: ip } : { InstanceId: instanceId }) };
}

function leftOver({ id }: Pool, act: BalancerAct) {
  return {
    code: "service",
    message: `${id} took the request to ${act} and did not carry it out for this target.`,
    hint: "Look at the balancer's listeners, then try again.",
    cloud: "tencent",
  } as const;
}
