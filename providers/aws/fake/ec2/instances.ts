import type { JsonObject } from "../../../../src/common.js";
import { rootDeviceName } from "../build.js";
import { type ListSpec, list, listItems } from "../describe.js";
import { addressesOn } from "../interfaces.js";
import { stateElement } from "../lifecycle.js";
import { type AwsRequestContext, type Instance, interfacesOf, iso, tagSet } from "../state.js";
import { flag, record, records } from "../wire/read.js";
import { type Ec2Actions, read } from "./actions.js";
import { groupSet, hidesManaged, operatorElement, profileId } from "./elements.js";
import { interfaceItem } from "./interfaces.js";

const ids = [
  {
    parameter: "InstanceId",
    path: "instanceId",
    notFound: "InvalidInstanceID.NotFound",
    form: "instance",
    malformed: "InvalidInstanceID.Malformed",
  },
] as const;

const instanceList: ListSpec<Instance> = {
  set: "instancesSet",
  things: ({ instances }) => instances,
  item: instanceItem,
  ids,
  idsExcludePages: true,
  pages: [5, 1000],
  hides: hidesManaged,
  filters: {
    "availability-zone": "placement.availabilityZone",
    architecture: "architecture",
    "block-device-mapping.delete-on-termination": "blockDeviceMapping.ebs.deleteOnTermination",
    "block-device-mapping.device-name": "blockDeviceMapping.deviceName",
    "block-device-mapping.status": "blockDeviceMapping.ebs.status",
    "block-device-mapping.volume-id": "blockDeviceMapping.ebs.volumeId",
    "capacity-reservation-id": "capacityReservationId",
    "dns-name": "dnsName",
    "host-id": "placement.hostId",
    "iam-instance-profile.arn": "iamInstanceProfile.arn",
    "image-id": "imageId",
    "instance-id": "instanceId",
    "instance-lifecycle": "instanceLifecycle",
    "instance-state-code": "instanceState.code",
    "instance-state-name": "instanceState.name",
    "instance-type": "instanceType",
    "instance.group-id": "groupSet.groupId",
    "instance.group-name": "groupSet.groupName",
    "ip-address": "ipAddress",
    "key-name": "keyName",
    "launch-time": "launchTime",
    "network-interface.addresses.association.public-ip":
      "networkInterfaceSet.privateIpAddressesSet.association.publicIp",
    "network-interface.addresses.private-ip-address": "networkInterfaceSet.privateIpAddressesSet.privateIpAddress",
    "network-interface.association.allocation-id": "networkInterfaceSet.association.allocationId",
    "network-interface.association.public-ip": "networkInterfaceSet.association.publicIp",
    "network-interface.attachment.delete-on-termination": "networkInterfaceSet.attachment.deleteOnTermination",
    "network-interface.group-id": "networkInterfaceSet.groupSet.groupId",
    "network-interface.network-interface-id": "networkInterfaceSet.networkInterfaceId",
    "network-interface.private-ip-address": "networkInterfaceSet.privateIpAddress",
    "network-interface.subnet-id": "networkInterfaceSet.subnetId",
    "network-interface.vpc-id": "networkInterfaceSet.vpcId",
    "operator.managed": "operator.managed",
    "operator.principal": "operator.principal",
    "placement-group-name": "placement.groupName",
    "private-dns-name": "privateDnsName",
    "private-ip-address": "privateIpAddress",
    "reservation-id": "reservationId",
    "root-device-name": "rootDeviceName",
    "root-device-type": "rootDeviceType",
    "source-dest-check": "sourceDestCheck",
    "spot-instance-request-id": "spotInstanceRequestId",
    "state-reason-code": "stateReason.code",
    "subnet-id": "subnetId",
    tenancy: "placement.tenancy",
    "vpc-id": "vpcId",
  },
};

