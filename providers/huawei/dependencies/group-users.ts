import { unique } from "../../../src/batch.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { readNetwork, readPorts } from "../listings.js";
import { type Database, readDatabases } from "./databases.js";
import { type FileSystem, readFileSystems } from "./file-systems.js";
import { readScalingGroups, type ScalingGroup, scalingPageLimit } from "./scaling-groups.js";

/** Something that uses a security group. */
export interface GroupUse {
  readonly groupId: string;
  readonly kind:
    | "network-interface"
    | "sub-interface"
    | "launch-template"
    | "scaling-configuration"
    | "scaling-group"
    | "database"
    | "file-system";
  readonly id: string;
  /** The server behind an interface. Absent: the user is no server of this project. */
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
  readonly databases?: () => Promise<readonly Database[]>;
  readonly fileSystems?: () => Promise<readonly FileSystem[]>;
  readonly subInterfaces?: () => Promise<readonly Wire[]>;
}

/** A server that is known to be in a group, by its own word. */
export interface KnownMember {
  readonly groupId: string;
  readonly instanceId: string;
}

/** The groups that living servers say they are in. */
export function knownMembers(records: readonly InstanceRecord[]): readonly KnownMember[] {
  const living = records.filter(({ state }) => state.unified === "running" || state.unified === "stopped");
  return living.flatMap(({ id, securityGroupIds }) => securityGroupIds.map((groupId) => ({ groupId, instanceId: id })));
}

/**
 * Every user of these groups: ports of any owner, the supplementary interfaces behind them, launch templates, scaling
 * groups and configurations (also those of groups that are empty now), databases and file systems, whose ports need not
 * show. VPC counts no users. References from other groups are rules: see `readAllRules`. Servers that are `known` to be in
 * the groups are the control of the ports (S01): a listing that leaves out one of them may leave out anybody.
 */
export async function readGroupUsers(
  call: HuaweiCall,
  groupIds: readonly string[],
  known: readonly KnownMember[],
  reads: GroupUserReads = {},
): Promise<GroupUsers> {
  if (groupIds.length === 0) return { uses: [], unchecked: [] };
  const context: UserContext = {
    call,
    groupIds,
    scalingGroups: reads.scalingGroups ?? (() => readScalingGroups(call)),
    databases: reads.databases ?? (() => readDatabases(call)),
    fileSystems: reads.fileSystems ?? (() => readFileSystems(call)),
    subInterfaces: reads.subInterfaces ?? (() => readSubInterfaces(call)),
  };
  const answers = await Promise.all(
    Object.entries(sources).map(async ([source, read]) => {
      try {
        return { uses: await read(context), unchecked: [] };
      } catch (error) {
        if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
        // A service that the region does not have uses no group there.
        return { uses: [], unchecked: error.code === "unsupported" ? [] : [{ source, problem: error.problem }] };
      }
    }),
  );
  const wanted = new Set(groupIds);
  const uses = answers.flatMap((answer) => answer.uses).filter(({ groupId }) => wanted.has(groupId));
  const unchecked = answers.flatMap((answer) => answer.unchecked);
  const unseen = known.find(({ groupId, instanceId }) => wanted.has(groupId) && !shows(uses, groupId, instanceId));
  if (!unseen || unchecked.some(({ source }) => source === portSource)) return { uses, unchecked };
  return { uses, unchecked: [...unchecked, { source: portSource, problem: hidden(unseen) }] };
}

const portSource = "vpc:ListPorts";

function shows(uses: readonly GroupUse[], groupId: string, instanceId: string): boolean {
  return uses.some((use) => use.groupId === groupId && use.instanceId === instanceId);
}

function hidden({ groupId, instanceId }: KnownMember): Problem {
  return {
    code: "service",
    message: `The ports of ${groupId} do not show ${instanceId}, which is in it: others may be left out, too.`,
    hint: "Grant vpc:ports:list for the whole project, or try again in a minute.",
    cloud: "huawei",
    instanceIds: [instanceId],
  };
}

interface UserContext extends Required<GroupUserReads> {
  readonly call: HuaweiCall;
  readonly groupIds: readonly string[];
}

type UserSource = (context: UserContext) => Promise<readonly GroupUse[]>;

const sources: Readonly<Record<string, UserSource>> = {
  [portSource]: ports,
  "vpc:ListSubNetworkInterfaces": subInterfaces,
  "ecs:ListLaunchTemplateVersions": launchTemplates,
  "as:ListScalingGroups": scalingGroups,
  "as:ListScalingConfigs": scalingConfigurations,
  "rds:ListInstances": databases,
  "sfs-turbo:ListShares": fileSystems,
};

