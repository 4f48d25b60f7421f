import { isoNow } from "../../src/clock.js";
import type { DependencySource } from "../../src/coverage.js";
import type { ControlRead } from "../../src/dependencies.js";
import { DecommissionError } from "../../src/errors.js";
import { lazy } from "../../src/lazy.js";
import { controlRead } from "./absent.js";
import type { AliyunCall } from "./call.js";
import { innerList, rowsOf } from "./listings.js";

/** S01: an empty answer of a service that may hide rows gets its control, where there is one. */
export function withControls<Context>(row: DependencySource<Context>, controls: Controls): DependencySource<Context> {
  if (!row.hidesRows) return row;
  const [service = ""] = row.source.split(":");
  return {
    ...row,
    read: async (context) => {
      const findings = await row.read(context);
      if (findings.edges.length > 0 || findings.partial) return findings;
      const control = await controls(service);
      return control ? { ...findings, control } : findings;
    },
  };
}

/** Answers what shows that an empty answer of a service means "none"; `undefined` where nothing does. */
export type Controls = (service: string) => Promise<ControlRead | undefined>;

/** A listing with something to see in most accounts, its first page, and where the id of a row stands. */
interface RowRead {
  readonly action: string;
  readonly page: Readonly<Record<string, number>>;
  readonly rows: string;
  readonly id: string;
}

const numbered = { PageNumber: 1, PageSize: 10 };
const firstPage = { MaxResults: 10 };

const rowReads: Readonly<Record<string, RowRead>> = {
  vpc: { action: "DescribeVpcs", page: numbered, rows: "Vpcs.Vpc", id: "VpcId" },
  slb: { action: "DescribeLoadBalancers", page: numbered, rows: "LoadBalancers.LoadBalancer", id: "LoadBalancerId" },
  alb: { action: "ListServerGroups", page: firstPage, rows: "ServerGroups", id: "ServerGroupId" },
  nlb: { action: "ListServerGroups", page: firstPage, rows: "ServerGroups", id: "ServerGroupId" },
  gwlb: { action: "ListServerGroups", page: firstPage, rows: "ServerGroups", id: "ServerGroupId" },
  ess: { action: "DescribeScalingGroups", page: numbered, rows: "ScalingGroups", id: "ScalingGroupId" },
  rds: { action: "DescribeDBInstances", page: firstPage, rows: "Items.DBInstance", id: "DBInstanceId" },
  kvstore: { action: "DescribeInstances", page: numbered, rows: "Instances.KVStoreInstance", id: "InstanceId" },
  alidns: { action: "DescribeDomains", page: numbered, rows: "Domains.Domain", id: "DomainName" },
  pvtz: { action: "DescribeZones", page: numbered, rows: "Zones.Zone", id: "ZoneId" },
  cms: { action: "DescribeMetricRuleList", page: { Page: 1, PageSize: 10 }, rows: "Alarms.Alarm", id: "RuleId" },
  hbr: { action: "DescribePolicyBindings", page: firstPage, rows: "PolicyBindings", id: "PolicyBindingId" },
  cs: {
    action: "DescribeClustersForRegion",
    page: { page_number: 1, page_size: 10 },
    rows: "clusters",
    id: "cluster_id",
  },
  // Its pages have 30, 50 or 100 rows, and those of PolarDB, too.
  dds: {
    action: "DescribeDBInstances",
    page: { PageNumber: 1, PageSize: 30 },
    rows: "DBInstances.DBInstance",
    id: "DBInstanceId",
  },
  polardb: {
    action: "DescribeDBClusters",
    page: { PageNumber: 1, PageSize: 30 },
    rows: "Items.DBCluster",
    id: "DBClusterId",
  },
  nas: { action: "DescribeFileSystems", page: numbered, rows: "FileSystems.FileSystem", id: "FileSystemId" },
};

