import { chunk, mapConcurrent, unique } from "../../../src/batch.js";
import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { Wire } from "../../../src/wire.js";
import type { TencentCall } from "../call.js";
import { idLimit } from "../instances.js";
import { inPieces } from "../pieces.js";
import { type ProductCounts, readByGroups, readCounts } from "./group-counts.js";

/** Something that uses a security group. */
export interface GroupUse {
  readonly groupId: string;
  readonly kind: "instance" | "network-interface" | "product" | "launch-template" | "launch-configuration";
  readonly id: string;
  /** The instance behind it. Absent: the user is no instance that these credentials see. */
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

/** Values of one filter of DescribeInstances (cvm 2017-03-12). */
const filterValues = 5;
const templateConcurrency = 8;

const instanceSource = "cvm:DescribeInstances";
const interfaceSource = "vpc:DescribeNetworkInterfaces";
const statisticsSource = "vpc:DescribeSecurityGroupAssociationStatistics";
const configurationSource = "as:DescribeLaunchConfigurations";
const templateSource = "cvm:DescribeLaunchTemplates";
const versionSource = "cvm:DescribeLaunchTemplateVersions";

/** The APIs that are asked who uses a group. */
export const groupUserSources: readonly string[] = [
  instanceSource,
  interfaceSource,
  statisticsSource,
  configurationSource,
  templateSource,
  versionSource,
];

/**
 * Every user of these groups: instances (those in the recycle bin still hold theirs), interfaces of any owner, things
 * of all other products, launch configurations (also those of scaling groups that are empty now) and every version of
 * every launch template. The cloud counts users without naming them, so what it counts beyond what is listed is a user,
 * too. References from other groups are rules: see {@link readReferences}.
 */
export async function readGroupUsers(call: TencentCall, groupIds: readonly string[]): Promise<GroupUsers> {
  if (groupIds.length === 0) return { uses: [], unchecked: [] };
  const unchecked: { source: string; problem: Problem }[] = [];
  const attempt = async <T>(source: string, read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
      unchecked.push({ source, problem: error.problem });
      return undefined;
    }
  };
  const [instances, interfaces, counts, configurations, templates] = await Promise.all([
    attempt(instanceSource, () => instanceUses(call, groupIds)),
    attempt(interfaceSource, () => interfaceUses(call, groupIds)),
    attempt(statisticsSource, () => readAllCounts(call, groupIds)),
    attempt(configurationSource, () => configurationUses(call)),
    attempt(templateSource, () => call.pages("cvm", "DescribeLaunchTemplates", {}, templateList)),
  ]);
  const versions = await attempt(versionSource, () => templateUses(call, templates ?? []));
  const named = [instances, interfaces, configurations, versions].flatMap((uses) => uses ?? []);
  const listed = { CVM: instances, ENI: interfaces };
  const wanted = new Set(groupIds);
  return {
    uses: [...named, ...(counts ? countedUses(counts, listed) : [])].filter(({ groupId }) => wanted.has(groupId)),
    unchecked,
  };
}

/** The groups whose rules name each of these groups, the group itself left out. */
export async function readReferences(
  call: TencentCall,
  groupIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await readByGroups(call, groupIds, "DescribeSecurityGroupReferences", "ReferredSecurityGroupSet");
  return new Map(
    rows.map((row) => {
      const id = row.need("SecurityGroupId");
      return [id, row.needTexts("ReferredSecurityGroupIds").filter((other) => other !== id)];
    }),
  );
}

async function instanceUses(call: TencentCall, groupIds: readonly string[]): Promise<readonly GroupUse[]> {
  const pieces = await Promise.all(
    chunk(groupIds, filterValues).map((piece) => {
      const Filters = [{ Name: "security-group-id", Values: [...piece] }];
      return call.pages("cvm", "DescribeInstances", { Filters }, { field: "InstanceSet", id: "InstanceId" });
    }),
  );
  const rows = new Map(pieces.flat().map((row) => [row.need("InstanceId"), row]));
  return [...rows].flatMap(([id, row]) =>
    row
      .needTexts("SecurityGroupIds")
      .map((groupId): GroupUse => ({ groupId, kind: "instance", id, instanceId: id, what: `the instance ${id}` })),
  );
}

