import { DecommissionError } from "../../src/errors.js";
import type { Wire } from "../../src/wire.js";

/** How a listing is paged. Every one sends its largest page: left alone they answer 10 rows, whatever was asked for. */
type Paging =
  | { readonly by: "token"; readonly size: "MaxResults" | "MaxResult"; readonly most: number }
  | {
      readonly by: "number";
      readonly page: string;
      readonly size: string;
      readonly most: number;
      /** Where the total stands, if not beside the rows. */
      readonly total?: string;
    }
  | { readonly by: "nothing" };

interface Listing {
  /** Where its rows stand: the older services wrap each list twice. */
  readonly rows: string;
  readonly paging: Paging;
}

const tokens = (rows: string, most: number): Listing => ({ rows, paging: { by: "token", size: "MaxResults", most } });
const numbers = (rows: string, most: number): Listing => ({
  rows,
  paging: { by: "number", page: "PageNumber", size: "PageSize", most },
});
const whole = (rows: string): Listing => ({ rows, paging: { by: "nothing" } });

/** Every listing this adapter reads, with its largest page (request models of the SDKs). */
const listings: Readonly<Record<string, Listing>> = {
  "ecs:DescribeInstances": tokens("Instances.Instance", 100),
  "ecs:DescribeDisks": tokens("Disks.Disk", 500),
  "ecs:DescribeDisksFullStatus": numbers("DiskFullStatusSet.DiskFullStatusType", 100),
  "ecs:DescribeNetworkInterfaces": tokens("NetworkInterfaceSets.NetworkInterfaceSet", 500),
  "ecs:DescribeSnapshots": tokens("Snapshots.Snapshot", 100),
  "ecs:DescribeSnapshotGroups": tokens("SnapshotGroups.SnapshotGroup", 100),
  "ecs:DescribeSecurityGroups": tokens("SecurityGroups.SecurityGroup", 100),
  "ecs:DescribeSecurityGroupAttribute": tokens("Permissions.Permission", 1000),
  "ecs:DescribeSecurityGroupReferences": whole("SecurityGroupReferences.SecurityGroupReference"),
  "ecs:DescribeImages": numbers("Images.Image", 100),
  "ecs:DescribeInstancesFullStatus": numbers("InstanceFullStatusSet.InstanceFullStatusType", 100),
  "ecs:DescribeInstanceRamRole": numbers("InstanceRamRoleSets.InstanceRamRoleSet", 50),
  "ecs:DescribeInstanceAttachmentAttributes": numbers("Instances.Instance", 100),
  "ecs:DescribeInstanceAutoRenewAttribute": numbers("InstanceRenewAttributes.InstanceRenewAttribute", 100),
  "ecs:DescribePrefixLists": tokens("PrefixLists.PrefixList", 100),
  "ecs:DescribePrefixListAttributes": whole("Entries.Entry"),
  "ecs:DescribePrefixListAssociations": tokens("PrefixListAssociations.PrefixListAssociation", 100),
  "ecs:DescribeReservedInstances": numbers("ReservedInstances.ReservedInstance", 100),
  "ecs:DescribeLaunchTemplates": numbers("LaunchTemplateSets.LaunchTemplateSet", 50),
  "ecs:DescribeLaunchTemplateVersions": numbers("LaunchTemplateVersionSets.LaunchTemplateVersionSet", 50),
  "ecs:ListTagResources": tokens("TagResources.TagResource", 50),
  "vpc:DescribeVpcs": numbers("Vpcs.Vpc", 50),
  "vpc:DescribeEipAddresses": numbers("EipAddresses.EipAddress", 100),
  "vpc:DescribeRouteTableList": numbers("RouterTableList.RouterTableListType", 50),
  "vpc:DescribeRouteEntryList": {
    rows: "RouteEntrys.RouteEntry",
    // Without the plural, here alone.
    paging: { by: "token", size: "MaxResult", most: 100 },
  },
  "vpc:DescribeNatGateways": numbers("NatGateways.NatGateway", 50),
  "vpc:DescribeForwardTableEntries": numbers("ForwardTableEntries.ForwardTableEntry", 50),
  "vpc:DescribeSnatTableEntries": numbers("SnatTableEntries.SnatTableEntry", 50),
  "vpc:DescribeHaVips": numbers("HaVips.HaVip", 50),
  "vpcpeer:ListVpcPeerConnections": tokens("VpcPeerConnects", 100),
  "slb:DescribeLoadBalancers": numbers("LoadBalancers.LoadBalancer", 100),
  "slb:DescribeVServerGroups": whole("VServerGroups.VServerGroup"),
  "slb:DescribeVServerGroupAttribute": whole("BackendServers.BackendServer"),
  "slb:DescribeMasterSlaveServerGroups": whole("MasterSlaveServerGroups.MasterSlaveServerGroup"),
  "slb:DescribeMasterSlaveServerGroupAttribute": whole("MasterSlaveBackendServers.MasterSlaveBackendServer"),
  "slb:DescribeLoadBalancerAttribute": whole("BackendServers.BackendServer"),
  "slb:DescribeHealthStatus": whole("BackendServers.BackendServer"),
  "alb:ListServerGroupServers": tokens("Servers", 100),
  "alb:ListServerGroups": tokens("ServerGroups", 100),
  "nlb:ListServerGroupServers": tokens("Servers", 100),
  "nlb:ListServerGroups": tokens("ServerGroups", 100),
  "gwlb:ListServerGroupServers": tokens("Servers", 1000),
  "gwlb:ListServerGroups": tokens("ServerGroups", 100),
  "ess:DescribeScalingInstances": numbers("ScalingInstances", 100),
  "ess:DescribeScalingGroups": numbers("ScalingGroups", 50),
  "ess:DescribeScalingConfigurations": numbers("ScalingConfigurations", 50),
  "ess:DescribeScalingActivities": numbers("ScalingActivities", 50),
  "rds:DescribeDBInstances": tokens("Items.DBInstance", 100),
  "kvstore:DescribeInstances": numbers("Instances.KVStoreInstance", 50),
  "dds:DescribeDBInstances": numbers("DBInstances.DBInstance", 100),
  "polardb:DescribeDBClusters": numbers("Items.DBCluster", 100),
  "alidns:DescribeDomains": numbers("Domains.Domain", 100),
  "alidns:DescribeDomainRecords": numbers("DomainRecords.Record", 500),
  "pvtz:DescribeZones": numbers("Zones.Zone", 100),
  "pvtz:DescribeZoneRecords": numbers("Records.Record", 100),
  "cms:DescribeMetricRuleList": {
    rows: "Alarms.Alarm",
    paging: { by: "number", page: "Page", size: "PageSize", most: 100 },
  },
  "cms:DescribeMonitorGroups": numbers("Resources.Resource", 100),
  "cms:DescribeMonitorGroupInstances": numbers("Resources.Resource", 100),
  "hbr:DescribePolicyBindings": tokens("PolicyBindings", 100),
  "hbr:DescribeBackupJobs2": numbers("BackupJobs.BackupJob", 99),
  "nas:DescribeFileSystems": numbers("FileSystems.FileSystem", 100),
  "nas:DescribeMountedClients": numbers("Clients.Client", 100),
  "cs:DescribeClustersForRegion": {
    rows: "clusters",
    // No largest page is told; the official tools ask for so many.
    paging: { by: "number", page: "page_number", size: "page_size", most: 50, total: "page_info.total_count" },
  },
  "cs:DescribeClusterNodes": {
    rows: "nodes",
    paging: { by: "number", page: "pageNumber", size: "pageSize", most: 100, total: "page.total_count" },
  },
  "bss:QuerySavingsPlansInstance": {
    rows: "Data.Items",
    // No largest page is told; this is the one of its example.
    paging: { by: "number", page: "PageNum", size: "PageSize", most: 20, total: "Data.TotalCount" },
  },
};

