import type { CloudAdapter } from "../../src/adapter.js";
import { findOwnArtifacts, removeArtifacts } from "./artifacts.js";
import { tencentCalls } from "./call.js";
import { tencentCapabilities } from "./capabilities.js";
import { listDependencies } from "./dependencies.js";
import { countInstances, findInstances, whoAmI } from "./find-instances.js";
import { checkTencentOptions, type TencentOptions } from "./options.js";
import { permissions } from "./permissions.js";
import { quarantine } from "./quarantine.js";
import { recover } from "./recover.js";
import { releaseDependencies } from "./release.js";
import { revert } from "./revert.js";
import { releaseSecurityRules } from "./security-rules.js";
import { snapshot } from "./snapshot.js";
import { tagInstances } from "./tags.js";
import { terminate } from "./terminate.js";
import { verifyDeleted } from "./verify.js";

export type { TencentCredentials, TencentOptions, TencentSdkClient } from "./options.js";

/**
 * Tencent Cloud CVM in one region of one account. Makes no request and loads no SDK: that comes with the first operation,
 * which also asks whose credentials these are. Throws `invalid-request` for options that cannot work.
 */
export function tencent(options: TencentOptions): CloudAdapter {
  checkTencentOptions(options);
  const open = tencentCalls(options);
  const { region, endpoint } = options;
  return {
    cloud: "tencent",
    region,
    ...(endpoint === undefined ? {} : { endpoints: typeof endpoint === "string" ? { all: endpoint } : endpoint }),
    capabilities: tencentCapabilities,
    whoAmI: (callOptions) => whoAmI(open, callOptions),
    findInstances: (selector, callOptions) => findInstances(open, selector, callOptions),
    countInstances: (callOptions) => countInstances(open, callOptions),
    findOwnArtifacts: (selector, callOptions) => findOwnArtifacts(open, selector, callOptions),
    permissions: (operations) => permissions(region, operations),
    listDependencies: (targets, callOptions) => listDependencies(open, targets, callOptions),
    snapshot: (targets, callOptions) => snapshot(open, targets, callOptions),
    releaseSecurityRules: (targets, callOptions) => releaseSecurityRules(open, targets, callOptions),
    terminate: (targets, callOptions) => terminate(open, targets, callOptions),
    verifyDeleted: (targets, callOptions) => verifyDeleted(open, targets, callOptions),
    tagInstances: (targets, change, callOptions) => tagInstances(open, targets, change, callOptions),
    quarantine: (targets, callOptions) => quarantine(open, targets, callOptions),
    releaseDependencies: (items, callOptions) => releaseDependencies(open, items, callOptions),
    revert: (effects, callOptions) => revert(open, effects, callOptions),
    recover: (items, callOptions) => recover(open, items, callOptions),
    removeArtifacts: (items, callOptions) => removeArtifacts(open, items, callOptions),
  };
}
