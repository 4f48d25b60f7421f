import ecs from "@alicloud/ecs20140526";
import core, { $OpenApiUtil } from "@alicloud/openapi-core";
import { afterEach } from "vitest";
import { fakeAliyun } from "../../../../providers/aliyun/fake/index.js";
import type { FakeOptions } from "../../../../src/testing/world.js";

// The packages are CommonJS: Node hands out the module, vitest the class.
const EcsClient = typeof ecs === "function" ? ecs : ecs.default;
const CoreClient = typeof core === "function" ? core : core.default;

/** Versions of the services, as the SDKs of the services send them. */
const versions = {
  ecs: "2014-05-26",
  vpc: "2016-04-28",
  vpcpeer: "2022-01-01",
  slb: "2014-05-15",
  alb: "2020-06-16",
  nlb: "2022-04-30",
  gwlb: "2024-04-15",
  ess: "2022-02-22",
  rds: "2014-08-15",
  kvstore: "2015-01-01",
  bss: "2017-12-14",
  ram: "2015-05-01",
  sts: "2015-04-01",
  alidns: "2015-01-09",
  pvtz: "2018-01-01",
  cms: "2019-01-01",
  hbr: "2017-09-08",
  kms: "2016-01-20",
  dds: "2015-12-01",
  polardb: "2017-08-01",
  nas: "2017-06-26",
} as const;
/** Services that {@link openFake} can call. */
export type ServiceName = keyof typeof versions;
/** Any answer, read by path. */
export type Answer = Readonly<Record<string, unknown>>;

/** The class of runtime options is in a package of its own; an empty object does as well. */
const noRuntimeOptions: Parameters<InstanceType<typeof CoreClient>["callApi"]>[2] = JSON.parse("{}");

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A fake on loopback, the ECS client and a call to any service. */
export async function openFake(options: FakeOptions = {}) {
  const cloud = fakeAliyun(options);
  const server = await cloud.listen();
  closers.push(() => server.close());
  const config = (service: ServiceName | "cs", accessKeyId = "LTAI-home") =>
    new $OpenApiUtil.Config({
      accessKeyId,
      accessKeySecret: "never checked",
      regionId: "cn-hangzhou",
      endpoint: server.endpoint[service]?.replace("http://", "") ?? "",
      protocol: "http",
      readTimeout: 2_000,
      connectTimeout: 2_000,
    });
  /** The generic call of the SDK's core: values as text, lists flat. */
  const call = async (
    service: ServiceName,
    action: string,
    query: Record<string, string> = {},
    accessKeyId?: string,
  ): Promise<Answer> => {
    const client = new CoreClient(config(service, accessKeyId));
    const answer = await client.callApi(
      new $OpenApiUtil.Params({
        action,
        version: versions[service],
        protocol: "HTTPS",
        method: "POST",
        authType: "AK",
        style: "RPC",
        pathname: "/",
        reqBodyType: "formData",
        bodyType: "json",
      }),
      new $OpenApiUtil.OpenApiRequest({ query }),
      noRuntimeOptions,
    );
    return answer.body;
  };
  /** A read in the ROA style, as the client of Container Service sends it. */
  const roa = async (action: string, pathname: string, query: Record<string, string> = {}): Promise<Answer> => {
    const client = new CoreClient(config("cs"));
    const answer = await client.callApi(
      new $OpenApiUtil.Params({
        action,
        version: "2015-12-15",
        protocol: "HTTPS",
        method: "GET",
        authType: "AK",
        style: "ROA",
        pathname,
        reqBodyType: "json",
        bodyType: "json",
      }),
      new $OpenApiUtil.OpenApiRequest({ query }),
      noRuntimeOptions,
    );
    return answer.body;
  };
  const inRegion = (service: ServiceName, action: string, query: Record<string, string> = {}) =>
    call(service, action, { RegionId: "cn-hangzhou", ...query });
  return {
    cloud,
    server,
    call,
    roa,
    /** A call that names the region. */
    inRegion,
    ecs: new EcsClient(config("ecs")),
    /** Status of an instance as it is listed; undefined once its id is gone. */
    status: async (name: string) => {
      const answer = await inRegion("ecs", "DescribeInstances", { InstanceIds: JSON.stringify([cloud.id(name)]) });
      return textAt(answer, "Instances.Instance.0.Status");
    },
  };
}

/** What {@link openFake} answers. */
export type Fake = Awaited<ReturnType<typeof openFake>>;

/** Code of the error a call ends with; fails when it does not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return (await errorOf(call)).code;
}

/** Code and HTTP status of the error a call ends with. */
export async function errorOf(call: Promise<unknown>): Promise<{ readonly code: string; readonly status: number }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && "code" in error && "statusCode" in error)
      return { code: String(error.code), status: Number(error.statusCode) };
    throw error;
  }
  throw new Error("The call succeeded.");
}

/** What stands at a dotted path of an answer. */
export function at(value: unknown, path: string): unknown {
  let here = value;
  for (const step of path.split(".")) {
    if (typeof here !== "object" || here === null) return undefined;
    here = Object.entries(here).find(([name]) => name === step)?.[1];
  }
  return here;
}

/** The text at a path, `undefined` where there is none. */
export function textAt(value: unknown, path: string): string | undefined {
  const found = at(value, path);
  return typeof found === "string" ? found : undefined;
}

/** The list at a path. */
export function listAt(value: unknown, path: string): readonly unknown[] {
  const found = at(value, path);
  if (!Array.isArray(found)) throw new Error(`No list at ${path}: ${JSON.stringify(value)}`);
  return found;
}

/** One field of each thing in a list. */
export function each(value: unknown, path: string, field: string): readonly unknown[] {
  return listAt(value, path).map((item) => at(item, field));
}

/** A list as `Name.1`, `Name.2`. */
export function repeat(name: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value, index) => [`${name}.${index + 1}`, value]));
}

export const minute = 60_000;
export const day = 24 * 60 * minute;