/** The list has a reservation round each instance. */
function describeInstances(context: AwsRequestContext): JsonObject {
  const { items, next } = listItems(context, instanceList);
  const reservationSet = items.map(({ reservationId, ...instance }) => ({
    reservationId: reservationId ?? "",
    ownerId: context.scope.accountId,
    groupSet: [],
    instancesSet: [{ ...instance, networkInterfaceSet: records(instance, "networkInterfaceSet").map(partOfInstance) }],
  }));
  return { reservationSet, ...(next === undefined ? {} : { nextToken: next }) };
}

/** An interface as part of its instance says less: no allocation, no tags, no owner of the attachment. */
function partOfInstance(card: JsonObject): JsonObject {
  const { availabilityZone: _zone, requesterId: _requester, requesterManaged: _managed, tagSet: _tags, ...rest } = card;
  const { instanceId: _instance, instanceOwnerId: _owner, ...attachment } = record(card, "attachment");
  return {
    ...rest,
    attachment,
    association: publicPart(card),
    privateIpAddressesSet: records(card, "privateIpAddressesSet").map((one) => ({
      ...one,
      association: publicPart(one),
    })),
  };
}

function publicPart(holder: JsonObject): JsonObject | null {
  const { publicIp, ipOwnerId } = record(holder, "association");
  return publicIp === undefined ? null : { publicIp, ipOwnerId: ipOwnerId ?? null };
}

function instanceItem(instance: Instance, context: AwsRequestContext): JsonObject {
  const { state } = instance;
  const reason = instance.stateReason;
  return {
    reservationId: instance.reservationId,
    instanceId: instance.id,
    imageId: instance.imageId,
    instanceState: stateElement(instance),
    reason: reason === undefined ? "" : "User initiated",
    keyName: instance.keyName ?? null,
    amiLaunchIndex: 0,
    productCodes: [],
    instanceType: instance.type,
    launchTime: iso(instance.launchTime),
    placement: {
      availabilityZone: instance.zone,
      groupName: instance.placementGroup ?? "",
      tenancy: instance.hostId === undefined ? "default" : "host",
      hostId: instance.hostId ?? null,
    },
    monitoring: { state: "disabled" },
    architecture: "x86_64",
    rootDeviceType: instance.rootDevice,
    rootDeviceName: rootDeviceName,
    virtualizationType: "hvm",
    clientToken: "",
    hypervisor: "xen",
    instanceLifecycle: instance.spotRequestId === undefined ? null : "spot",
    spotInstanceRequestId: instance.spotRequestId ?? null,
    capacityReservationId: instance.capacityReservationId ?? null,
    stateReason: reason === undefined ? null : { code: reason, message: reason },
    operator: operatorElement(instance.operator),
    ...(state === "terminated" ? tombstone : liveItem(instance, context)),
  };
}

/** A terminated instance names nothing any more: lists are empty, network and tags absent. */
const tombstone: JsonObject = {
  privateDnsName: "",
  dnsName: "",
  groupSet: [],
  blockDeviceMapping: [],
  networkInterfaceSet: [],
};

function liveItem(instance: Instance, context: AwsRequestContext): JsonObject {
  const { state } = context;
  const cards = interfacesOf(state, instance);
  const [primary] = cards;
  const publicIp = primary && (addressesOn(context, primary.id)[0]?.ip ?? primary.ephemeralIp);
  const privateIp = primary?.privateIps[0];
  return {
    subnetId: instance.subnetId,
    vpcId: instance.vpcId,
    privateIpAddress: privateIp ?? null,
    privateDnsName: privateIp === undefined ? "" : `ip-${privateIp.replaceAll(".", "-")}.ec2.internal`,
    ipAddress: publicIp ?? null,
    dnsName: publicIp === undefined ? "" : `ec2-${publicIp.replaceAll(".", "-")}.compute.amazonaws.com`,
    sourceDestCheck: instance.sourceDestCheck,
    // The groups of the primary interface only.
    groupSet: groupSet(context, primary?.groupIds ?? []),
    blockDeviceMapping: instance.volumeIds.flatMap((id) => blockDevice(context, instance, id)),
    networkInterfaceSet: cards.map((card) => interfaceItem(card, context)),
    iamInstanceProfile:
      instance.profileArn === undefined ? null : { arn: instance.profileArn, id: profileId(instance.profileArn) },
    tagSet: tagSet(instance.tags),
  };
}

