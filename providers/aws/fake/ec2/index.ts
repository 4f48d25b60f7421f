import type { Ec2Actions } from "./actions.js";
import { addressActions } from "./addresses.js";
import { attributeActions } from "./attributes.js";
import { imageActions } from "./images.js";
import { instanceReads } from "./instances.js";
import { interfaceActions } from "./interfaces.js";
import { powerActions } from "./power.js";
import { recycleBinActions } from "./recycle-bin.js";
import { reportActions } from "./reports.js";
import { groupActions } from "./security-groups.js";
import { ruleActions } from "./security-rules.js";
import { snapshotActions } from "./snapshots.js";
import { spotActions } from "./spot.js";
import { tagActions } from "./tags.js";
import { volumeActions } from "./volumes.js";

/** All EC2 actions. */
export const ec2Actions: Ec2Actions = {
  ...instanceReads,
  ...attributeActions,
  ...powerActions,
  ...volumeActions,
  ...interfaceActions,
  ...addressActions,
  ...groupActions,
  ...ruleActions,
  ...snapshotActions,
  ...imageActions,
  ...spotActions,
  ...tagActions,
  ...recycleBinActions,
  ...reportActions,
};
