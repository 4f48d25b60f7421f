import { flag, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { operate, start, stop } from "../lifecycle.js";
import type { Instance } from "../records.js";
import { cvm } from "../service.js";
import { change, existing, type TencentActions, type TencentRequestContext } from "../state.js";
import { timings } from "../timings.js";
import { checkApplication, instancesFor, moving, passing } from "./guard.js";

/** "InstanceSecurityGroupLimit": groups of one instance. */
const maxGroups = 5;
/** Only one of these may be changed in a request ("each request must name one attribute"). */
const attributes = ["InstanceName", "UserData", "SecurityGroups", "CamRoleName", "HostName", "DisableApiTermination"];

/** What an instance can be made to do, and what of it can be changed. */
export const operationActions: TencentActions = {
  "cvm:StopInstances": cvm.write(
    "InstanceIds[100]! ForceStop:b StopType=SOFT|HARD|SOFT_FIRST StoppedMode=KEEP_CHARGING|STOP_CHARGING",
    (context) => {
      const { parameters, requestId, effect } = context;
      if (parameters.ForceStop !== undefined && parameters.StopType !== undefined)
        throw refusal("InvalidParameterCombination", "`ForceStop` and `StopType` exclude each other.");
      for (const { id, chargeType } of instancesFor(context, { accepts: ["RUNNING"] })) {
        effect(id);
        operate(context, id, "StopInstances", requestId, timings.stopReportedMs);
        const stopsCharging = text(parameters, "StoppedMode") === "STOP_CHARGING" && chargeType === "POSTPAID_BY_HOUR";
        stop(context, id, text(parameters, "StopType") === "HARD", stopsCharging);
      }
      return {};
    },
  ),
  "cvm:StartInstances": cvm.write("InstanceIds[100]!", (context) => {
    for (const { id } of instancesFor(context, { accepts: ["STOPPED"] })) {
      context.effect(id);
      operate(context, id, "StartInstances", context.requestId, timings.startMs);
      start(context, id);
    }
    return {};
  }),
  "cvm:ModifyInstancesAttribute": cvm.write(
    "InstanceIds[100]! InstanceName UserData SecurityGroups[] CamRoleName HostName DisableApiTermination:b " +
      "CamRoleType=user|system|service_linked AutoReboot:b EnableJumboFrame:b",
    modifyAttribute,
  ),
  "cvm:AssociateSecurityGroups": cvm.write("SecurityGroupIds[1]! InstanceIds[100]!", (context) => {
    const group = groupToUse(context, texts(context.parameters, "SecurityGroupIds")[0] ?? "");
    for (const instance of instancesFor(context, { refuses: ["PENDING"] }))
      setGroups(context, instance, [...new Set([...instance.groupIds, group])], "AssociateSecurityGroups");
    return {};
  }),
  "cvm:DisassociateSecurityGroups": cvm.write("SecurityGroupIds[1]! InstanceIds[100]!", (context) => {
    const group = groupToUse(context, texts(context.parameters, "SecurityGroupIds")[0] ?? "");
    for (const instance of instancesFor(context, {})) {
      if (!instance.groupIds.includes(group))
        throw refusal("SecGroupActionFailure", `The instance \`${instance.id}\` is not in \`${group}\`.`);
      const left = instance.groupIds.filter((id) => id !== group);
      setGroups(context, instance, left, "DisassociateSecurityGroups");
    }
    return {};
  }),
  "cvm:ModifyInstancesRenewFlag": cvm.write(
    "InstanceIds[100]! RenewFlag=NOTIFY_AND_AUTO_RENEW|NOTIFY_AND_MANUAL_RENEW|DISABLE_NOTIFY_AND_MANUAL_RENEW!",
    (context) => {
      const instances = instancesFor(context, {
        refuses: [...passing, "SHUTDOWN", "ENTER_RESCUE_MODE", "EXIT_RESCUE_MODE", "RESCUE_MODE"],
        special: ["TERMINATING", "SERVICE_LIVE_MIGRATE"],
      });
      for (const { id, chargeType } of instances)
        if (chargeType !== "PREPAID")
          throw refusal("UnsupportedOperation.InstanceChargeType", `The instance \`${id}\` is not prepaid.`);
      checkApplication(instances.filter(({ application }) => application?.toLowerCase() === "emr"));
      const renewFlag = text(context.parameters, "RenewFlag");
      for (const instance of instances) {
        operate(context, instance.id, "ModifyInstancesRenewFlag", context.requestId, timings.attributeMs);
        if (differs(instance, { renewFlag })) context.effect(instance.id);
        change(context.state.instances, instance.id, { renewFlag });
      }
      return {};
    },
  ),
  "cvm:DescribeInstancesAttributes": cvm.read("Attributes[]! InstanceIds[100]!", (context) => ({
    InstanceSet: instancesFor(context, { onlyAsks: true }).map(({ id, userData }) => ({
      InstanceId: id,
      Attributes: texts(context.parameters, "Attributes").includes("UserData") ? { UserData: userData ?? "" } : {},
    })),
  })),
};

function modifyAttribute(context: TencentRequestContext) {
  const { parameters, state } = context;
  const named = attributes.filter((name) => parameters[name] !== undefined);
  const [attribute] = named;
  if (attribute === undefined) throw refusal("MissingParameter", "The request names no attribute to change.");
  if (named.length > 1)
    throw refusal("InvalidParameterValue", `Only one attribute may be changed at a time, not ${named.join(" and ")}.`);
  const instances = instancesFor(context, {
    refuses: [...passing, ...moving, "RESCUE_MODE", "SERVICE_LIVE_MIGRATE", "SHUTDOWN", "TERMINATING"],
  });
  for (const instance of instances) checkChange(context, instance, attribute);
  for (const instance of instances) {
    if (attribute === "SecurityGroups") {
      const groups = texts(parameters, "SecurityGroups").map((id) => groupToUse(context, id));
      setGroups(context, instance, groups, "ModifyInstancesAttribute.SecurityGroups");
      continue;
    }
    operate(context, instance.id, `ModifyInstancesAttribute.${attribute}`, context.requestId, timings.attributeMs);
    const changes = changeOf(context, instance);
    if (differs(instance, changes)) context.effect(instance.id);
    change(state.instances, instance.id, changes);
  }
  return {};
}

function checkChange({ state, parameters }: TencentRequestContext, instance: Instance, attribute: string): void {
  const { id, chargeType, stopChargingMode } = instance;
  if (stopChargingMode === "STOP_CHARGING")
    throw refusal("UnsupportedOperation.StoppedModeStopCharging", `The instance \`${id}\` is stopped without charges.`);
  if (attribute !== "DisableApiTermination" || flag(parameters, "DisableApiTermination") !== true) return;
  if (chargeType === "SPOTPAID")
    throw refusal("InvalidInstance.NotSupported", `The spot instance \`${id}\` cannot be protected.`);
  const hasTimer = [...state.timers.values()].some((timer) => timer.instanceId === id && timer.status === "UNDO");
  // The code speaks of protection; its text says: "instances that have a release time set".
  if (hasTimer)
    throw refusal(
      "UnsupportedOperation.InvalidInstanceNotSupportedProtectedInstance",
      `The instance \`${id}\` has a release time set. Cancel it first.`,
    );
}

function changeOf({ parameters }: TencentRequestContext, instance: Instance): Partial<Instance> {
  const { InstanceName, CamRoleName, UserData } = parameters;
  return {
    isProtected: flag(parameters, "DisableApiTermination") ?? instance.isProtected,
    ...(typeof InstanceName === "string" ? { name: InstanceName } : {}),
    ...(typeof CamRoleName === "string" ? { roleName: CamRoleName } : {}),
    ...(typeof UserData === "string" ? { userData: UserData } : {}),
  };
}

function groupToUse({ state }: TencentRequestContext, id: string): string {
  return existing(state.groups, id, "InvalidSecurityGroupId.NotFound", "security group").id;
}

function setGroups(context: TencentRequestContext, instance: Instance, groups: readonly string[], name: string): void {
  const { state, requestId, effect } = context;
  if (groups.length === 0)
    throw refusal("FailedOperation.SecurityGroupActionFailed", `\`${instance.id}\` must keep at least one group.`);
  if (groups.length > maxGroups)
    throw refusal("LimitExceeded.AssociateUSGLimitExceeded", `An instance has at most ${maxGroups} security groups.`);
  operate(context, instance.id, name, requestId, timings.attributeMs);
  if (differs(instance, { groupIds: groups })) effect(instance.id);
  change(state.instances, instance.id, { groupIds: groups });
}

/** Setting what is already so is taken, but has no effect. */
function differs(instance: Instance, changes: Partial<Instance>): boolean {
  return JSON.stringify({ ...instance, ...changes }) !== JSON.stringify(instance);
}
