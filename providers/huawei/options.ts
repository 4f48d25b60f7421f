import { checkEndpoints } from "../../src/endpoints.js";
import { invalidRequest } from "../../src/errors.js";
import type { AdapterOptions } from "../../src/factory.js";

/** Static Huawei Cloud credentials. */
export interface HuaweiCredentials {
  readonly ak: string;
  readonly sk: string;
  readonly securityToken?: string;
}

/** The generic client of Huawei's core package; typed clients hide theirs. */
export interface HuaweiSdkClient {
  sendRequest(options: never): Promise<unknown>;
}

/**
 * Options of `huawei`. Services are named by their host's first label: `ecs`, `evs`, `vpc`, `elb`, `as`, `cbr`, `ims`,
 * `dns`, `nat`, `ces`, `rds`, `cce`, `deh`, `sfs-turbo`, `kms`, `iam`; billing is `bss` and `bss-intl`. One URL as `endpoint` is a base to which `/<service>` is
 * added.
 *
 * `projectId` is resolved by reading only where absent; the SDK's own look-up can create a project. The SDK's logger
 * prints credentials, so it is silenced before the first call, in ready clients too. `domainId` is the account; default:
 * found out by reading. `site`: whose billing API is asked first; default: by region.
 */
export type HuaweiOptions = AdapterOptions<HuaweiCredentials, HuaweiSdkClient> & {
  readonly projectId?: string;
  readonly domainId?: string;
  readonly site?: "china" | "international";
};

const idForm = /^[0-9a-f]{32}$/;

/** Throws `invalid-request` for options that cannot work, before anything is sent. */
export function checkHuaweiOptions(options: HuaweiOptions): void {
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(options.region ?? "")) {
    throw invalidRequest(
      `${JSON.stringify(options.region)} is not a Huawei Cloud region.`,
      "Pass `region`, such as cn-north-4: one adapter is one project of one region.",
    );
  }
  for (const name of ["projectId", "domainId"] as const) {
    const id = options[name];
    // These go into paths as they are.
    if (id !== undefined && !idForm.test(id)) {
      throw invalidRequest(`\`${name}\` ${JSON.stringify(id)} is not an id.`, "An id has 32 hexadecimal digits.");
    }
  }
  checkEndpoints(options.endpoint);
}
