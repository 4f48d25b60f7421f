import { chunk, mapConcurrent, unique } from "../../../src/batch.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { Wire } from "../../../src/wire.js";
import type { AliyunCall } from "../call.js";
import { type Controls, openControls } from "../controls.js";
import { innerList, innerTexts, needInnerTexts } from "../listings.js";
import { type Cluster, readClusters } from "./clusters.js";
import {
  type DatabaseAccess,
  type DatabaseEngine,
  databaseEngines,
  groupSourceOf,
  openDatabases,
} from "./databases.js";

/** Something that uses a security group. */
export interface GroupUse {
  readonly groupId: string;
  readonly kind:
    | "instance"
    | "network-interface"
    | "launch-template"
    | "scaling-configuration"
    | "database"
    | "cluster"
    | "foreign-reference";
  readonly id: string;
  /** The instance that uses it. Absent: the user is no instance of this account. */
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
  readonly databases?: (engine: DatabaseEngine) => DatabaseAccess;
  readonly clusters?: () => Promise<readonly Cluster[]>;
  readonly controls?: Controls;
}

/**
 * Every user of these groups: instances by their primary interfaces, interfaces of any owner, launch templates and
 * scaling configurations (also those of groups that are empty now), databases, clusters, and rules of other accounts. No
 * one API tells, and the counts of DescribeSecurityGroups are deprecated. References from groups of this account are rules.
 */
export async function readGroupUsers(
  call: AliyunCall,
  groupIds: readonly string[],
  reads: GroupUserReads = {},
): Promise<GroupUsers> {
  if (groupIds.length === 0) return { uses: [], unchecked: [] };
  const wanted = new Set(groupIds);
  const services: UserServices = {
    databases: reads.databases ?? ((engine) => openDatabases(call, engine)),
    clusters: reads.clusters ?? (() => readClusters(call)),
  };
  const controls = reads.controls ?? openControls(call);
  const answers = await Promise.all(
    Object.entries(sources).map(async ([source, read]) => {
      try {
        const uses = await read(call, groupIds, services);
        // S01: "nobody" counts only where somebody would be seen.
        if (uses.length > 0 || (await controls(source.split(":")[0] ?? ""))) return { uses, unchecked: [] };
        return { uses, unchecked: [{ source, problem: nothingSeen(source) }] };
      } catch (error) {
        if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
        return { uses: [], unchecked: [{ source, problem: error.problem }] };
      }
    }),
  );
  return {
    uses: answers.flatMap(({ uses }) => uses).filter(({ groupId }) => wanted.has(groupId)),
    unchecked: answers.flatMap(({ unchecked }) => unchecked),
  };
}

function nothingSeen(source: string): Problem {
  return {
    code: "not-found",
    message: `${source} answered with nothing, and nothing shows that this principal would see a row if there were one.`,
    hint: "Use credentials that may list the whole account.",
    cloud: "aliyun",
  };
}

type UserServices = Required<Pick<GroupUserReads, "databases" | "clusters">>;

type UserSource = (
  call: AliyunCall,
  groupIds: readonly string[],
  services: UserServices,
) => Promise<readonly GroupUse[]>;

const sources: Readonly<Record<string, UserSource>> = {
  "ecs:DescribeInstances": instances,
  "ecs:DescribeNetworkInterfaces": interfaces,
  "ecs:DescribeLaunchTemplateVersions": launchTemplates,
  "ess:DescribeScalingConfigurations": scalingConfigurations,
  "ecs:DescribeSecurityGroupReferences": foreignReferences,
  ...Object.fromEntries(databaseEngines.map((engine) => [groupSourceOf(engine), databasesOf(engine)])),
  "cs:DescribeClustersForRegion": clusters,
};

/** The APIs that are asked who uses a group. */
export const groupUserSources: readonly string[] = Object.keys(sources);

/** Reads at a time, where each is about one group or template. */
const concurrency = 5;

/** `SecurityGroupId` of DescribeInstances looks at primary interfaces, that of DescribeNetworkInterfaces at the others. */
async function instances(call: AliyunCall, groupIds: readonly string[]): Promise<readonly GroupUse[]> {
  const found = await mapConcurrent(groupIds, concurrency, async (groupId) => {
    const rows = await call.pages("ecs", "DescribeInstances", { SecurityGroupId: groupId });
    return rows.map((row): GroupUse => {
      const id = row.need("InstanceId");
      return { groupId, kind: "instance", id, instanceId: id, what: `instance ${id}` };
    });
  });
  return found.flat();
}

