import { attributeActions } from "./ecs/attributes.js";
import { binActions } from "./ecs/bin.js";
import { deleteActions } from "./ecs/delete.js";
import { describeActions } from "./ecs/describe.js";
import { diskActions } from "./ecs/disks.js";
import { interfaceActions } from "./ecs/interfaces.js";
import { novaActions } from "./ecs/nova.js";
import { powerActions } from "./ecs/power.js";
import { snapshotActions } from "./evs/snapshots.js";
import { volumeActions } from "./evs/volumes.js";
import { jobActions } from "./jobs.js";
import { backupActions } from "./services/backups.js";
import { billingActions } from "./services/bss.js";
import { clusterActions } from "./services/cce.js";
import { balancerActions } from "./services/elb.js";
import { otherActions } from "./services/others.js";
import { scalingActions } from "./services/scaling.js";
import { vaultActions } from "./services/vaults.js";
import type { HuaweiActions } from "./state.js";
import { addressActions } from "./vpc/addresses.js";
import { groupActions } from "./vpc/groups.js";
import { networkActions } from "./vpc/networks.js";
import { portActions } from "./vpc/ports.js";
import { ruleActions } from "./vpc/rules.js";

/** Every action but those of IAM that the fake knows, by service, method and path. */
export const projectActions: HuaweiActions = {
  ...describeActions,
  ...powerActions,
  ...deleteActions,
  ...binActions,
  ...attributeActions,
  ...diskActions,
  ...interfaceActions,
  ...novaActions,
  ...jobActions,
  ...volumeActions,
  ...snapshotActions,
  ...portActions,
  ...groupActions,
  ...ruleActions,
  ...addressActions,
  ...networkActions,
  ...billingActions,
  ...balancerActions,
  ...scalingActions,
  ...vaultActions,
  ...backupActions,
  ...clusterActions,
  ...otherActions,
};
