import type { CloudAdapter } from "../../../adapter.js";
import { type MemoryAdapterInput, memoryCalls } from "./call.js";
import { listDependencies } from "./dependencies.js";
import { findInstances, findOwnArtifacts, whoAmI } from "./inventory.js";
import { permissions } from "./permissions.js";
import { quarantine } from "./quarantine.js";
import { recover } from "./recover.js";
import { releaseDependencies } from "./release-dependencies.js";
import { releaseSecurityRules } from "./release-rules.js";
import { removeArtifacts } from "./remove-artifacts.js";
import { revert } from "./revert.js";
import { snapshot } from "./snapshot.js";
import { tagInstances } from "./tag.js";
import { terminate } from "./terminate.js";
import { verifyDeleted } from "./verify.js";

/** The adapter of the cloud in memory. */
export function memoryAdapter(input: MemoryAdapterInput): CloudAdapter {
  const open = memoryCalls(input);
  return {
    cloud: "memory",
    region: input.connection.region,
    capabilities: input.features.capabilities,
    whoAmI: (options) => whoAmI(open, options),
    findInstances: (selector, options) => findInstances(open, selector, options),
    findOwnArtifacts: (selector, options) => findOwnArtifacts(open, selector, options),
    permissions,
    listDependencies: (targets, options) => listDependencies(open, targets, options),
    verifyDeleted: (targets, options) => verifyDeleted(open, targets, options),
    snapshot: (targets, options) => snapshot(open, targets, options),
    releaseSecurityRules: (targets, options) => releaseSecurityRules(open, targets, options),
    terminate: (targets, options) => terminate(open, targets, options),
    tagInstances: (targets, change, options) => tagInstances(open, targets, change, options),
    quarantine: (targets, options) => quarantine(open, targets, options),
    releaseDependencies: (items, options) => releaseDependencies(open, items, options),
    revert: (effects, options) => revert(open, effects, options),
    recover: (items, options) => recover(open, items, options),
    removeArtifacts: (items, options) => removeArtifacts(open, items, options),
  };
}
