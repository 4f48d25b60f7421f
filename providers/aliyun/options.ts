import { checkEndpoints } from "../../src/endpoints.js";
import { invalidRequest } from "../../src/errors.js";
import type { AdapterOptions } from "../../src/factory.js";

/** Static Alibaba Cloud credentials. */
export interface AliyunCredentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** Any Alibaba Cloud client, typed or generic: all of them share the generic call. */
export interface AliyunSdkClient {
  callApi(parameters: never, request: never, runtime: never): Promise<unknown>;
}

/**
 * Options of `aliyun`. Services are named as RAM names them: `ecs`, `vpc`, `slb`, `alb`, `nlb`, `gwlb`, `ess`, `cs`, `rds`,
 * `kvstore`, `dds`, `polardb`, `nas`, `bss`, `ram`, `sts`, `alidns`, `pvtz`, `cms`, `hbr`, `kms`, `vpcpeer`. `site`: whose
 * billing API is asked. Default: found out by reading.
 */
export type AliyunOptions = AdapterOptions<AliyunCredentials, AliyunSdkClient> & {
  readonly site?: "china" | "international";
};

/** Throws `invalid-request` for options that cannot work, before anything is sent. */
export function checkAliyunOptions(options: AliyunOptions): void {
  if (!/^[a-z]{2}(-[a-z]+)+(-\d+)?[a-z]?$/.test(options.region ?? "")) {
    throw invalidRequest(
      `${JSON.stringify(options.region)} is not an Alibaba Cloud region.`,
      "Pass `region`, such as cn-hangzhou: one adapter is one region.",
    );
  }
  checkEndpoints(options.endpoint);
  const urls = typeof options.endpoint === "string" ? [options.endpoint] : Object.values(options.endpoint ?? {});
  const withPath = urls.find((url) => new URL(url).pathname !== "/");
  if (withPath !== undefined) {
    throw invalidRequest(
      `\`endpoint\` ${withPath} has a path.`,
      "Give host and port alone: the SDK would send the path twice.",
    );
  }
}
