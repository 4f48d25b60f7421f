import { backups } from "./backups.js";
import { bss } from "./bss.js";
import { clusters } from "./clusters.js";
import { commitments } from "./commitments.js";
import { databases } from "./databases.js";
import { dns } from "./dns.js";
import { attributes } from "./ecs/attributes.js";
import { catalog } from "./ecs/catalog.js";
import { charges } from "./ecs/charges.js";
import { disks } from "./ecs/disks.js";
import { instanceReads } from "./ecs/instances.js";
import { interfaces } from "./ecs/interfaces.js";
import { power } from "./ecs/power.js";
import { releases } from "./ecs/release.js";
import { rules } from "./ecs/rules.js";
import { securityGroups } from "./ecs/security-groups.js";
import { snapshotGroups } from "./ecs/snapshot-groups.js";
import { snapshots } from "./ecs/snapshots.js";
import { tags } from "./ecs/tags.js";
import { scaling } from "./ess.js";
import { fileSystems } from "./file-systems.js";
import { identity } from "./identity.js";
import { serverGroups } from "./server-groups.js";
import { classicBalancers } from "./slb.js";
import type { AliyunActions } from "./state.js";
import { addresses } from "./vpc/addresses.js";
import { networks } from "./vpc/networks.js";
import { translation } from "./vpc/translation.js";
import { watchers } from "./watchers.js";

/** Everything the fake answers. */
export const actions: AliyunActions = {
  ...instanceReads,
  ...power,
  ...releases,
  ...attributes,
  ...charges,
  ...disks,
  ...snapshots,
  ...snapshotGroups,
  ...securityGroups,
  ...rules,
  ...interfaces,
  ...tags,
  ...catalog,
  ...networks,
  ...addresses,
  ...translation,
  ...classicBalancers,
  ...serverGroups,
  ...scaling,
  ...databases,
  ...bss,
  ...identity,
  ...dns,
  ...watchers,
  ...backups,
  ...clusters,
  ...fileSystems,
  ...commitments,
};