/** `instanceId`: an instance of the region that was seen, which is a row of ECS. Without one a row is looked for. */
export function openControls(call: AliyunCall, instanceId?: string): Controls {
  const policies = lazy(() => attachedPolicies(call));
  const byService = new Map<string, Promise<ControlRead | undefined>>();
  return (service) => {
    const known = byService.get(service);
    if (known !== undefined) return known;
    const asked = controlOf(call, service, instanceId, policies);
    byService.set(service, asked);
    return asked;
  };
}

async function controlOf(
  call: AliyunCall,
  service: string,
  instanceId: string | undefined,
  policies: () => Promise<readonly AttachedPolicy[]>,
): Promise<ControlRead | undefined> {
  const at = isoNow(call.requests.clock);
  if (service === "ecs" && instanceId !== undefined) return { by: "row", row: "other", id: instanceId, at };
  const proof = await accountWide(call, service, policies);
  if (proof !== undefined) return { by: "account-wide", proof, at };
  if (service === "ecs") return await orNothing(() => controlRead(call));
  const id = await orNothing(() => firstRow(call, service));
  return id === undefined ? undefined : { by: "row", row: "other", id, at };
}

async function firstRow(call: AliyunCall, service: string): Promise<string | undefined> {
  const row = rowReads[service];
  if (!row) return undefined;
  const { body } = await call.read(service, row.action, row.page);
  return rowsOf(body, row.rows)[0]?.text(row.id);
}

/**
 * Why this principal reads a service in the whole account. The account's own key does; a user does whose policies are
 * all the cloud's own, one of them for that service. A custom policy can take away as well as give, and a session of a
 * role can be narrower than the role: from either nothing follows.
 */
async function accountWide(
  call: AliyunCall,
  service: string,
  policies: () => Promise<readonly AttachedPolicy[]>,
): Promise<string | undefined> {
  if (call.identity.principal.endsWith(":root")) return "These are the credentials of the account itself.";
  const attached = await policies();
  if (attached.some(({ type }) => type !== "System")) return undefined;
  const giving = attached.find(({ name }) => wholeAccount.has(name) || systemPolicies[service]?.test(name) === true);
  return giving && `The system policy ${giving.name} is attached to ${call.identity.principal}.`;
}

const wholeAccount = new Set(["AdministratorAccess", "ReadOnlyAccess"]);

/** The cloud's own policies by service (RAM user guide, System policies). */
const systemPolicies: Readonly<Record<string, RegExp>> = Object.fromEntries(
  Object.entries({
    ecs: "ECS",
    vpc: "VPC",
    slb: "SLB",
    alb: "ALB",
    nlb: "NLB",
    gwlb: "GWLB",
    ess: "ESS",
    rds: "RDS",
    kvstore: "Kvstore",
    alidns: "DNS",
    pvtz: "PVTZ",
    cms: "CloudMonitor",
    hbr: "HBR",
    cs: "CS",
    dds: "MongoDB",
    polardb: "Polardb",
    nas: "NAS",
  }).map(([service, word]) => [service, new RegExp(`^Aliyun${word}(FullAccess|ReadOnlyAccess)$`)]),
);

interface AttachedPolicy {
  readonly name: string;
  readonly type: string;
}

/** Policies attached to a user in the whole account; none where the principal is no user, or may not look. */
async function attachedPolicies(call: AliyunCall): Promise<readonly AttachedPolicy[]> {
  const user = /:user\/(.+)$/.exec(call.identity.principal)?.[1];
  if (user === undefined) return [];
  const rows = await orNothing(async () => {
    const { body } = await call.read("ram", "ListPoliciesForUser", { UserName: user });
    return innerList(body, "Policies.Policy");
  });
  return (rows ?? []).map((row) => ({ name: row.text("PolicyName") ?? "", type: row.text("PolicyType") ?? "" }));
}

/** A control that cannot be read is none. */
async function orNothing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!DecommissionError.isInstance(error) || error.code === "aborted") throw error;
    return undefined;
  }
}
