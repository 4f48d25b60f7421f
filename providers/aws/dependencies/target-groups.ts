import { mapConcurrent } from "../../../src/batch.js";
import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource } from "./survey.js";

const source = "elasticloadbalancing:DescribeTargetHealth";
/** Largest page of DescribeTargetGroups (Elastic Load Balancing API reference, PageSize). */
const targetGroupPageLimit = 400;
/** There is no way to ask by target, so each group is a request of its own. */
const concurrency = 8;

/** Registrations with load balancers of the newer kind: application, network and gateway. */
export const targetGroupSources: readonly AwsSource[] = [
  {
    kind: "load-balancer-target",
    source,
    gate: "required",
    hidesRows,
    read: async ({ call, instances }) => findingsOf(source, await registrations(call, instances)),
  },
];

/** A target group, as far as decisions need it. */
export interface TargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly targetType: string;
  readonly vpcId?: string;
  readonly loadBalancers: readonly string[];
}

/** One registration in a target group. */
export interface Target {
  /** An instance id or an address, as it was registered. */
  readonly id: string;
  readonly port?: number;
  readonly zone?: string;
  readonly state: string;
  readonly reason?: string;
}

/** Whether a load balancer's target is registered with a target group, by the id of the node. */
export function isTargetGroup(id: string): boolean {
  return id.includes(":targetgroup/");
}

/** All target groups of the region. */
export async function readTargetGroups(call: AwsCall): Promise<readonly TargetGroup[]> {
  const parameters = { PageSize: targetGroupPageLimit };
  const rows = await call.pages("elasticloadbalancing", "DescribeTargetGroups", parameters, "TargetGroups");
  return rows.map((row) => {
    const vpcId = row.text("VpcId");
    return {
      arn: row.need("TargetGroupArn"),
      name: row.text("TargetGroupName") ?? "",
      targetType: row.text("TargetType") ?? "instance",
      ...(vpcId === undefined ? {} : { vpcId }),
      loadBalancers: row.texts("LoadBalancerArns"),
    };
  });
}

/** The targets of one group; none where the group has gone meanwhile. */
export async function readTargets(call: AwsCall, targetGroupArn: string): Promise<readonly Target[]> {
  try {
    const parameters = { TargetGroupArn: targetGroupArn };
    const { body } = await call.read("elasticloadbalancing", "DescribeTargetHealth", parameters);
    return body.needList("TargetHealthDescriptions").map(target);
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code === "not-found") return [];
    throw error;
  }
}

/** Kinds of targets that are no instance and no address ("TargetTypeEnum", API reference). */
const strangers: ReadonlySet<string> = new Set(["alb", "lambda"]);

/**
 * Groups that can hold one of the instances: by id in their own network, by address in any network that reaches it. What
 * does not say its network, or is of a kind that nobody knows, can.
 */
export function groupsThatCanHold(
  groups: readonly TargetGroup[],
  records: readonly Pick<InstanceRecord, "vpcId">[],
): readonly TargetGroup[] {
  const networks = new Set(records.map(({ vpcId }) => vpcId));
  const canReach = (vpcId: string | undefined) => vpcId === undefined || networks.has(undefined) || networks.has(vpcId);
  return groups.filter(
    ({ targetType, vpcId }) =>
      networks.size > 0 && !strangers.has(targetType) && (targetType !== "instance" || canReach(vpcId)),
  );
}

async function registrations(call: AwsCall, instances: readonly SeenInstance[]): Promise<readonly Finding[]> {
  const records = instances.map(({ record }) => record);
  const groups = groupsThatCanHold(await readTargetGroups(call), records);
  const named = recordsByName(records);
  const found = await mapConcurrent(groups, concurrency, async (group) => {
    const targets = await readTargets(call, group.arn);
    const held = [...heldIn(group, targets, named)].map(([record, its]) => ({ record, targets: its }));
    const ours = new Set(held.flatMap((each) => each.targets));
    const last = !targets.some((each) => each.state === "healthy" && !ours.has(each));
    return held.map((each) => registration(group, each.targets, each.record, last));
  });
  return found.flat();
}

/** Records by all that a target can be registered as: the id, and every private address. */
function recordsByName(records: readonly InstanceRecord[]): ReadonlyMap<string, readonly InstanceRecord[]> {
  const named = new Map<string, InstanceRecord[]>();
  for (const record of records) {
    for (const name of [record.id, ...record.privateIps]) named.set(name, [...(named.get(name) ?? []), record]);
  }
  return named;
}

/** The records that targets of this group are, or may be, each with its registrations. */
function heldIn(
  group: TargetGroup,
  targets: readonly Target[],
  named: ReadonlyMap<string, readonly InstanceRecord[]>,
): ReadonlyMap<InstanceRecord, readonly Target[]> {
  const held = new Map<InstanceRecord, Target[]>();
  for (const target of targets) {
    for (const record of named.get(target.id) ?? []) {
      if (meaning(group, target, record) !== "no") held.set(record, [...(held.get(record) ?? []), target]);
    }
  }
  return held;
}

/**
 * Whether a target is this instance. By address only within the group's own network: the same private address can be
 * somebody else's elsewhere, and one from outside is registered for the zone `all` ("TargetDescription", API reference).
 */
export function meaning(
  group: Pick<TargetGroup, "targetType" | "vpcId">,
  { id, zone }: Pick<Target, "id" | "zone">,
  record: InstanceRecord,
): "yes" | "maybe" | "no" {
  if (group.targetType !== "ip") return id === record.id ? "yes" : "no";
  if (!record.privateIps.includes(id)) return "no";
  if ((group.vpcId === undefined) !== (record.vpcId === undefined)) return "maybe";
  if (zone !== "all") return group.vpcId === record.vpcId ? "yes" : "no";
  return group.vpcId === record.vpcId ? "no" : "maybe";
}

function registration(group: TargetGroup, targets: readonly Target[], record: InstanceRecord, last: boolean): Finding {
  const certain = targets.some((each) => meaning(group, each, record) === "yes");
  const places = targets.map(({ id, port, state }) => `${id}${port === undefined ? "" : `:${port}`} (${state})`);
  const why = [
    `${certain ? "It is" : "It may be"} registered as ${places.join(", ")}.`,
    ...(last && targets.some(({ state }) => state === "healthy")
      ? ["No other healthy target is left in the group."]
      : []),
    ...(group.loadBalancers.length === 0 ? ["No load balancer uses the group now."] : []),
  ];
  return {
    instanceId: record.id,
    node: { kind: "load-balancer-target", id: group.arn, name: group.name, billing: "unknown" },
    edge: {
      relation: certain ? "member" : "inferred",
      effect: certain ? "release-first" : "report",
      // An address stays registered, and whoever gets it next receives the traffic.
      atTermination: group.targetType === "ip" ? "kept" : "detached",
      why: why.join(" "),
    },
  };
}

function target(wire: Wire): Target {
  const described = wire.object("Target");
  const health = wire.object("TargetHealth");
  const port = described?.number("Port");
  const zone = described?.text("AvailabilityZone");
  const reason = health?.text("Reason");
  return {
    id: described?.text("Id") ?? "",
    ...(port === undefined ? {} : { port }),
    ...(zone === undefined ? {} : { zone }),
    state: health?.text("State") ?? "unknown",
    ...(reason === undefined ? {} : { reason }),
  };
}
