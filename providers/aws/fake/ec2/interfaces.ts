import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { checkForm, type ListSpec, list } from "../describe.js";
import { addressesOn } from "../interfaces.js";
import {
  type AwsRequestContext,
  change,
  existing,
  type InterfaceAttachment,
  iso,
  type NetworkInterface,
  tagSet,
} from "../state.js";
import { flag, need, record, text, texts } from "../wire/read.js";
import { done, type Ec2Actions, read, write } from "./actions.js";
import { groupSet, hidesManaged, operatorElement } from "./elements.js";

const interfaceList: ListSpec<NetworkInterface> = {
  set: "networkInterfaceSet",
  things: ({ interfaces }) => interfaces,
  item: interfaceItem,
  ids: [
    {
      parameter: "NetworkInterfaceId",
      path: "networkInterfaceId",
      notFound: "InvalidNetworkInterfaceID.NotFound",
      form: "network-interface",
      malformed: "InvalidNetworkInterfaceId.Malformed",
    },
  ],
  idsExcludePages: true,
  pages: [5, 1000],
  hides: hidesManaged,
  filters: {
    "addresses.association.public-ip": "privateIpAddressesSet.association.publicIp",
    "addresses.primary": "privateIpAddressesSet.primary",
    "addresses.private-ip-address": "privateIpAddressesSet.privateIpAddress",
    "association.allocation-id": "association.allocationId",
    "association.association-id": "association.associationId",
    "association.ip-owner-id": "association.ipOwnerId",
    "association.public-ip": "association.publicIp",
    "attachment.attachment-id": "attachment.attachmentId",
    "attachment.delete-on-termination": "attachment.deleteOnTermination",
    "attachment.device-index": "attachment.deviceIndex",
    "attachment.instance-id": "attachment.instanceId",
    "attachment.instance-owner-id": "attachment.instanceOwnerId",
    "attachment.status": "attachment.status",
    "availability-zone": "availabilityZone",
    description: "description",
    "group-id": "groupSet.groupId",
    "interface-type": "interfaceType",
    "network-interface-id": "networkInterfaceId",
    "operator.managed": "operator.managed",
    "operator.principal": "operator.principal",
    "owner-id": "ownerId",
    "private-dns-name": "privateDnsName",
    "private-ip-address": "privateIpAddress",
    "requester-id": "requesterId",
    "requester-managed": "requesterManaged",
    "source-dest-check": "sourceDestCheck",
    status: "status",
    "subnet-id": "subnetId",
    "vpc-id": "vpcId",
  },
};

/** An interface as DescribeNetworkInterfaces and DescribeInstances show it. */
export function interfaceItem(card: NetworkInterface, context: AwsRequestContext): JsonObject {
  const { accountId } = context.scope;
  const elastic = addressesOn(context, card.id);
  const associationOf = (privateIp: string): JsonObject | null => {
    const address = elastic.find(({ association }) => association?.privateIp === privateIp);
    if (address?.association)
      return {
        publicIp: address.ip,
        allocationId: address.id,
        associationId: address.association.id,
        ipOwnerId: accountId,
      };
    const ephemeral = privateIp === card.privateIps[0] ? card.ephemeralIp : undefined;
    return ephemeral === undefined ? null : { publicIp: ephemeral, ipOwnerId: "amazon" };
  };
  const [primary = ""] = card.privateIps;
  return {
    networkInterfaceId: card.id,
    subnetId: card.subnetId,
    vpcId: card.vpcId,
    availabilityZone: card.zone,
    description: card.description,
    ownerId: accountId,
    requesterId: card.requester ?? null,
    requesterManaged: card.requester !== undefined,
    status: card.attachment ? "in-use" : "available",
    interfaceType: card.interfaceType,
    privateIpAddress: primary,
    sourceDestCheck: card.sourceDestCheck,
    groupSet: groupSet(context, card.groupIds),
    attachment: card.attachment ? attachmentElement(card.attachment, context) : null,
    association: associationOf(primary),
    privateIpAddressesSet: card.privateIps.map((privateIpAddress, index) => ({
      privateIpAddress,
      primary: index === 0,
      association: associationOf(privateIpAddress),
    })),
    ipv6AddressesSet: [],
    operator: operatorElement(card.operator),
    tagSet: tagSet(card.tags),
  };
}

/** What a service has attached names no instance, and its owner is `amazon-aws`. */
function attachmentElement(attachment: InterfaceAttachment, { scope }: AwsRequestContext): JsonObject {
  const { id, instanceId, deviceIndex, attachTime, deleteOnTermination } = attachment;
  return {
    attachmentId: id,
    instanceId: instanceId ?? null,
    instanceOwnerId: instanceId === undefined ? "amazon-aws" : scope.accountId,
    deviceIndex,
    status: "attached",
    attachTime: iso(attachTime),
    deleteOnTermination,
  };
}

function named({ state, parameters }: AwsRequestContext): NetworkInterface {
  const id = need(parameters, "NetworkInterfaceId");
  checkForm("network-interface", id, "InvalidNetworkInterfaceId.Malformed");
  return existing(state.interfaces, id, "InvalidNetworkInterfaceID.NotFound", "networkInterface ID");
}

function modify(context: AwsRequestContext): JsonObject {
  const { parameters, state, effect } = context;
  const card = named(context);
  if (card.operator)
    throw refusal("OperationNotPermitted", `The interface '${card.id}' is managed by ${card.operator}.`);
  if (parameters.Attachment !== undefined) modifyAttachment(context, card, record(parameters, "Attachment"));
  const groupIds = texts(parameters, "SecurityGroupId");
  for (const id of groupIds) existing(state.groups, id, "InvalidGroup.NotFound", "security group");
  if (groupIds.length > 0) change(state.interfaces, card.id, { groupIds });
  const sourceDestCheck = flag(record(parameters, "SourceDestCheck"), "Value");
  if (sourceDestCheck !== undefined) change(state.interfaces, card.id, { sourceDestCheck });
  const description = text(record(parameters, "Description"), "Value");
  if (description !== undefined) change(state.interfaces, card.id, { description });
  effect(card.id);
  return done;
}

function modifyAttachment({ state }: AwsRequestContext, card: NetworkInterface, wanted: JsonObject): void {
  const id = text(wanted, "AttachmentId");
  if (id === undefined) throw refusal("MissingParameter", "The request must contain the parameter AttachmentId");
  if (card.attachment?.id !== id)
    throw refusal("InvalidAttachmentID.NotFound", `The network interface attachment '${id}' does not exist.`);
  const deleteOnTermination = flag(wanted, "DeleteOnTermination") ?? card.attachment.deleteOnTermination;
  change(state.interfaces, card.id, { attachment: { ...card.attachment, deleteOnTermination } });
}

function remove(context: AwsRequestContext): JsonObject {
  const card = named(context);
  if (card.attachment) throw refusal("InvalidParameterValue", `Network interface '${card.id}' is currently in use.`);
  context.state.interfaces.delete(card.id);
  context.effect(card.id);
  return done;
}

/** Network interfaces. */
export const interfaceActions: Ec2Actions = {
  DescribeNetworkInterfaces: read((context) => list(context, interfaceList)),
  ModifyNetworkInterfaceAttribute: write(modify),
  DeleteNetworkInterface: write(remove),
};
