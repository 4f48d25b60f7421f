import { groupBy, mapConcurrent } from "../../../src/batch.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { instanceBehind } from "./holders.js";
import { listing } from "./rows.js";
import type { AliyunSource } from "./survey.js";
import { targetId } from "./target-id.js";

const source = "slb:DescribeLoadBalancers";

/** Reads at a time: everything about a classic load balancer is told one balancer, or one group, at a time. */
const concurrency = 5;

/** Backends of classic load balancers: of the balancer itself, of its server groups, and of its pairs. */
export const classicBalancerSources: readonly AliyunSource[] = [
  listing("load-balancer-target", source, "required", async ({ call, instances }) =>
    findingsOf(source, registrations(await readClassicBackends(call), instances)),
  ),
];

/** A server behind a classic load balancer. */
export interface ClassicBackend {
  readonly where: "clb" | "clb-vserver" | "clb-pair";
  /** The balancer, or the group of it. */
  readonly holderId: string;
  readonly holderName: string;
  readonly loadBalancerId: string;
  /** An instance or an interface. */
  readonly serverId: string;
  readonly type: string;
  readonly ip?: string;
  readonly port?: number;
  readonly weight?: number;
}

/**
 * All backends of all classic load balancers of the region. `ServerId` and `ServerIntranetAddress` would narrow the
 * listing, and whether they look into server groups is documented nowhere: so nothing is left to them.
 */
export async function readClassicBackends(call: AliyunCall): Promise<readonly ClassicBackend[]> {
  const balancers = await call.pages("slb", "DescribeLoadBalancers");
  const found = await mapConcurrent(balancers, concurrency, (balancer) => backendsOf(call, balancer));
  return found.flat();
}

/** A balancer that goes meanwhile has no backends left. */
async function backendsOf(call: AliyunCall, balancer: Wire): Promise<readonly ClassicBackend[]> {
  const loadBalancerId = balancer.need("LoadBalancerId");
  const holderName = balancer.text("LoadBalancerName") ?? loadBalancerId;
  const own = { where: "clb", holderId: loadBalancerId, holderName, loadBalancerId } as const;
  const ofBalancer = { LoadBalancerId: loadBalancerId };
  try {
    const direct = await call.pages("slb", "DescribeLoadBalancerAttribute", ofBalancer);
    const groups = await call.pages("slb", "DescribeVServerGroups", ofBalancer);
    const pairs = await call.pages("slb", "DescribeMasterSlaveServerGroups", ofBalancer);
    const grouped = [
      ...groups.filter((group) => group.number("ServerCount") !== 0).map((group) => groupOf(group, loadBalancerId)),
      ...pairs.map((pair) => pairOf(pair, loadBalancerId)),
    ];
    const members = await mapConcurrent(grouped, concurrency, async ({ action, parameters, ...holder }) =>
      (await call.pages("slb", action, parameters)).map((row) => backend(row, holder)),
    );
    return [...direct.map((row) => backend(row, own)), ...members.flat()];
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code === "not-found") return [];
    throw error;
  }
}

type Holder = Pick<ClassicBackend, "where" | "holderId" | "holderName" | "loadBalancerId">;

function groupOf(group: Wire, loadBalancerId: string) {
  const holderId = group.need("VServerGroupId");
  return {
    where: "clb-vserver",
    holderId,
    holderName: group.text("VServerGroupName") ?? holderId,
    loadBalancerId,
    action: "DescribeVServerGroupAttribute",
    parameters: { VServerGroupId: holderId },
  } as const;
}

function pairOf(pair: Wire, loadBalancerId: string) {
  const holderId = pair.need("MasterSlaveServerGroupId");
  return {
    where: "clb-pair",
    holderId,
    holderName: pair.text("MasterSlaveServerGroupName") ?? holderId,
    loadBalancerId,
    action: "DescribeMasterSlaveServerGroupAttribute",
    parameters: { MasterSlaveServerGroupId: holderId },
  } as const;
}

function backend(row: Wire, holder: Holder): ClassicBackend {
  const ip = row.text("ServerIp");
  const port = row.number("Port");
  const weight = row.number("Weight");
  return {
    ...holder,
    serverId: row.need("ServerId"),
    type: row.text("Type") ?? "ecs",
    ...(ip === undefined ? {} : { ip }),
    ...(port === undefined ? {} : { port }),
    ...(weight === undefined ? {} : { weight }),
  };
}

function registrations(backends: readonly ClassicBackend[], instances: readonly SeenInstance[]): readonly Finding[] {
  const behind = instanceBehind(instances);
  const findings: Finding[] = [];
  for (const [holderId, members] of groupBy(backends, (each) => each.holderId)) {
    const last = members.every(({ serverId }) => behind.has(serverId));
    const ours = members.filter(({ serverId }) => behind.has(serverId));
    for (const [instanceId, its] of groupBy(ours, ({ serverId }) => behind.get(serverId) ?? ""))
      findings.push(registration(holderId, instanceId, its, last));
  }
  return findings;
}

function registration(
  holderId: string,
  instanceId: string,
  backends: readonly ClassicBackend[],
  last: boolean,
): Finding {
  const [first] = backends;
  const places = backends.map(({ serverId, port }) => `${serverId}${port === undefined ? "" : `:${port}`}`);
  const pair = first?.where === "clb-pair";
  const why = [
    `It is a backend of ${first?.holderName ?? holderId} as ${places.join(", ")}.`,
    ...(last ? ["Nobody else is behind it."] : []),
    ...(pair ? ["A pair of primary and secondary server is made whole and cannot lose one of the two."] : []),
  ];
  return {
    instanceId,
    node: {
      kind: "load-balancer-target",
      id: targetId(first?.where ?? "clb", holderId),
      name: first?.holderName ?? holderId,
      billing: "unknown",
    },
    edge: {
      relation: "member",
      atTermination: "unknown",
      why: why.join(" "),
      ...(pair
        ? { effect: "blocks", unblock: "Point the listener at another group, then delete this one." }
        : { effect: "release-first" }),
    },
  };
}
