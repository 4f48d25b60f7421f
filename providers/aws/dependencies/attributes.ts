import type { DependencyKind } from "../../../src/dependencies.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceFacts, SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource } from "./survey.js";

const source = "ec2:DescribeInstances";

/** What an instance names and leaves behind unharmed: key pair, instance profile, placement group. */
export const attributeSources: readonly AwsSource[] = [
  attribute("key-pair", ({ keyName }) => keyName, "It was launched with this key pair, which stays."),
  attribute(
    "instance-role",
    ({ profileArn }) => profileArn,
    "It acts under this instance profile. Profile and role stay, and so does what they may do.",
  ),
  attribute("placement", ({ placementGroup }) => placementGroup, "It is in this placement group, which stays."),
];

function attribute(kind: DependencyKind, idOf: (facts: InstanceFacts) => string | undefined, why: string): AwsSource {
  const finding = ({ record, facts }: SeenInstance): readonly Finding[] => {
    const id = idOf(facts);
    if (id === undefined) return [];
    return [
      {
        instanceId: record.id,
        node: { kind, id, billing: "none" },
        edge: { relation: "references", effect: "report", atTermination: "kept", why },
      },
    ];
  };
  return {
    kind,
    source,
    gate: "report",
    hidesRows,
    read: async ({ instances }) => findingsOf(source, instances.flatMap(finding)),
  };
}
