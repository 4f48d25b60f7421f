import { chunk, unique } from "../../../src/batch.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { Wire } from "../../../src/wire.js";
import type { AwsCall } from "../call.js";
import { filterLimit, pageLimit } from "../instances.js";
import { readScalingGroups, type ScalingGroup, scalingPageLimit } from "./scaling-groups.js";
import type { SecurityGroup } from "./security-groups.js";

/** Something that uses a security group. */
export interface GroupUse {
  readonly groupId: string;
  readonly kind:
    | "network-interface"
    | "launch-template"
    | "launch-configuration"
    | "peer-reference"
    | "vpc-association"
    | "share";
  readonly id: string;
  /** The instance behind an interface. Absent: the user is no instance of this account. */
  readonly instanceId?: string;
  /** What it is, in words. */
  readonly what: string;
}

/** Who uses some groups, as far as it could be read. */
export interface GroupUsers {
  readonly uses: readonly GroupUse[];
  /** Sources that could not be read. One of them keeps a group: a user may stand in it. */
  readonly unchecked: readonly { readonly source: string; readonly problem: Problem }[];
}

/** Reads that others may have made already, so that they are not sent twice. */
export interface GroupUserReads {
  readonly scalingGroups?: () => Promise<readonly ScalingGroup[]>;
}

/**
 * Every user of these groups: interfaces of any owner, launch templates and configurations (also those of scaling
 * groups that are empty now), references from peered networks, associations with other networks, and shares. No one API
 * tells, and EC2 counts no users. References from groups of this account are rules: see `readSecurityGroups`.
 */
export async function readGroupUsers(
  call: AwsCall,
  groups: readonly Pick<SecurityGroup, "id" | "name">[],
  reads: GroupUserReads = {},
): Promise<GroupUsers> {
  if (groups.length === 0) return { uses: [], unchecked: [] };
  const scalingGroups = reads.scalingGroups ?? (() => readScalingGroups(call));
  const groupIds = groups.map(({ id }) => id);
  // Templates and configurations can name a group of a default network by its name; a name counts for every group
  // that has it.
  const named = (key: string) => groups.filter(({ id, name }) => id === key || name === key).map(({ id }) => id);
  const answers = await Promise.all(
    Object.entries(sources).map(async ([source, read]) => {
      try {
        return { uses: await read(call, groupIds, scalingGroups), unchecked: [] };
      } catch (error) {
        if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
        return { uses: [], unchecked: [{ source, problem: error.problem }] };
      }
    }),
  );
  return {
    uses: answers
      .flatMap(({ uses }) => uses)
      .flatMap((use) => named(use.groupId).map((groupId) => ({ ...use, groupId }))),
    unchecked: answers.flatMap(({ unchecked }) => unchecked),
  };
}

type UserSource = (
  call: AwsCall,
  groupIds: readonly string[],
  scalingGroups: () => Promise<readonly ScalingGroup[]>,
) => Promise<readonly GroupUse[]>;

const sources: Readonly<Record<string, UserSource>> = {
  "ec2:DescribeNetworkInterfaces": interfaces,
  "ec2:DescribeLaunchTemplateVersions": launchTemplates,
  "autoscaling:DescribeLaunchConfigurations": launchConfigurations,
  "ec2:DescribeSecurityGroupReferences": peerReferences,
  "ec2:DescribeSecurityGroupVpcAssociations": associations,
  "ram:ListResources": shares,
};

/** The APIs that are asked who uses a group. */
export const groupUserSources: readonly string[] = Object.keys(sources);

async function interfaces(call: AwsCall, groupIds: readonly string[]): Promise<readonly GroupUse[]> {
  const rows = await filtered(call, "DescribeNetworkInterfaces", "NetworkInterfaces", "group-id", groupIds, {
    IncludeManagedResources: true,
  });
  return rows.flatMap((row) => {
    const id = row.need("NetworkInterfaceId");
    const instanceId = row.object("Attachment")?.text("InstanceId");
    // An interface always says its groups; one that does not would pass for a user of none.
    return row.needList("Groups").map((group) => ({
      groupId: group.need("GroupId"),
      kind: "network-interface" as const,
      id,
      ...(instanceId === undefined ? {} : { instanceId }),
      what: `interface ${id} ${userOf(row, instanceId)}`,
    }));
  });
}

function userOf(row: Wire, instanceId: string | undefined): string {
  if (instanceId !== undefined) return `of ${instanceId}`;
  const description = row.text("Description");
  const kind = row.text("InterfaceType") ?? "interface";
  return description === undefined ? `(${kind})` : `(${kind}, ${description})`;
}

/** Largest page of DescribeLaunchTemplateVersions (EC2 API reference, MaxResults). */
const templatePageLimit = 200;