/** Sends one request of a listing. */
export type ReadPage = (paging: Readonly<Record<string, unknown>>) => Promise<Wire>;

/** One page of a listing. */
export interface ListingPage {
  readonly rows: readonly Wire[];
  /** Nothing follows. */
  readonly last: boolean;
  /** The total is another than before: rows came or went, and may have shifted from one page to the next. */
  readonly changed: boolean;
}

/** The pages of a listing, each read when it is asked for. */
export function pagesOf(
  api: string,
  read: ReadPage,
  atMost = Number.POSITIVE_INFINITY,
): AsyncGenerator<ListingPage, void, undefined> {
  const listing = listings[api];
  if (!listing) throw new TypeError(`Nothing is known of how ${api} lists.`);
  const { rows, paging } = listing;
  switch (paging.by) {
    case "nothing":
      return wholeListing(read, rows);
    case "token":
      return pagesByToken(api, read, rows, paging);
    case "number":
      return pagesByNumber(read, rows, paging, atMost);
  }
}

/** Lists are read again when their total changes between two pages. */
const mostReadings = 3;

/**
 * All rows of a listing. `atMost`: how many there can be, where they were asked for by id; a full page is then not
 * followed by another one that can only be empty.
 */
export async function readListing(api: string, read: ReadPage, atMost?: number): Promise<readonly Wire[]> {
  for (let reading = 0; reading < mostReadings; reading++) {
    const all: Wire[] = [];
    let steady = true;
    for await (const page of pagesOf(api, read, atMost)) {
      all.push(...page.rows);
      steady = !page.changed;
      if (page.changed) break;
    }
    if (steady) return all;
  }
  throw new DecommissionError({
    code: "service",
    message: `${api} kept changing while it was read.`,
    hint: "Try again when fewer things come and go.",
    cloud: "aliyun",
  });
}

