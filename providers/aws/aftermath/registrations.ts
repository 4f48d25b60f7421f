import { mapConcurrent } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import { namedBy } from "../../../src/holdings.js";
import { readClassicBalancers } from "../dependencies/classic-balancers.js";
import { hidesRows } from "../dependencies/hides-rows.js";
import {
  groupsThatCanHold,
  isTargetGroup,
  meaning,
  readTargetGroups,
  readTargets,
  type Target,
  type TargetGroup,
} from "../dependencies/target-groups.js";
import type { AftermathSource, AwsAftermath } from "./survey.js";

const source = "elasticloadbalancing:DescribeTargetHealth";
const classicSource = "elb:DescribeLoadBalancers";
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
    source: classicSource,
    gate: "required",
    hidesRows,
    read: async (aftermath) => findingsOf(classicSource, await classicLeft(aftermath)),
  },
];

async function registrationsLeft(aftermath: AwsAftermath): Promise<readonly Finding[]> {
  const { call, ended } = aftermath;
  const reported = [...namedBy(ended, "load-balancer-target", () => []).keys()].filter(isTargetGroup);
  const unreported = ended.filter(({ edges }) => edges === undefined);
  if (reported.length === 0 && unreported.length === 0) return [];
  const groups = await readTargetGroups(call);
  const records = unreported.flatMap(({ record }) => record ?? []);
  const searched = new Set([...reported, ...groupsThatCanHold(groups, records).map(({ arn }) => arn)]);
  const found = await mapConcurrent(
    groups.filter(({ arn }) => searched.has(arn)),
    concurrency,
    async (group) => registrationsIn(group, await readTargets(call, group.arn), aftermath),
  );
  return found.flat();
}

async function classicLeft({ call, ended }: AwsAftermath): Promise<readonly Finding[]> {
  const reported = [...namedBy(ended, "load-balancer-target", () => []).keys()].some((id) => !isTargetGroup(id));
  if (!reported && ended.every(({ edges }) => edges !== undefined)) return [];
  const endedIds = new Set(ended.map(({ id }) => id));
  return (await readClassicBalancers(call)).flatMap(({ name, instanceIds }) =>
    instanceIds
      .filter((id) => endedIds.has(id))
      .map(
        (instanceId): Finding => ({
          instanceId,
          node: { kind: "load-balancer-target", id: name, name, billing: "none" },
          edge: {
            relation: "member",
            effect: "report",
            atTermination: "kept",
            why: `It is still registered with the classic load balancer ${name}, out of service.`,
          },
        }),
      ),
  );
}

function registrationsIn(group: TargetGroup, targets: readonly Target[], { ended }: AwsAftermath): readonly Finding[] {
  return ended.flatMap(({ id, record }) =>
    targets
      .filter((target) => (record ? meaning(group, target, record) === "yes" : target.id === id))
      .map((target): Finding => {
        const port = target.port === undefined ? "" : ` on port ${target.port}`;
        return {
          instanceId: id,
          node: { kind: "load-balancer-target", id: group.arn, name: group.name, billing: "none" },
          edge: {
            relation: "member",
            effect: "report",
            atTermination: "kept",
            why:
              group.targetType === "ip"
                ? `The address ${target.id} is still registered${port} (${target.state}): whoever gets it next gets the traffic.`
                : `It is still registered${port} (${target.state}).`,
          },
        };
      }),
  );
}
