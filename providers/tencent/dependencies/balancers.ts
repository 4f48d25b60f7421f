import { groupBy, unique } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { idLimit } from "../instances.js";
import { inPieces } from "../pieces.js";
import { hidesRows } from "./controls.js";
import { byAddress, type TencentSource } from "./survey.js";
import { readGroupTargets } from "./target-groups.js";

const source = "clb:DescribeLBListeners";
const groupSource = "clb:DescribeTargetGroupInstances";
const classicSource = "clb:DescribeClassicalLBByInstanceId";
/** Addresses one DescribeLBListeners takes: no page tells, its errors know a limit, and 20 is what others send. */
const backendBatch = 20;

/** Registrations with load balancers, whose traffic would go nowhere. Nodes are the balancers and target groups. */
export const balancerSources: readonly TencentSource[] = [
  {
    kind: "load-balancer-target",
    source,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      const records = survey.instances.map(({ record }) => record);
      const found = await readRegistrations(survey.call, records);
      return byAddress(survey, findingsOf(source, found.map(registrationFinding)));
    },
  },
  {
    kind: "load-balancer-target",
    source: groupSource,
    gate: "required",
    hidesRows,
    read: async (survey) => {
      const records = survey.instances.map(({ record }) => record);
      const found = await readGroupTargets(survey.call, records);
      const findings = found.map(({ instanceId, groupId, port }) =>
        targetFinding(instanceId, groupId, `It is registered at port ${port} with the target group ${groupId}.`),
      );
      return byAddress(survey, findingsOf(groupSource, findings));
    },
  },
  {
    kind: "load-balancer-target",
    source: classicSource,
    gate: "required",
    hidesRows,
    read: async ({ call, instances }) => {
      const ids = instances.map(({ record }) => record.id);
      const findings = (await readClassicBalancers(call, ids)).map(({ instanceId, balancerId }) =>
        targetFinding(instanceId, balancerId, `It is registered with the classic load balancer ${balancerId}.`),
      );
      return findingsOf(classicSource, findings);
    },
  },
];

/** One registration behind a listener of a load balancer, found by the private address it has. */
export interface Registration {
  readonly instanceId: string;
  readonly balancerId: string;
  readonly listenerId: string;
  /** The rule of a layer 7 listener. */
  readonly locationId?: string;
  readonly ip: string;
  readonly port: string;
}

/**
 * Registrations of the addresses of these instances, those of their interfaces included. One network in a request: the
 * answer names networks by another number than the request does.
 */
export async function readRegistrations(
  call: TencentCall,
  records: readonly InstanceRecord[],
): Promise<readonly Registration[]> {
  const places = records.flatMap(({ id, vpcId, privateIps }) =>
    vpcId === undefined ? [] : privateIps.map((ip) => ({ instanceId: id, vpcId, ip })),
  );
  const networks = [...groupBy(places, ({ vpcId }) => vpcId).values()];
  const found = await Promise.all(
    networks.map((members) =>
      inPieces(members, backendBatch, async (piece) => {
        const Backends = piece.map(({ vpcId, ip }) => ({ VpcId: vpcId, PrivateIp: ip }));
        const { body } = await call.read("clb", "DescribeLBListeners", { Backends });
        const holders = new Map(piece.map(({ ip, instanceId }) => [ip, instanceId]));
        return body.needList("LoadBalancers").flatMap((balancer) => registrationsAt(balancer, holders));
      }),
    ),
  );
  return found.flat();
}

function registrationsAt(balancer: Wire, holders: ReadonlyMap<string, string>): readonly Registration[] {
  const balancerId = balancer.need("LoadBalancerId");
  return balancer.needList("Listeners").flatMap((listener) => {
    const listenerId = listener.need("ListenerId");
    const places = [
      { targets: listener.list("Targets"), locationId: undefined },
      ...listener.list("Rules").map((rule) => ({ targets: rule.list("Targets"), locationId: rule.text("LocationId") })),
    ];
    return places.flatMap(({ targets, locationId }) =>
      targets.flatMap((target): readonly Registration[] => {
        const ip = target.need("PrivateIp");
        const instanceId = holders.get(ip);
        if (instanceId === undefined) return [];
        const port = target.text("Port") ?? "0";
        const location = locationId === undefined ? {} : { locationId };
        return [{ instanceId, balancerId, listenerId, ...location, ip, port }];
      }),
    );
  });
}

function registrationFinding({ instanceId, balancerId, listenerId, ip, port }: Registration): Finding {
  const why = `${ip}:${port} is registered with the listener ${listenerId} of the load balancer ${balancerId}.`;
  return targetFinding(instanceId, balancerId, why);
}

/** The classic load balancers behind which these instances stand. */
export async function readClassicBalancers(
  call: TencentCall,
  instanceIds: readonly string[],
): Promise<readonly { readonly instanceId: string; readonly balancerId: string }[]> {
  const rows = await inPieces(instanceIds, idLimit, async (piece) => {
    const { body } = await call.read("clb", "DescribeClassicalLBByInstanceId", { InstanceIds: piece });
    return body.needList("LoadBalancerInfoList");
  });
  return rows.flatMap((row) => {
    const instanceId = row.need("InstanceId");
    return unique(row.needTexts("LoadBalancerIds")).map((balancerId) => ({ instanceId, balancerId }));
  });
}

function targetFinding(instanceId: string, id: string, why: string): Finding {
  return {
    instanceId,
    node: { kind: "load-balancer-target", id, billing: "none" },
    edge: {
      relation: "member",
      effect: "release-first",
      atTermination: "unknown",
      why,
      unblock: "Deregister it first: it stays registered while it is in the recycle bin.",
    },
  };
}