async function launchTemplates(
  call: AwsCall,
  _: readonly string[],
  scalingGroups: () => Promise<readonly ScalingGroup[]>,
): Promise<readonly GroupUse[]> {
  const versions = (parameters: object) =>
    call.pages(
      "ec2",
      "DescribeLaunchTemplateVersions",
      { ...parameters, MaxResults: templatePageLimit, IncludeManagedResources: true },
      "LaunchTemplateVersions",
    );
  // Without a template's id only these two words are taken; other versions matter where a scaling group names them.
  const [current, groups] = await Promise.all([versions({ Versions: ["$Latest", "$Default"] }), scalingGroups()]);
  const known = new Set(current.map((row) => `${row.text("LaunchTemplateId")}/${row.text("VersionNumber")}`));
  const named = groups.flatMap(({ templates }) => templates).filter(({ version }) => /^\d+$/.test(version));
  const older = unique(named.map(({ id, version }) => `${id}/${version}`)).filter((key) => !known.has(key));
  const pinned = await Promise.all(
    older.map((key) => {
      const [id, version] = key.split("/");
      return versions({ LaunchTemplateId: id, Versions: [version] });
    }),
  );
  return [...current, ...pinned.flat()].flatMap(templateUses);
}

function templateUses(row: Wire): readonly GroupUse[] {
  const id = row.need("LaunchTemplateId");
  const data = row.object("LaunchTemplateData");
  const groupIds = [
    ...(data?.texts("SecurityGroupIds") ?? []),
    ...(data?.texts("SecurityGroups") ?? []),
    ...(data?.list("NetworkInterfaces") ?? []).flatMap((networkInterface) => networkInterface.texts("Groups")),
  ];
  const what = `launch template ${row.text("LaunchTemplateName") ?? id}, version ${row.text("VersionNumber") ?? "?"}`;
  return unique(groupIds).map((groupId) => ({ groupId, kind: "launch-template", id, what }));
}

async function launchConfigurations(call: AwsCall): Promise<readonly GroupUse[]> {
  const parameters = { MaxRecords: scalingPageLimit };
  const rows = await call.pages("autoscaling", "DescribeLaunchConfigurations", parameters, "LaunchConfigurations");
  return rows.flatMap((row) => {
    const id = row.need("LaunchConfigurationName");
    return row.texts("SecurityGroups").map((groupId) => ({
      groupId,
      kind: "launch-configuration" as const,
      id,
      what: `launch configuration ${id}`,
    }));
  });
}

async function peerReferences(call: AwsCall, groupIds: readonly string[]): Promise<readonly GroupUse[]> {
  const pieces = await Promise.all(
    chunk(groupIds, filterLimit).map((piece) =>
      call.pages("ec2", "DescribeSecurityGroupReferences", { GroupId: [...piece] }, "SecurityGroupReferenceSet"),
    ),
  );
  return pieces.flat().map((row) => {
    const network = row.text("ReferencingVpcId") ?? "another network";
    const id = row.text("VpcPeeringConnectionId") ?? row.text("TransitGatewayId") ?? network;
    return { groupId: row.need("GroupId"), kind: "peer-reference", id, what: `a rule in ${network}, over ${id}` };
  });
}

async function associations(call: AwsCall, groupIds: readonly string[]): Promise<readonly GroupUse[]> {
  const rows = await filtered(
    call,
    "DescribeSecurityGroupVpcAssociations",
    "SecurityGroupVpcAssociations",
    "group-id",
    groupIds,
  );
  return rows
    .filter((row) => row.text("State") !== "disassociated")
    .map((row) => {
      const id = row.text("VpcId") ?? "another network";
      return { groupId: row.need("GroupId"), kind: "vpc-association", id, what: `an association with ${id}` };
    });
}

/** Largest page of ListResources (Resource Access Manager API reference, maxResults). */
const sharePageLimit = 500;

/** Groups of this account that Resource Access Manager shares with others, who may use them unseen. */
async function shares(call: AwsCall): Promise<readonly GroupUse[]> {
  const parameters = { resourceOwner: "SELF", resourceType: "ec2:SecurityGroup", maxResults: sharePageLimit };
  const rows = await call.pages("ram", "ListResources", parameters, "resources");
  return rows.map((row) => {
    const id = row.text("resourceShareArn") ?? "a resource share";
    const groupId = row.need("arn").split("/").at(-1) ?? "";
    return { groupId, kind: "share", id, what: `whoever it is shared with (${id})` };
  });
}

async function filtered(
  call: AwsCall,
  action: string,
  list: string,
  filter: string,
  values: readonly string[],
  extra: object = {},
): Promise<readonly Wire[]> {
  const pieces = await Promise.all(
    chunk(values, filterLimit).map((piece) =>
      call.pages(
        "ec2",
        action,
        { Filters: [{ Name: filter, Values: [...piece] }], MaxResults: pageLimit, ...extra },
        list,
      ),
    ),
  );
  return pieces.flat();
}