async function* wholeListing(read: ReadPage, rows: string): AsyncGenerator<ListingPage, void, undefined> {
  yield { rows: rowsOf(await read({}), rows), last: true, changed: false };
}

async function* pagesByToken(
  api: string,
  read: ReadPage,
  rows: string,
  { size, most }: Extract<Paging, { readonly by: "token" }>,
): AsyncGenerator<ListingPage, void, undefined> {
  const seen = new Set<string>();
  for (let token: string | undefined; ; ) {
    const body = await read({ [size]: most, ...(token === undefined ? {} : { NextToken: token }) });
    token = body.text("NextToken");
    yield { rows: rowsOf(body, rows), last: token === undefined, changed: false };
    if (token === undefined) return;
    if (seen.has(token)) throw samePageTwice(api);
    seen.add(token);
  }
}

/** Half a list never looks whole: a token that comes twice would never end. */
function samePageTwice(api: string): DecommissionError {
  return new DecommissionError({
    code: "service",
    message: `${api} answered the same page twice.`,
    hint: "Try again later; the listing could not be read to its end.",
    cloud: "aliyun",
  });
}

async function* pagesByNumber(
  read: ReadPage,
  rows: string,
  { page: name, size, most, total: where }: Extract<Paging, { readonly by: "number" }>,
  atMost: number,
): AsyncGenerator<ListingPage, void, undefined> {
  let count = 0;
  let first: number | undefined;
  for (let page = 1; ; page++) {
    const body = await read({ [name]: page, [size]: most });
    const items = rowsOf(body, rows);
    count += items.length;
    const total = where === undefined ? totalOf(body) : numberAt(body, where);
    first ??= total;
    // A total can be wrong (recorded DescribeInstances of csi), so a full page is never the last by its word alone.
    const short = items.length < most && (total === undefined || count >= total);
    const last = items.length === 0 || short || count >= atMost;
    yield { rows: items, last, changed: total !== first };
    if (last) return;
  }
}

/** Totals are told under four names. */
function totalOf(body: Wire): number | undefined {
  return ["TotalCount", "TotalItems", "TotalRecordCount", "Total"]
    .map((name) => body.number(name))
    .find((count) => count !== undefined);
}

function numberAt(body: Wire, path: string): number | undefined {
  const [outer = "", inner = ""] = path.split(".");
  return body.object(outer)?.number(inner);
}

/** The rows under a path such as `Instances.Instance`. Every service sends the list, also an empty one. */
export function rowsOf(body: Wire, path: string): readonly Wire[] {
  const [outer = "", inner] = path.split(".");
  if (inner === undefined) return body.needList(outer);
  const wrapper = body.object(outer);
  // Asked on the body where the wrapper is missing, for the message names what is not there.
  return wrapper ? wrapper.needList(inner) : body.needList(outer);
}

/** A list within a row, which some answers leave out: `Tags.Tag`, `Attachments.Attachment`. */
export function innerList(row: Wire, path: string): readonly Wire[] {
  const [outer = "", inner] = path.split(".");
  return inner === undefined ? row.list(outer) : (row.object(outer)?.list(inner) ?? []);
}

/** A list of texts within a row: `SecurityGroupIds.SecurityGroupId`. Empty ones are none. */
export function innerTexts(row: Wire, path: string): readonly string[] {
  const [outer = "", inner] = path.split(".");
  const texts = inner === undefined ? row.texts(outer) : (row.object(outer)?.texts(inner) ?? []);
  return texts.filter((text) => text !== "");
}

/** A list of texts that every row has: a row without it is broken, and must not pass for one that has none. */
export function needInnerTexts(row: Wire, path: string): readonly string[] {
  const [outer = "", inner = ""] = path.split(".");
  return (row.object(outer) ?? row).needTexts(row.has(outer) ? inner : outer).filter((text) => text !== "");
}

/** Tags as a plain object: `TagKey` and `TagValue` in most lists, `Key` and `Value` in some. */
export function tagsOf(row: Wire): Readonly<Record<string, string>> {
  return Object.fromEntries(
    innerList(row, "Tags.Tag").map((tag) => [
      tag.text("TagKey") ?? tag.need("Key"),
      tag.text("TagValue") ?? tag.text("Value") ?? "",
    ]),
  );
}
