import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import { readBulk } from "../bulk.js";
import { pageLimit } from "../instances.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource, AwsSurvey } from "./survey.js";

const windows = "ec2:DescribeInstanceEventWindows";
const managed = "ssm:DescribeInstanceInformation";
const profiles = "ec2:DescribeIamInstanceProfileAssociations";
/** Largest pages (EC2 API reference and Systems Manager API reference, MaxResults). */
const windowPageLimit = 500;
const managedPageLimit = 50;

/** What looks after the instances: maintenance windows, Systems Manager, and who else has their profile. */
export const managementSources: readonly AwsSource[] = [
  {
    kind: "event-window",
    source: windows,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(windows, await eventWindows(survey)),
  },
  {
    kind: "other",
    source: managed,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(managed, await managedNodes(survey)),
  },
  {
    kind: "instance-role",
    source: profiles,
    gate: "report",
    hidesRows,
    read: async (survey) => findingsOf(profiles, await profileUsers(survey)),
  },
];

/** The whole listing: a window can name its instances by tag, and there are few windows. */
async function eventWindows({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const parameters = { MaxResults: windowPageLimit };
  const rows = await call.pages("ec2", "DescribeInstanceEventWindows", parameters, "InstanceEventWindows");
  return rows.flatMap((row) =>
    instances
      .filter((seen) => isIn(row, seen))
      .map(({ record }) =>
        finding(record.id, "event-window", row.need("InstanceEventWindowId"), row.text("Name"), {
          why: "Scheduled events of it are to happen in this window, which stays.",
        }),
      ),
  );
}

function isIn(row: Wire, { record }: SeenInstance): boolean {
  const target = row.object("AssociationTarget");
  if (target?.texts("InstanceIds").includes(record.id)) return true;
  return (target?.list("Tags") ?? []).some((tag) => record.tags[tag.need("Key")] === (tag.text("Value") ?? ""));
}

async function managedNodes({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const whole = { MaxResults: managedPageLimit };
  const { items } = await readBulk(
    call,
    {
      service: "ssm",
      action: "DescribeInstanceInformation",
      list: "InstanceInformationList",
      whole,
      some: (ids) => ({ ...whole, Filters: [{ Key: "InstanceIds", Values: [...ids] }] }),
      batch: managedPageLimit,
      keysOf: (row) => [row.need("InstanceId")],
      oneEach: true,
    },
    instances.map(({ record }) => record.id),
  );
  return items.map((row) =>
    finding(row.need("InstanceId"), "other", `${row.need("InstanceId")}/systems-manager`, undefined, {
      why: `Systems Manager manages it (${row.text("PingStatus") ?? "state unknown"}). Its inventory and command history stay.`,
    }),
  );
}

/** Asked only where an instance has a profile: associations tell the others that have it, too. */
async function profileUsers({ call, instances }: AwsSurvey): Promise<readonly Finding[]> {
  const withProfile = instances.filter(({ facts }) => facts.profileArn !== undefined);
  if (withProfile.length === 0) return [];
  const asked = new Set(instances.map(({ record }) => record.id));
  const parameters = { MaxResults: pageLimit };
  const rows = await call.pages(
    "ec2",
    "DescribeIamInstanceProfileAssociations",
    parameters,
    "IamInstanceProfileAssociations",
  );
  return withProfile.map(({ record, facts }) => {
    const arn = facts.profileArn ?? "";
    const others = rows.filter(
      (row) => row.object("IamInstanceProfile")?.text("Arn") === arn && !asked.has(row.text("InstanceId") ?? ""),
    );
    const who = others.length === 0 ? "No other instance has it." : `${others.length} other instances have it.`;
    return finding(record.id, "instance-role", arn, undefined, { why: `It acts under this profile. ${who}` });
  });
}

function finding(
  instanceId: string,
  kind: Finding["node"]["kind"],
  id: string,
  name: string | undefined,
  { why }: Pick<Finding["edge"], "why">,
): Finding {
  return {
    instanceId,
    node: { kind, id, ...(name === undefined ? {} : { name }), billing: "none" },
    edge: { relation: "references", effect: "report", atTermination: "kept", why },
  };
}
