import type { JsonObject } from "../../../src/common.js";
import { DecommissionError } from "../../../src/errors.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";

/** One target of one listener, forwarding rule, classic balancer or target group. */
export interface Registration {
  readonly listenerId?: string;
  readonly locationId?: string;
  /** Absent for one registered by an address. */
  readonly instanceId?: string;
  readonly networkInterfaceId?: string;
  readonly ip: string;
  /** Absent for a classic balancer, whose listeners all lead to all targets. */
  readonly port?: number;
  readonly weight: number;
}

/** Something that sends traffic to targets. */
export interface Pool {
  readonly id: string;
  readonly kind: "balancer" | "classic" | "target-group";
  readonly vpcId: string;
}

/** The pool that an item's id names, which can have listener and rule after a slash; `undefined` where it is gone. */
export async function readPool(call: TencentCall, itemId: string): Promise<Pool | undefined> {
  try {
    return await findPool(call, itemId);
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code === "not-found") return undefined;
    throw error;
  }
}

async function findPool(call: TencentCall, itemId: string): Promise<Pool | undefined> {
  const [id = ""] = itemId.split("/");
  if (id.startsWith("lbtg-")) {
    const list = { field: "TargetGroupSet", id: "TargetGroupId" } as const;
    const [row] = await call.pages("clb", "DescribeTargetGroups", { TargetGroupIds: [id] }, list);
    return row && { id, kind: "target-group", vpcId: row.text("VpcId") ?? "" };
  }
  const list = { field: "LoadBalancerSet", id: "LoadBalancerId" } as const;
  const [row] = await call.pages("clb", "DescribeLoadBalancers", { LoadBalancerIds: [id] }, list);
  return row && { id, kind: row.number("Forward") === 0 ? "classic" : "balancer", vpcId: row.text("VpcId") ?? "" };
}

/** Everything that is registered with a pool. */
export async function readRegistrations(call: TencentCall, { id, kind }: Pool): Promise<readonly Registration[]> {
  if (kind === "target-group") return await groupMembers(call, id);
  if (kind === "classic") {
    const { body } = await call.read("clb", "DescribeClassicalLBTargets", { LoadBalancerId: id });
    // Every listener leads to every target, so each is one registration.
    const byInstance = body.needList("Targets").map((target): readonly [string, Registration] => {
      const { port: _port, ...registration } = registrationOf(target);
      return [registration.instanceId ?? registration.ip, registration];
    });
    return [...new Map(byInstance).values()];
  }
  const { body } = await call.read("clb", "DescribeTargets", { LoadBalancerId: id });
  return body.needList("Listeners").flatMap((listener) => {
    const listenerId = listener.need("ListenerId");
    const direct = listener.list("Targets").map((target) => ({ ...registrationOf(target), listenerId }));
    const ruled = listener.list("Rules").flatMap((rule) => {
      const locationId = rule.need("LocationId");
      return rule.list("Targets").map((target) => ({ ...registrationOf(target), listenerId, locationId }));
    });
    return [...direct, ...ruled];
  });
}

async function groupMembers(call: TencentCall, id: string): Promise<readonly Registration[]> {
  // A target has no id of its own: an instance can be there with several ports.
  const list = { field: "TargetGroupInstanceSet", id: ["InstanceId", "EniId", "Port"] };
  const parameters = { Filters: [{ Name: "TargetGroupId", Values: [id] }] };
  return (await call.pages("clb", "DescribeTargetGroupInstances", parameters, list)).map(registrationOf);
}

function registrationOf(target: Wire): Registration {
  const instanceId = target.text("InstanceId");
  const networkInterfaceId = target.text("EniId");
  const port = target.number("Port");
  return {
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(networkInterfaceId === undefined ? {} : { networkInterfaceId }),
    ip: target.texts("PrivateIpAddresses")[0] ?? "",
    ...(port === undefined ? {} : { port }),
    weight: target.number("Weight") ?? 0,
  };
}

/** Whether two name the same registration: one instance can be registered with several ports and rules. */
export function sameRegistration(one: Registration, other: Registration): boolean {
  const byAddress = one.instanceId === undefined;
  return (
    one.listenerId === other.listenerId &&
    one.locationId === other.locationId &&
    one.port === other.port &&
    (byAddress ? other.instanceId === undefined && one.ip === other.ip : one.instanceId === other.instanceId)
  );
}

/** A registration as an effect keeps it. */
export function detailOf({ kind }: Pool, registration: Registration): JsonObject {
  return { pool: kind, ...registration };
}

/** A registration out of an effect. */
export function registrationFrom(detail: JsonObject): Registration {
  const text = (name: string) => {
    const value = detail[name];
    return typeof value === "string" ? { [name]: value } : {};
  };
  return {
    ...text("listenerId"),
    ...text("locationId"),
    ...text("instanceId"),
    ...text("networkInterfaceId"),
    ip: typeof detail.ip === "string" ? detail.ip : "",
    ...(typeof detail.port === "number" ? { port: detail.port } : {}),
    weight: typeof detail.weight === "number" ? detail.weight : 0,
  };
}