/** Secondary interfaces. A primary one has its instance's groups, and counts as its instance (recorded statistics). */
async function interfaceUses(call: TencentCall, groupIds: readonly string[]): Promise<readonly GroupUse[]> {
  const rows = await inPieces(groupIds, idLimit, (piece) => {
    const Filters = [
      { Name: "groups.security-group-id", Values: piece },
      { Name: "is-primary", Values: ["false"] },
    ];
    const list = { field: "NetworkInterfaceSet", id: "NetworkInterfaceId" };
    return call.pages("vpc", "DescribeNetworkInterfaces", { Filters }, list);
  });
  return rows.flatMap((row) => {
    const id = row.need("NetworkInterfaceId");
    const instanceId = row.object("Attachment")?.text("InstanceId");
    return row.needTexts("GroupSet").map(
      (groupId): GroupUse => ({
        groupId,
        kind: "network-interface",
        id,
        ...(instanceId === undefined ? {} : { instanceId }),
        what: `the interface ${id} ${instanceId === undefined ? "of nobody" : `of ${instanceId}`}`,
      }),
    );
  });
}

/** Counts of all these groups: one that is not told about could have any users. */
async function readAllCounts(call: TencentCall, groupIds: readonly string[]) {
  const counts = await readCounts(call, groupIds);
  const untold = groupIds.filter((id) => !counts.has(id));
  if (untold.length > 0) throw new DecommissionError(untoldGroups(untold));
  return counts;
}

/** What is counted and not listed: other products, and what these credentials do not see. */
function countedUses(
  counts: ReadonlyMap<string, ProductCounts>,
  listed: Readonly<Record<string, readonly GroupUse[] | undefined>>,
): readonly GroupUse[] {
  return [...counts].flatMap(([groupId, byProduct]) =>
    [...byProduct].flatMap(([product, count]): readonly GroupUse[] => {
      const seen = (listed[product] ?? []).filter((use) => use.groupId === groupId).length;
      const hidden = count - seen;
      if (hidden <= 0) return [];
      const many = Number.isFinite(hidden) ? `${hidden} ${product}` : `nobody knows how many ${product}`;
      const what = seen > 0 || product in listed ? `${many} that is not listed` : many;
      return [{ groupId, kind: "product", id: product, what }];
    }),
  );
}

async function configurationUses(call: TencentCall): Promise<readonly GroupUse[]> {
  const list = { field: "LaunchConfigurationSet", id: "LaunchConfigurationId" };
  const rows = await call.pages("as", "DescribeLaunchConfigurations", {}, list);
  return rows.flatMap((row) => {
    const id = row.need("LaunchConfigurationId");
    const what = `the launch configuration ${row.text("LaunchConfigurationName") ?? id}`;
    return row
      .needTexts("SecurityGroupIds")
      .map((groupId): GroupUse => ({ groupId, kind: "launch-configuration", id, what }));
  });
}

const templateList = { field: "LaunchTemplateSet", id: "LaunchTemplateId" } as const;

async function templateUses(call: TencentCall, templates: readonly Wire[]): Promise<readonly GroupUse[]> {
  const found = await mapConcurrent(templates, templateConcurrency, async (template) => {
    const id = template.need("LaunchTemplateId");
    // Versions above 30 are left out unless they are asked for ("MaxVersion", cvm 2017-03-12).
    const parameters = { LaunchTemplateId: id, MaxVersion: template.number("LatestVersionNumber") };
    const list = { field: "LaunchTemplateVersionSet", id: "LaunchTemplateVersion" };
    const versions = await call.pages("cvm", "DescribeLaunchTemplateVersions", parameters, list);
    const groupIds = versions.flatMap(
      (version) => version.object("LaunchTemplateVersionData")?.texts("SecurityGroupIds") ?? [],
    );
    const what = `the launch template ${template.text("LaunchTemplateName") ?? id}`;
    return unique(groupIds).map((groupId): GroupUse => ({ groupId, kind: "launch-template", id, what }));
  });
  return found.flat();
}

function untoldGroups(groupIds: readonly string[]): Problem {
  return {
    code: "service",
    message: `${statisticsSource} does not say who uses ${groupIds.join(", ")}.`,
    hint: "Try again; if it stays so, look at the group in the console.",
    cloud: "tencent",
  };
}
