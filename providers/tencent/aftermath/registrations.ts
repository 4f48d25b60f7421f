import { groupBy, mapConcurrent, unique } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { type Registration, readClassicBalancers, readRegistrations } from "../dependencies/balancers.js";
import { hidesRows } from "../dependencies/controls.js";
import { readGroupTargets } from "../dependencies/target-groups.js";
import { type AftermathSource, recordsOf, type TencentAftermath } from "./survey.js";

const source = "clb:DescribeLBListeners";
const groupSource = "clb:DescribeTargetGroupInstances";
const classicSource = "clb:DescribeClassicalLBByInstanceId";
const concurrency = 8;

/** Registrations that outlived their instances: of an address they wait for whoever gets it next. */
export const registrationSources: readonly AftermathSource[] = [
  {
    kind: "load-balancer-target",
    source,
    gate: "required",
    hidesRows,
    read: async (aftermath) => findingsOf(source, await registrationsLeft(aftermath)),
  },
  {
    kind: "load-balancer-target",
    source: groupSource,
    gate: "required",
    hidesRows,
    read: async ({ call, ended }) => {
      const found = await readGroupTargets(call, recordsOf(ended));
      return findingsOf(
        groupSource,
        found.map(({ instanceId, groupId, port }) =>
          leftFinding(instanceId, groupId, `It is still registered at port ${port} with the target group ${groupId}.`),
        ),
      );
    },
  },
  {
    kind: "load-balancer-target",
    source: classicSource,
    gate: "required",
    hidesRows,
    read: async ({ call, ended }) => {
      const ids = ended.map(({ id }) => id);
      return findingsOf(
        classicSource,
        (await readClassicBalancers(call, ids)).map(({ instanceId, balancerId }) =>
          leftFinding(instanceId, balancerId, `It is still registered with the classic load balancer ${balancerId}.`),
        ),
      );
    },
  },
];

/** An address can have a new holder by now: each registration is looked at by whose it is. */
async function registrationsLeft({ call, ended }: TencentAftermath): Promise<readonly Finding[]> {
  const found = await readRegistrations(call, recordsOf(ended));
  const ours = new Set(
    ended.flatMap(({ id, record }) => [id, ...(record?.networkInterfaces ?? []).map((one) => one.id)]),
  );
  const byBalancer = [...groupBy(found, ({ balancerId }) => balancerId)];
  const confirmed = await mapConcurrent(byBalancer, concurrency, async ([balancerId, registrations]) => {
    const targets = await readTargets(call, balancerId);
    return registrations.filter((one) => targets.some((target) => isSame(one, target) && isOurs(target, ours)));
  });
  return confirmed.flat().map(({ instanceId, balancerId, listenerId, ip, port }) => {
    const where = `the listener ${listenerId} of the load balancer ${balancerId}`;
    const why = `${ip}:${port} is still registered with ${where}: whoever gets the address next gets the traffic.`;
    return leftFinding(instanceId, balancerId, why);
  });
}

interface Target {
  readonly listenerId: string;
  readonly wire: Wire;
}

async function readTargets(call: TencentCall, balancerId: string): Promise<readonly Target[]> {
  const { body } = await call.read("clb", "DescribeTargets", { LoadBalancerId: balancerId });
  return body.needList("Listeners").flatMap((listener) => {
    const listenerId = listener.need("ListenerId");
    const wires = [...listener.list("Targets"), ...listener.list("Rules").flatMap((rule) => rule.list("Targets"))];
    return wires.map((wire) => ({ listenerId, wire }));
  });
}

function isSame({ listenerId, ip, port }: Registration, target: Target): boolean {
  return (
    target.listenerId === listenerId &&
    (target.wire.text("Port") ?? "0") === port &&
    target.wire.texts("PrivateIpAddresses").includes(ip)
  );
}

/** Of one of the instances, of an interface it had, or of an address that nobody holds. */
function isOurs({ wire }: Target, ours: ReadonlySet<string>): boolean {
  const named = unique([wire.text("InstanceId"), wire.text("EniId")].flatMap((id) => id ?? []));
  return named.length === 0 || named.some((id) => ours.has(id));
}

function leftFinding(instanceId: string, id: string, why: string): Finding {
  return {
    instanceId,
    node: { kind: "load-balancer-target", id, billing: "none" },
    edge: { relation: "member", effect: "report", atTermination: "kept", why },
  };
}