/** The whole listing, which shows interfaces of both types and of any service, rather than one request a group. */
async function interfaces(call: AliyunCall): Promise<readonly GroupUse[]> {
  const rows = await call.pages("ecs", "DescribeNetworkInterfaces");
  return rows.flatMap((row) => {
    const id = row.need("NetworkInterfaceId");
    const instanceId = row.text("InstanceId");
    // An interface always says its groups; one that does not would pass for a user of none.
    return needInnerTexts(row, "SecurityGroupIds.SecurityGroupId").map(
      (groupId): GroupUse => ({
        groupId,
        kind: "network-interface",
        id,
        ...(instanceId === undefined ? {} : { instanceId }),
        what: `interface ${id} ${userOf(row, instanceId)}`,
      }),
    );
  });
}

function userOf(row: Wire, instanceId: string | undefined): string {
  if (instanceId !== undefined) return `of ${instanceId}`;
  const description = row.text("Description");
  const owner = row.flag("ServiceManaged") === true ? "of a service" : "of nobody's instance";
  return description === undefined ? owner : `${owner} (${description})`;
}

/** Every version counts: a scaling group can name any of them. */
async function launchTemplates(call: AliyunCall): Promise<readonly GroupUse[]> {
  const templates = await call.pages("ecs", "DescribeLaunchTemplates");
  const versions = await mapConcurrent(templates, concurrency, (template) =>
    call.pages("ecs", "DescribeLaunchTemplateVersions", { LaunchTemplateId: template.need("LaunchTemplateId") }),
  );
  return versions.flat().flatMap(templateUses);
}

function templateUses(row: Wire): readonly GroupUse[] {
  const id = row.need("LaunchTemplateId");
  const data = row.object("LaunchTemplateData");
  if (!data) return [];
  const what = `launch template ${row.text("LaunchTemplateName") ?? id}, version ${row.text("VersionNumber") ?? "?"}`;
  const cards = innerList(data, "NetworkInterfaces.NetworkInterface");
  return unique([data, ...cards].flatMap(groupsNamedBy)).map((groupId) => ({
    groupId,
    kind: "launch-template",
    id,
    what,
  }));
}

/** One group stands in the older field, several in the newer. */
function groupsNamedBy(row: Wire): readonly string[] {
  const one = row.text("SecurityGroupId");
  return [...(one === undefined ? [] : [one]), ...innerTexts(row, "SecurityGroupIds.SecurityGroupId")];
}

async function scalingConfigurations(call: AliyunCall): Promise<readonly GroupUse[]> {
  const rows = await call.pages("ess", "DescribeScalingConfigurations");
  return rows.flatMap((row) => {
    const id = row.need("ScalingConfigurationId");
    const one = row.text("SecurityGroupId");
    const what = `scaling configuration ${id} of ${row.text("ScalingGroupId") ?? "a scaling group"}`;
    return unique([...(one === undefined ? [] : [one]), ...row.texts("SecurityGroupIds")]).map(
      (groupId): GroupUse => ({ groupId, kind: "scaling-configuration", id, what }),
    );
  });
}

/** Groups of one DescribeSecurityGroupReferences (its request model). */
const groupsPerRequest = 10;

/** Groups of other accounts whose rules name ours. Those of this account are rules that a release deals with. */
async function foreignReferences(call: AliyunCall, groupIds: readonly string[]): Promise<readonly GroupUse[]> {
  const pieces = await Promise.all(
    chunk(groupIds, groupsPerRequest).map((piece) =>
      call.pages("ecs", "DescribeSecurityGroupReferences", { SecurityGroupId: [...piece] }),
    ),
  );
  return pieces.flat().flatMap((row) => {
    const groupId = row.need("SecurityGroupId");
    // Two lists deep. The page's own examples leave a level out; an answer of that shape must not pass for "nobody".
    const naming = row.object("ReferencingSecurityGroups");
    const references = naming ? naming.needList("ReferencingSecurityGroup") : row.needList("ReferencingSecurityGroups");
    return references
      .filter((reference) => reference.text("AliUid") !== call.scope.accountId)
      .map((reference): GroupUse => {
        const id = reference.need("SecurityGroupId");
        const account = reference.text("AliUid") ?? "unknown";
        return { groupId, kind: "foreign-reference", id, what: `rules of group ${id} of account ${account}` };
      });
  });
}

function databasesOf(engine: DatabaseEngine): UserSource {
  return async (_call, _ids, { databases }) =>
    (await databases(engine).groups()).map(({ database, groupId }) => ({
      groupId,
      kind: "database",
      id: database.id,
      what: `database ${database.name ?? database.id}`,
    }));
}

/** The group that a cluster was made with, or was given: it needs it also while it has no node. */
async function clusters(_call: AliyunCall, _ids: readonly string[], services: UserServices) {
  return (await services.clusters()).flatMap(({ id, name, securityGroupId }): readonly GroupUse[] =>
    securityGroupId === undefined ? [] : [{ groupId: securityGroupId, kind: "cluster", id, what: `cluster ${name}` }],
  );
}
