import { diskActions } from "./cbs/disks.js";
import { policyActions as snapshotPolicyActions } from "./cbs/policies.js";
import { snapshotActions } from "./cbs/snapshots.js";
import { balancerReads } from "./clb/describe.js";
import { targetActions } from "./clb/targets.js";
import { catalogActions } from "./cvm/catalog.js";
import { describeActions } from "./cvm/describe.js";
import { moneyActions } from "./cvm/money.js";
import { operationActions } from "./cvm/operations.js";
import { terminateActions } from "./cvm/terminate.js";
import { timerActions } from "./cvm/timers.js";
import { scalingActions } from "./services/as.js";
import { databaseActions } from "./services/databases.js";
import { dnsActions } from "./services/dns.js";
import { identityActions } from "./services/identity.js";
import { alarmActions } from "./services/monitor.js";
import { otherActions } from "./services/others.js";
import { tagActions } from "./services/tag.js";
import { clusterActions } from "./services/tke.js";
import type { TencentActions } from "./state.js";
import { addressActions } from "./vpc/addresses.js";
import { groupActions } from "./vpc/groups.js";
import { interfaceActions } from "./vpc/interfaces.js";
import { natActions } from "./vpc/nat.js";
import { networkActions } from "./vpc/networks.js";
import { policyActions } from "./vpc/policies.js";

/** Every action the fake knows, by service and name. */
export const actions: TencentActions = {
  ...describeActions,
  ...terminateActions,
  ...operationActions,
  ...moneyActions,
  ...timerActions,
  ...catalogActions,
  ...diskActions,
  ...snapshotActions,
  ...snapshotPolicyActions,
  ...groupActions,
  ...policyActions,
  ...addressActions,
  ...interfaceActions,
  ...networkActions,
  ...natActions,
  ...balancerReads,
  ...targetActions,
  ...scalingActions,
  ...clusterActions,
  ...databaseActions,
  ...identityActions,
  ...dnsActions,
  ...alarmActions,
  ...tagActions,
  ...otherActions,
};
