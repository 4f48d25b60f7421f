/** How one Alibaba Cloud service is reached: the version of its API, and its host in a region. */
export interface AliyunService {
  readonly version: string;
  /** One for all regions: it takes no `RegionId`. Default: false. */
  readonly global?: boolean;
  /** The path of each action, for the services that speak ROA; names in braces are parameters. Default: RPC. */
  readonly paths?: Readonly<Record<string, string>>;
  host(region: string, site: "china" | "international"): string;
}

const regional = (product: string) => (region: string) => `${product}.${region}.aliyuncs.com`;
const central = (product: string) => () => `${product}.aliyuncs.com`;

/** Regions whose older services answer under the central name (endpoint tables of the SLB and ESS references). */
const centralRegions = new Set([
  "cn-qingdao",
  "cn-beijing",
  "cn-hangzhou",
  "cn-shanghai",
  "cn-shenzhen",
  "cn-hongkong",
  "ap-southeast-1",
  "us-east-1",
  "us-west-1",
]);
const mixed =
  (product: string, inCenter: ReadonlySet<string> = centralRegions) =>
  (region: string) =>
    inCenter.has(region) ? central(product)() : regional(product)(region);

/** The same for MongoDB and PolarDB (endpoint maps of their SDKs). */
const mongoCentral = new Set(["cn-beijing", "cn-hangzhou", "cn-heyuan", "cn-shanghai", "cn-wulanchabu"]);
const polarCentral = new Set([...mongoCentral, "cn-qingdao"]);

/**
 * The services this adapter talks to. The ECS package and the small generic client it brings cover every one, those that
 * speak ROA included; no further package is needed.
 */
export const services: Readonly<Record<string, AliyunService>> = {
  ecs: {
    version: "2014-05-26",
    host: (region) => (region === "cn-hangzhou" ? "ecs-cn-hangzhou.aliyuncs.com" : regional("ecs")(region)),
  },
  vpc: {
    version: "2016-04-28",
    host: (region) => (region === "cn-hangzhou" ? central("vpc")() : regional("vpc")(region)),
  },
  slb: { version: "2014-05-15", host: mixed("slb") },
  alb: { version: "2020-06-16", host: regional("alb") },
  nlb: { version: "2022-04-30", host: regional("nlb") },
  ess: { version: "2022-02-22", host: mixed("ess") },
  rds: { version: "2014-08-15", host: mixed("rds") },
  kvstore: { version: "2015-01-01", host: mixed("r-kvstore") },
  bss: {
    version: "2017-12-14",
    global: true,
    host: (_, site) => (site === "china" ? "business.aliyuncs.com" : "business.ap-southeast-1.aliyuncs.com"),
  },
  ram: { version: "2015-05-01", global: true, host: central("ram") },
  sts: { version: "2015-04-01", global: true, host: regional("sts") },
  alidns: { version: "2015-01-09", global: true, host: central("alidns") },
  pvtz: { version: "2018-01-01", global: true, host: central("pvtz") },
  cms: { version: "2019-01-01", host: regional("metrics") },
  vpcpeer: { version: "2022-01-01", host: regional("vpcpeer") },
  gwlb: { version: "2024-04-15", host: regional("gwlb") },
  hbr: { version: "2017-09-08", host: regional("hbr") },
  kms: { version: "2016-01-20", host: regional("kms") },
  cs: {
    version: "2015-12-15",
    paths: {
      DescribeClustersForRegion: "/regions/{RegionId}/clusters",
      DescribeClusterNodes: "/clusters/{ClusterId}/nodes",
    },
    host: regional("cs"),
  },
  nas: { version: "2017-06-26", host: regional("nas") },
  dds: { version: "2015-12-01", host: mixed("mongodb", mongoCentral) },
  polardb: { version: "2017-08-01", host: mixed("polardb", polarCentral) },
};
