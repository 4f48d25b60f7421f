import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { rootDeviceName } from "../build.js";
import { checkForm } from "../describe.js";
import { type AwsRequestContext, change, existing, type Instance, interfacesOf, isLive } from "../state.js";
import { flag, need, record, records, text, texts } from "../wire/read.js";
import { done, type Ec2Actions, read, write } from "./actions.js";
import { groupSet } from "./elements.js";

/** The instance a request names. */
export function namedInstance({ state, parameters }: AwsRequestContext): Instance {
  const id = need(parameters, "InstanceId");
  checkForm("instance", id, "InvalidInstanceID.Malformed");
  return existing(state.instances, id, "InvalidInstanceID.NotFound", "instance ID");
}

/** One attribute per call ("DescribeInstanceAttribute"). */
const attributes: Readonly<Record<string, (instance: Instance, context: AwsRequestContext) => JsonObject>> = {
  disableApiTermination: ({ apiTerminationDisabled: value }) => ({ disableApiTermination: { value } }),
  disableApiStop: ({ apiStopDisabled: value }) => ({ disableApiStop: { value } }),
  instanceInitiatedShutdownBehavior: ({ shutdownBehavior: value }) => ({
    instanceInitiatedShutdownBehavior: { value },
  }),
  instanceType: ({ type: value }) => ({ instanceType: { value } }),
  sourceDestCheck: ({ sourceDestCheck: value }) => ({ sourceDestCheck: { value } }),
  rootDeviceName: () => ({ rootDeviceName: { value: rootDeviceName } }),
  userData: ({ userData }) => ({
    userData: userData === undefined ? {} : { value: Buffer.from(userData).toString("base64") },
  }),
  groupSet: (instance, context) => ({
    groupSet: groupSet(context, interfacesOf(context.state, instance)[0]?.groupIds ?? []),
  }),
};

function describeAttribute(context: AwsRequestContext): JsonObject {
  const instance = namedInstance(context);
  const name = need(context.parameters, "Attribute");
  const attribute = attributes[name];
  if (!attribute) throw refusal("InvalidParameterValue", `Value (${name}) for parameter attribute is invalid.`);
  return { instanceId: instance.id, ...attribute(instance, context) };
}

/** The parameters of ModifyInstanceAttribute of which a call carries exactly one. */
const settings = [
  "SourceDestCheck",
  "EnclaveOptions",
  "DisableApiStop",
  "BlockDeviceMapping",
  "DisableApiTermination",
  "InstanceType",
  "Kernel",
  "Ramdisk",
  "UserData",
  "InstanceInitiatedShutdownBehavior",
  "GroupId",
  "EbsOptimized",
  "SriovNetSupport",
  "EnaSupport",
  "Attribute",
] as const;

function modifyAttribute(context: AwsRequestContext): JsonObject {
  const instance = namedInstance(context);
  const sent = settings.filter((name) => context.parameters[name] !== undefined);
  if (sent.length === 0) throw refusal("MissingParameter", "One attribute must be specified");
  if (sent.length > 1)
    throw refusal("InvalidParameterCombination", `Fields for multiple attribute types specified: ${sent.join(", ")}`);
  const { id } = instance;
  if (!isLive(instance))
    throw refusal("IncorrectInstanceState", `The instance '${id}' is not in a valid state for this operation.`);
  if (instance.operator)
    throw refusal("OperationNotPermitted", `The instance '${instance.id}' is managed by ${instance.operator}.`);
  const name = sent[0] ?? "Attribute";
  const setter = setters[name];
  if (!setter) throw refusal("InvalidParameterValue", `The fake cannot modify ${name}.`);
  setter(context, instance, record(context.parameters, name));
  return done;
}

type Setter = (context: AwsRequestContext, instance: Instance, value: JsonObject) => void;

const setters: Readonly<Partial<Record<(typeof settings)[number], Setter>>> = {
  DisableApiTermination: (context, instance, value) =>
    protect(context, instance, { apiTerminationDisabled: flag(value, "Value") ?? false }),
  DisableApiStop: (context, instance, value) =>
    protect(context, instance, { apiStopDisabled: flag(value, "Value") ?? false }),
  SourceDestCheck: (context, instance, value) =>
    set(context, instance, { sourceDestCheck: flag(value, "Value") ?? true }),
  InstanceInitiatedShutdownBehavior: (context, instance, value) =>
    set(context, instance, { shutdownBehavior: text(value, "Value") === "terminate" ? "terminate" : "stop" }),
  GroupId: (context, instance) => setGroups(context, instance, texts(context.parameters, "GroupId")),
  BlockDeviceMapping: (context, instance) => {
    for (const mapping of records(context.parameters, "BlockDeviceMapping")) setDisk(context, instance, mapping);
  },
};

/** Neither protection can be set or cleared on a Spot Instance. */
function protect(context: AwsRequestContext, instance: Instance, values: Partial<Instance>): void {
  if (instance.spotRequestId !== undefined)
    throw refusal("UnsupportedOperation", "Modifying this attribute is not supported for spot instances.");
  set(context, instance, values);
}

function set({ state, effect }: AwsRequestContext, instance: Instance, values: Partial<Instance>): void {
  change(state.instances, instance.id, values);
  effect(instance.id);
}

/** Changes the groups of the primary interface; an instance with several has to be changed interface by interface. */
function setGroups({ state, effect }: AwsRequestContext, instance: Instance, groupIds: readonly string[]): void {
  const [primary, ...others] = interfacesOf(state, instance);
  if (others.length > 0)
    throw refusal("InvalidInstanceID", `There are multiple interfaces attached to instance '${instance.id}'.`);
  for (const id of groupIds) existing(state.groups, id, "InvalidGroup.NotFound", "security group");
  if (primary) change(state.interfaces, primary.id, { groupIds });
  effect(instance.id);
}

function setDisk({ state, effect }: AwsRequestContext, instance: Instance, mapping: JsonObject): void {
  const device = text(mapping, "DeviceName");
  const deleteOnTermination = flag(record(mapping, "Ebs"), "DeleteOnTermination");
  const volume = instance.volumeIds
    .flatMap((id) => state.volumes.get(id) ?? [])
    .find(({ attachments }) => attachments.some((one) => one.instanceId === instance.id && one.device === device));
  if (!volume) throw refusal("InvalidInstanceAttributeValue", `No device is currently mapped at ${device}`);
  if (deleteOnTermination === undefined) return;
  change(state.volumes, volume.id, {
    attachments: volume.attachments.map((one) =>
      one.instanceId === instance.id ? { ...one, deleteOnTermination } : one,
    ),
  });
  effect(instance.id);
}

/** Attributes of instances. */
export const attributeActions: Ec2Actions = {
  DescribeInstanceAttribute: read(describeAttribute),
  ModifyInstanceAttribute: write(modifyAttribute),
};