/** The APIs that are asked who uses a group. */
export const groupUserSources: readonly string[] = Object.keys(sources);

/** The filter takes several groups; a port is asked for by all of them at once and names its own. */
async function ports({ call, groupIds }: UserContext): Promise<readonly GroupUse[]> {
  const found = await readPorts(call, { security_groups: [...groupIds] });
  return found.flatMap(({ id, deviceId, owner, name, securityGroupIds }) => {
    const instanceId = owner.startsWith("compute:") ? deviceId : undefined;
    const user =
      instanceId === undefined
        ? `(${[owner, name].filter((text) => text !== "").join(", ") || "free"})`
        : `of ${instanceId}`;
    return securityGroupIds.map(
      (groupId): GroupUse => ({
        groupId,
        kind: "network-interface",
        id,
        ...(instanceId === undefined ? {} : { instanceId }),
        what: `port ${id} ${user}`,
      }),
    );
  });
}

/** Supplementary interfaces of the whole project: their listing has no filter for groups. */
export async function readSubInterfaces(call: HuaweiCall): Promise<readonly Wire[]> {
  return await readNetwork(call, "GET /v3/{project_id}/vpc/sub-network-interfaces", "sub_network_interfaces");
}

/** Supplementary interfaces, of containers mostly, have groups of their own. */
async function subInterfaces(context: UserContext): Promise<readonly GroupUse[]> {
  const rows = await context.subInterfaces();
  return rows.flatMap((row) => {
    const id = row.need("id");
    const parent = row.text("parent_device_id") ?? row.text("parent_id") ?? "a port";
    return row.needTexts("security_groups").map(
      (groupId): GroupUse => ({
        groupId,
        kind: "sub-interface",
        id,
        what: `supplementary interface ${id} of ${parent}`,
      }),
    );
  });
}

/** Largest page of launch template versions (limit). */
const templatePageLimit = 100;

/** Every version counts: a scaling group or a script can name any of them. */
async function launchTemplates({ call }: UserContext): Promise<readonly GroupUse[]> {
  const list = { field: "launch_template_versions", id: "version_id", limit: templatePageLimit };
  const rows = await call.pages("ecs", "GET /v3/{project_id}/launch-template-versions", {}, list);
  return rows.flatMap((row) => {
    const id = row.need("launch_template_id");
    const what = `launch template ${id}, version ${row.text("version_number") ?? "?"}`;
    const groupIds = row.object("template_data")?.texts("security_group_ids") ?? [];
    return unique(groupIds).map((groupId): GroupUse => ({ groupId, kind: "launch-template", id, what }));
  });
}

async function scalingGroups(context: UserContext): Promise<readonly GroupUse[]> {
  return (await context.scalingGroups()).flatMap(({ id, name, securityGroupIds }) =>
    securityGroupIds.map((groupId): GroupUse => ({ groupId, kind: "scaling-group", id, what: `AS group ${name}` })),
  );
}

async function scalingConfigurations({ call }: UserContext): Promise<readonly GroupUse[]> {
  const list = {
    field: "scaling_configurations",
    id: "scaling_configuration_id",
    limit: scalingPageLimit,
    by: "start_number",
  } as const;
  const rows = await call.pages("as", "GET /autoscaling-api/v1/{project_id}/scaling_configuration", {}, list);
  return rows.flatMap((row) => {
    const id = row.need("scaling_configuration_id");
    const what = `AS configuration ${row.text("scaling_configuration_name") ?? id}`;
    return (row.object("instance_config")?.list("security_groups") ?? []).map(
      (group): GroupUse => ({ groupId: group.need("id"), kind: "scaling-configuration", id, what }),
    );
  });
}

async function databases(context: UserContext): Promise<readonly GroupUse[]> {
  return (await context.databases()).flatMap(({ id, name, groupIds }) =>
    groupIds.map((groupId): GroupUse => ({ groupId, kind: "database", id, what: `database ${name || id}` })),
  );
}

async function fileSystems(context: UserContext): Promise<readonly GroupUse[]> {
  return (await context.fileSystems()).flatMap(({ id, name, groupIds }) =>
    groupIds.map((groupId): GroupUse => ({ groupId, kind: "file-system", id, what: `file system ${name || id}` })),
  );
}
