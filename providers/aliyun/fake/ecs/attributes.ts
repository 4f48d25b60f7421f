import { refusal } from "../../../../src/testing/fake-refusal.js";
import { write } from "../action.js";
import { interfacesOf } from "../network.js";
import type { AliyunActions, AliyunRequestContext, Instance } from "../state.js";
import { change } from "../state.js";
import { flag, text, texts } from "../wire/read.js";
import { namedInstance } from "./instances.js";
import { securityLocked, wrongChargeType, wrongStatus } from "./refusals.js";

/** Groups of one interface at most, by default (ECS limits). */
const maxGroups = 5;

function modifyInstanceAttribute(context: AliyunRequestContext): undefined {
  const { input, state } = context;
  const instance = namedInstance(context);
  if (instance.locks.includes("security")) throw securityLocked();
  if (instance.releasing) throw wrongStatus();
  // "invitational preview": whoever was not invited gets this answer.
  if (flag(input, "Recyclable") !== undefined)
    throw refusal("InvalidParameter.RecycleBin", "You do not have permission to set recyclable properties.");
  const fields = sentFields(context, instance);
  const groupIds = texts(input, "SecurityGroupIds");
  if (groupIds) moveToGroups(context, instance, groupIds);
  change(state.instances, instance.id, fields);
  if (groupIds || Object.keys(fields).length > 0) context.effect(instance.id);
}

function sentFields({ input }: AliyunRequestContext, { chargeType }: Instance): Partial<Instance> {
  const deletionProtection = flag(input, "DeletionProtection");
  const name = text(input, "InstanceName");
  if (name !== undefined && !/^(?!https?:\/\/)\p{L}[\p{L}\p{N}:_.-]{1,127}$/u.test(name))
    throw refusal("InvalidInstanceName.Malformed", 'The specified parameter "InstanceName" is not valid.');
  // "This attribute is applicable only to pay-as-you-go instances."
  if (deletionProtection !== undefined && chargeType === "PrePaid") throw wrongChargeType();
  return {
    ...(deletionProtection === undefined ? {} : { deletionProtection }),
    ...(name === undefined ? {} : { name }),
  };
}

/** The instance leaves its groups and joins these: the groups of its primary interface. */
function moveToGroups({ state }: AliyunRequestContext, { id, vpcId, status }: Instance, ids: readonly string[]): void {
  if (status !== "Running" && status !== "Stopped") throw wrongStatus();
  if (ids.length === 0 || ids.length > maxGroups || new Set(ids).size < ids.length)
    throw refusal("InvalidParameter", 'The specified parameter "SecurityGroupIds" is not valid.');
  const groups = ids.map((groupId) => state.groups.get(groupId));
  if (groups.some((group) => group === undefined))
    throw refusal("InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.", 404);
  if (groups.some((group) => group?.vpcId !== vpcId))
    throw refusal("InvalidOperation.VpcMismatch", "The security groups must belong to the VPC of the instance.", 403);
  if (new Set(groups.map((group) => group?.type)).size > 1)
    throw refusal("InvalidParameter", "Basic and advanced security groups cannot be mixed.");
  if (groups.some((group) => group?.serviceManaged))
    throw refusal("InvalidOperation.ResourceManagedByCloudProduct", "The security group is managed by a service.", 403);
  const [primary] = interfacesOf(state, id);
  if (primary) change(state.interfaces, primary.id, { groupIds: ids });
}

/** Attributes of instances. */
export const attributes: AliyunActions = {
  "ecs:ModifyInstanceAttribute": write(
    "InstanceId! DeletionProtection:b InstanceName SecurityGroupIds[] Recyclable:b",
    modifyInstanceAttribute,
  ),
};