function blockDevice({ state }: AwsRequestContext, instance: Instance, volumeId: string): readonly JsonObject[] {
  const attachment = state.volumes.get(volumeId)?.attachments.find(({ instanceId }) => instanceId === instance.id);
  if (!attachment) return [];
  const { device, status, attachTime, deleteOnTermination } = attachment;
  return [{ deviceName: device, ebs: { volumeId, status, attachTime: iso(attachTime), deleteOnTermination } }];
}

const statusList: ListSpec<Instance> = {
  set: "instanceStatusSet",
  things: ({ instances }) => instances,
  ids,
  idsExcludePages: true,
  pages: [5, 1000],
  hides: (instance, context) =>
    hidesManaged(instance, context) ||
    (flag(context.parameters, "IncludeAllInstances") !== true && instance.state !== "running"),
  filters: {
    "availability-zone": "availabilityZone",
    "instance-state-code": "instanceState.code",
    "instance-state-name": "instanceState.name",
    "instance-status.status": "instanceStatus.status",
    "operator.managed": "operator.managed",
    "operator.principal": "operator.principal",
    "system-status.status": "systemStatus.status",
  },
  item: (instance) => {
    const status = instance.state === "running" ? "ok" : "not-applicable";
    return {
      instanceId: instance.id,
      availabilityZone: instance.zone,
      instanceState: stateElement(instance),
      systemStatus: { status },
      instanceStatus: { status },
      operator: operatorElement(instance.operator),
    };
  },
};

/** Types with disks of the host: count and size in GB ("Instance store volumes" in the EC2 user guide). */
const hostDisks: Readonly<Record<string, readonly [count: number, sizeGB: number]>> = {
  "m5d.large": [1, 75],
  "m5d.4xlarge": [2, 300],
  "m5d.12xlarge": [2, 900],
  "i3.16xlarge": [8, 1900],
};
const types = ["t3.micro", "t3.large", "m5.large", "m5.4xlarge", "c5.large", ...Object.keys(hostDisks)];

/** The smallest type with that many disks of the host. */
export function typeWithHostDisks(count: number): string {
  return Object.entries(hostDisks).find(([, [disks]]) => disks >= count)?.[0] ?? "i3.16xlarge";
}

const typeList: ListSpec<string> = {
  set: "instanceTypeSet",
  things: () => types,
  ids: [{ parameter: "InstanceType", path: "instanceType", notFound: "InvalidInstanceType" }],
  pages: [5, 100],
  filters: {
    "instance-type": "instanceType",
    "instance-storage-supported": "instanceStorageSupported",
    "processor-info.supported-architecture": "processorInfo.supportedArchitectures",
  },
  item: (instanceType) => {
    const disks = hostDisks[instanceType];
    return {
      instanceType,
      currentGeneration: true,
      instanceStorageSupported: disks !== undefined,
      instanceStorageInfo: disks
        ? { totalSizeInGB: disks[0] * disks[1], disks: [{ sizeInGB: disks[1], count: disks[0], type: "ssd" }] }
        : null,
    };
  },
};

/** Reading instances. */
export const instanceReads: Ec2Actions = {
  DescribeInstances: read(describeInstances),
  DescribeInstanceStatus: read((context) => list(context, statusList)),
  DescribeInstanceTypes: read((context) => list(context, typeList)),
  GetManagedResourceVisibility: read(() => ({ visibility: { defaultVisibility: "hidden" } })),
};
