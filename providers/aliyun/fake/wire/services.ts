/** One service: how its version is called and what only it does. */
export interface Service {
  /** Name in the log, in an endpoint map and in RAM actions. */
  readonly name: string;
  readonly product: string;
  /** Where it has one endpoint for all regions. */
  readonly global?: boolean;
  readonly denied: readonly [code: string, status: number];
  readonly throttled: string;
  /** Its paths, where it speaks ROA; names in braces are parameters. Answers of ROA name themselves in a header alone. */
  readonly paths?: Readonly<Record<string, string>>;
  /** What every successful answer carries besides its result. */
  readonly envelope?: Readonly<Record<string, string | number | boolean>>;
}

/** The region of a fake that is told none. */
export const defaultRegion = "cn-hangzhou";

const forbidden = ["Forbidden.RAM", 403] as const;
const noPermission = ["NoPermission", 403] as const;

function service(name: string, product: string, more: Partial<Service> = {}): Service {
  return { name, product, denied: forbidden, throttled: "Throttling.User", ...more };
}

/**
 * Services by API version: the version alone tells them apart, since no two of these share one. Codes of denials: ECS
 * error center; alidns with status 400 (acmesh-official/acme.sh#1898); RAM `NoPermission`; BSS as recorded by
 * yunionio/cloudmux (business.go). An answer of the VPC API carries a code although it succeeded (same source).
 */
export const services: Readonly<Record<string, Service>> = {
  "2014-05-26": service("ecs", "Ecs"),
  "2016-04-28": service("vpc", "Vpc", { envelope: { Code: "200", Message: "successful", Success: true } }),
  "2022-01-01": service("vpcpeer", "VpcPeer", { denied: noPermission }),
  "2014-05-15": service("slb", "Slb"),
  "2020-06-16": service("alb", "Alb", { denied: noPermission, throttled: "Throttling" }),
  "2022-04-30": service("nlb", "Nlb", { denied: noPermission, throttled: "Throttling" }),
  "2024-04-15": service("gwlb", "Gwlb", { denied: noPermission, throttled: "Throttling" }),
  "2022-02-22": service("ess", "Ess", { denied: ["Forbidden.Unauthorized", 403], throttled: "Throttling" }),
  "2014-08-15": service("rds", "Rds", { throttled: "Throttling" }),
  "2015-01-01": service("kvstore", "R-kvstore"),
  "2017-12-14": service("bss", "BssOpenApi", {
    global: true,
    denied: ["NotAuthorized", 400],
    throttled: "Throttling",
    envelope: { Success: true, Code: "Success", Message: "Successful!" },
  }),
  "2015-05-01": service("ram", "Ram", { global: true, denied: noPermission }),
  "2015-04-01": service("sts", "Sts", { global: true, denied: noPermission }),
  "2015-01-09": service("alidns", "Alidns", { global: true, denied: ["Forbidden.RAM", 400] }),
  "2018-01-01": service("pvtz", "pvtz", { global: true }),
  "2019-01-01": service("cms", "Cms", {
    envelope: { Success: true, Code: 200, Message: "The specified resource is found." },
  }),
  "2017-09-08": service("hbr", "hbr", { envelope: { Success: true, Code: "200", Message: "successful" } }),
  // The code of a denial is [recall]: no page of Container Service lists it.
  "2015-12-15": service("cs", "CS", {
    denied: ["StatusForbidden", 403],
    throttled: "Throttling",
    paths: {
      DescribeClustersForRegion: "/regions/{RegionId}/clusters",
      DescribeClusterNodes: "/clusters/{ClusterId}/nodes",
    },
  }),
  "2017-06-26": service("nas", "NAS"),
  "2015-12-01": service("dds", "Dds"),
  "2017-08-01": service("polardb", "polardb"),
  "2016-01-20": service("kms", "Kms", { denied: ["Forbidden.NoPermission", 403], throttled: "Rejected.Throttling" }),
};
