import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { type ListSpec, list } from "../describe.js";
import { associate, disassociate } from "../interfaces.js";
import { freePublicIp, isDefaultVpc } from "../network.js";
import { type AwsRequestContext, type ElasticAddress, existing, type NetworkInterface, tagSet } from "../state.js";
import { flag, need, text } from "../wire/read.js";
import { done, type Ec2Actions, read, write } from "./actions.js";

/** Not paged. An address that is on nothing has an empty `instanceId`, not none, as recorded answers show. */
const addressList: ListSpec<ElasticAddress> = {
  set: "addressesSet",
  things: ({ addresses }) => addresses,
  ids: [
    { parameter: "AllocationId", path: "allocationId", notFound: "InvalidAllocationID.NotFound" },
    { parameter: "PublicIp", path: "publicIp", notFound: "InvalidAddress.NotFound" },
  ],
  filters: {
    "allocation-id": "allocationId",
    "association-id": "associationId",
    "instance-id": "instanceId",
    "network-interface-id": "networkInterfaceId",
    "network-interface-owner-id": "networkInterfaceOwnerId",
    "private-ip-address": "privateIpAddress",
    "public-ip": "publicIp",
  },
  item: ({ id, ip, association, tags }, { state, scope }) => ({
    publicIp: ip,
    allocationId: id,
    domain: "vpc",
    instanceId: association ? (state.interfaces.get(association.interfaceId)?.attachment?.instanceId ?? "") : "",
    associationId: association?.id ?? null,
    networkInterfaceId: association?.interfaceId ?? null,
    networkInterfaceOwnerId: association ? scope.accountId : null,
    privateIpAddress: association?.privateIp ?? null,
    publicIpv4Pool: "amazon",
    networkBorderGroup: scope.region,
    tagSet: tagSet(tags),
  }),
};

function release(context: AwsRequestContext): JsonObject {
  const { state, effect } = context;
  const address = toRelease(context);
  const vpcId = state.interfaces.get(address.association?.interfaceId ?? "")?.vpcId;
  // In a default VPC a release takes the address off first; elsewhere it is refused (ReleaseAddress).
  if (vpcId !== undefined && !isDefaultVpc(state, vpcId))
    throw refusal("InvalidIPAddress.InUse", `Address ${address.ip} is in use.`);
  disassociate(context, address.id);
  state.addresses.delete(address.id);
  effect(address.id);
  return done;
}

function toRelease({ state, parameters }: AwsRequestContext): ElasticAddress {
  const id = text(parameters, "AllocationId");
  if (id === undefined) throw refusal("MissingParameter", "The request must contain the parameter AllocationId");
  // "If you attempt to release an Elastic IP address that you already released, you'll get an AuthFailure error if the
  // address is already allocated to another Amazon Web Services account" (ReleaseAddress).
  if (state.lostAddresses.has(id)) throw refusal("AuthFailure", `The address '${id}' does not belong to you.`, 401);
  return existing(state.addresses, id, "InvalidAllocationID.NotFound", "allocation ID");
}

/** "This is an idempotent operation": an association that is no more is no error, one that never was is. */
function takeOff(context: AwsRequestContext): JsonObject {
  const { state, parameters, ids, effect } = context;
  const id = text(parameters, "AssociationId");
  if (id === undefined) throw refusal("MissingParameter", "The request must contain the parameter AssociationId");
  const address = [...state.addresses.values()].find(({ association }) => association?.id === id);
  if (!address && ids.known(id) !== undefined) return done;
  if (!address) throw refusal("InvalidAssociationID.NotFound", `The association ID '${id}' does not exist`);
  disassociate(context, address.id);
  effect(address.id);
  return done;
}

function putOn(context: AwsRequestContext): JsonObject {
  const { state, parameters, effect } = context;
  const id = need(parameters, "AllocationId");
  const address = existing(state.addresses, id, "InvalidAllocationID.NotFound", "allocation ID");
  const card = interfaceFor(context);
  const privateIp = text(parameters, "PrivateIpAddress") ?? card.privateIps[0] ?? "";
  const same = address.association?.interfaceId === card.id && address.association.privateIp === privateIp;
  if (address.association && !same && flag(parameters, "AllowReassociation") !== true)
    throw refusal("Resource.AlreadyAssociated", `resource ${id} is already associated with ${address.association.id}`);
  const associationId = associate(context, id, card.id, privateIp);
  effect(id);
  return { return: true, associationId };
}

function interfaceFor({ state, parameters }: AwsRequestContext): NetworkInterface {
  const instanceId = text(parameters, "InstanceId");
  const instance =
    instanceId === undefined
      ? undefined
      : existing(state.instances, instanceId, "InvalidInstanceID.NotFound", "instance ID");
  const cardId = text(parameters, "NetworkInterfaceId") ?? instance?.interfaceIds[0] ?? "";
  return existing(state.interfaces, cardId, "InvalidNetworkInterfaceID.NotFound", "networkInterface ID");
}

function allocate({ state, ids, effect, scope }: AwsRequestContext): JsonObject {
  const id = ids.assign("address");
  const ip = freePublicIp(state);
  state.addresses.set(id, { id, ip, tags: {} });
  effect(id);
  return { publicIp: ip, allocationId: id, domain: "vpc", publicIpv4Pool: "amazon", networkBorderGroup: scope.region };
}

/** Elastic IPs. */
export const addressActions: Ec2Actions = {
  DescribeAddresses: read((context) => list(context, addressList)),
  AllocateAddress: write(allocate),
  AssociateAddress: write(putOn),
  DisassociateAddress: write(takeOff),
  ReleaseAddress: write(release),
};
