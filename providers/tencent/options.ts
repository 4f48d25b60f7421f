import { checkEndpoints } from "../../src/endpoints.js";
import { invalidRequest } from "../../src/errors.js";
import type { AdapterOptions } from "../../src/factory.js";

/** Static Tencent Cloud credentials. */
export interface TencentCredentials {
  readonly secretId: string;
  readonly secretKey: string;
  readonly token?: string;
}

/** Any Tencent Cloud client. `never` for options is what lets every service's client fit. */
export interface TencentSdkClient {
  request(action: string, parameters: unknown, options?: never): Promise<unknown>;
}

/** Options of `tencent`. Services are named as in the SDK: `cvm`, `cbs`, `vpc`, `clb`, `as`, `tke`, `cam` and so on. */
export type TencentOptions = AdapterOptions<TencentCredentials, TencentSdkClient>;

/** Throws `invalid-request` for options that cannot work, before anything is sent. */
export function checkTencentOptions(options: TencentOptions): void {
  if (!/^[a-z]{2}(-[a-z]+)+(-\d+)?$/.test(options.region ?? "")) {
    throw invalidRequest(
      `${JSON.stringify(options.region)} is not a Tencent Cloud region.`,
      "Pass `region`, such as ap-guangzhou: one adapter is one region.",
    );
  }
  checkEndpoints(options.endpoint);
}
