import type { JsonObject } from "../../../../src/common.js";
import { need, number, records, text, texts } from "../../../../src/testing/fake-json.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { list, usualPages } from "../list.js";
import type { ElasticAddress, Instance } from "../records.js";
import { eip } from "../service.js";
import { change, existing, type TencentActions, type TencentRequestContext } from "../state.js";
import { beginNumberedTask } from "../tasks.js";
import { tagList, utc } from "../times.js";
import { timings } from "../timings.js";
import { isVersion6 } from "./version6.js";

const filterFields = {
  "address-id": "AddressId",
  "address-name": "AddressName",
  "address-ip": "AddressIp",
  "address-status": "AddressStatus",
  "instance-id": "InstanceId",
  "private-ip-address": "PrivateAddressIp",
  "network-interface-id": "NetworkInterfaceId",
  "is-arrears": "IsArrears",
  "instance-type": "InstanceType",
  "address-type": "AddressType",
  "address-isp": "InternetServiceProvider",
};
/** "Only the first value is used." */
const firstValueOnly = { "address-name": 1, "private-ip-address": 1 };

/** An elastic address, or the ordinary one of an instance, which has no id. */
type Listed = { readonly elastic: ElasticAddress } | { readonly holder: Instance; readonly ip: string };

/** Public addresses. */
export const addressActions: TencentActions = {
  "vpc:DescribeAddresses": list<Listed>(eip, {
    parameters: "AddressIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "AddressSet",
    things: ({ addresses, instances }, { parameters }) => {
      const version4 = [...addresses.values()].filter((one) => !isVersion6(one));
      const elastic = version4.map((one) => [one.id, { elastic: one }] as const);
      // "Ordinary public addresses are listed only if address-type says WanIP."
      const types = records(parameters, "Filters").find((filter) => need(filter, "Name") === "address-type");
      if (!types || !texts(types, "Values").includes("WanIP")) return new Map<string, Listed>(elastic);
      const ordinary = [...instances.values()].flatMap((holder) =>
        holder.ordinaryAddress ? [[holder.ordinaryAddress.id, { holder, ip: holder.ordinaryAddress.ip }] as const] : [],
      );
      return new Map<string, Listed>([...elastic, ...ordinary]);
    },
    ids: {
      parameter: "AddressIds",
      path: "AddressId",
      form: "address",
      malformed: "InvalidParameterValue.AddressIdMalformed",
      withFilters: true,
    },
    item: (listed, { state }) =>
      "elastic" in listed
        ? elasticItem(listed.elastic)
        : ordinaryItem(
            listed.holder,
            listed.ip,
            state.interfaces.get(listed.holder.interfaceIds[0] ?? "")?.privateIps[0],
          ),
    filters: filterFields,
    filterValues: firstValueOnly,
    tags: "TagSet",
    pages: usualPages,
  }),
  "vpc:DescribeIPv6Addresses": list<ElasticAddress>(eip, {
    parameters: "IPv6AddressIds[100] Filters[]{Name! Values[]!} Traditional:b Offset:n Limit:n",
    set: "AddressSet",
    // None here is of the traditional kind.
    things: ({ addresses }, { parameters }) =>
      new Map(parameters.Traditional === true ? [] : [...addresses].filter(([, address]) => isVersion6(address))),
    item: (address) => ({ ...elasticItem(address), AddressType: "EIPv6" }),
    filters: { ...filterFields, "public-ipv6-address": "AddressIp", "charge-type": "InternetChargeType" },
    filterValues: 100,
    tags: "TagSet",
    pages: usualPages,
  }),
  "vpc:DisassociateAddress": eip.write("AddressId! ReallocateNormalPublicIp:b", (context) => {
    const { state, effect } = context;
    const address = addressFor(context);
    if (address.status !== "BIND" && address.status !== "BIND_ENI") throw notNow(address);
    effect(address.id);
    change(state.addresses, address.id, { status: "UNBINDING" });
    context.later(timings.addressTaskMs, () => unbind(context, address.id));
    return { TaskId: beginNumberedTask(context, address.id, timings.addressTaskMs) };
  }),
  "vpc:AssociateAddress": eip.write(
    "AddressId! InstanceId NetworkInterfaceId PrivateIpAddress EipDirectConnection:b InstanceRegion",
    (context) => {
      const { state, effect } = context;
      const address = addressFor(context);
      if (address.status !== "UNBIND") throw notNow(address);
      const place = placeFor(context);
      effect(address.id);
      change(state.addresses, address.id, { status: "BINDING" });
      context.later(timings.addressTaskMs, () => change(state.addresses, address.id, place));
      return { TaskId: beginNumberedTask(context, address.id, timings.addressTaskMs) };
    },
  ),
  "vpc:ReleaseAddresses": eip.write("AddressIds[100]!", releaseAddresses),
  "vpc:DescribeTaskResult": eip.read("TaskId:n DealName", ({ state, parameters, now }) => {
    const id = number(parameters, "TaskId");
    if (id === undefined) throw refusal("MissingParameter", "The request names neither a task nor an order.");
    const task = state.tasks.get(String(id));
    if (task?.service !== "eip") throw refusal("InvalidParameter", `There is no task ${id}.`);
    return { TaskId: id, Result: now < task.doneAt ? "RUNNING" : "SUCCESS" };
  }),
};

function addressFor({ state, parameters }: TencentRequestContext): ElasticAddress {
  return existing(state.addresses, need(parameters, "AddressId"), "InvalidAddressId.NotFound", "address");
}

function notNow({ id, status }: ElasticAddress): Error {
  return refusal("InvalidAddressIdStatus.NotPermit", `The status ${status} of \`${id}\` does not permit that.`);
}

function unbind({ state }: TencentRequestContext, id: string): void {
  const address = state.addresses.get(id);
  if (address?.status !== "UNBINDING") return;
  if (address.cascadeRelease) state.addresses.delete(id);
  else
    change(state.addresses, id, {
      status: "UNBIND",
      instanceId: undefined,
      interfaceId: undefined,
      privateIp: undefined,
    });
}

function placeFor({ state, parameters }: TencentRequestContext): Partial<ElasticAddress> {
  const instanceId = text(parameters, "InstanceId");
  const interfaceId = text(parameters, "NetworkInterfaceId");
  if ((instanceId === undefined) === (interfaceId === undefined))
    throw refusal("InvalidParameterConflict", "Send either `InstanceId` or `NetworkInterfaceId`.");
  if (instanceId !== undefined) {
    const instance = existing(state.instances, instanceId, "InvalidInstanceId.NotFound", "instance");
    const [primary = ""] = instance.interfaceIds;
    const privateIp = state.interfaces.get(primary)?.privateIps[0];
    const isTaken = [...state.addresses.values()].some((other) => other.interfaceId === primary);
    if (isTaken || instance.ordinaryAddress)
      throw refusal("InvalidInstanceId.AlreadyBindEip", `\`${instanceId}\` has a public address.`);
    return { status: "BIND", instanceId, interfaceId: primary, privateIp };
  }
  const id = interfaceId ?? "";
  const one = existing(state.interfaces, id, "InvalidNetworkInterfaceId.NotFound", "network interface");
  const privateIp = text(parameters, "PrivateIpAddress");
  if (privateIp === undefined || !one.privateIps.includes(privateIp))
    throw refusal("InvalidParameterValue.PrivateIpAddressNotMatch", `\`${id}\` has no such private address.`);
  return { status: one.primary ? "BIND" : "BIND_ENI", instanceId: one.instanceId, interfaceId: id, privateIp };
}

/** "Only an address that is UNBIND can be released." A prepaid one is isolated first, and gone after the second call. */
function releaseAddresses(context: TencentRequestContext): JsonObject {
  const { state, parameters, effect } = context;
  const addresses = texts(parameters, "AddressIds").map((id) =>
    existing(state.addresses, id, "InvalidAddressId.NotFound", "address"),
  );
  for (const address of addresses.filter(isVersion6))
    throw refusal("InvalidParameterValue.AddressIdMalformed", `\`${address.id}\` is released by ReleaseIPv6Addresses.`);
  for (const address of addresses)
    if (address.status !== "UNBIND")
      throw refusal("UnsupportedOperation.AddressStatusNotPermit", `\`${address.id}\` is ${address.status}.`);
  const returned = addresses.filter(
    ({ chargeType, inArrears }) => chargeType === "BANDWIDTH_PREPAID_BY_MONTH" && !inArrears,
  );
  const left = state.quotas.get("refunds");
  if (left !== undefined && returned.length > left)
    throw refusal("LimitExceeded.AccountReturnQuota", "The return quota has been used up.");
  if (left !== undefined) state.quotas.set("refunds", left - returned.length);
  for (const address of addresses) {
    effect(address.id);
    if (returned.includes(address)) {
      change(state.addresses, address.id, { inArrears: true });
      continue;
    }
    if (address.inArrears) effect(`${address.id}/second-stage`);
    change(state.addresses, address.id, { status: "OFFLINING" });
    context.later(timings.addressTaskMs, () => {
      if (state.addresses.get(address.id)?.status === "OFFLINING") state.addresses.delete(address.id);
    });
  }
  return { TaskId: beginNumberedTask(context, addresses[0]?.id ?? "", timings.addressTaskMs) };
}

function elasticItem(address: ElasticAddress): JsonObject {
  return {
    AddressId: address.id,
    AddressName: address.name,
    AddressIp: address.ip,
    AddressStatus: address.status,
    AddressType: "EIP",
    InstanceId: address.instanceId ?? null,
    InstanceType: address.instanceId === undefined ? null : address.status === "BIND_ENI" ? "ENI" : "CVM",
    NetworkInterfaceId: address.interfaceId ?? null,
    PrivateAddressIp: address.privateIp ?? null,
    IsArrears: address.inArrears,
    IsBlocked: false,
    IsEipDirectConnection: false,
    EipAlgType: { Ftp: true, Sip: true },
    LocalBgp: false,
    CascadeRelease: address.cascadeRelease,
    CreatedTime: utc(address.createdAt),
    TagSet: tagList(address.tags),
    InternetChargeType: address.chargeType,
    Bandwidth: 1,
    BandwidthPackageId: null,
    DeadlineDate: null,
    Egress: "center_egress1",
    InternetServiceProvider: "BGP",
  };
}

/** No id: such an address is named by itself (ReturnNormalAddresses takes `AddressIps`). */
function ordinaryItem(holder: Instance, ip: string, privateIp: string | undefined): JsonObject {
  return {
    AddressId: "",
    AddressName: "",
    AddressIp: ip,
    AddressStatus: "BIND",
    AddressType: "WanIP",
    InstanceId: holder.id,
    InstanceType: "CVM",
    NetworkInterfaceId: holder.interfaceIds[0] ?? null,
    PrivateAddressIp: privateIp ?? null,
    IsArrears: false,
    IsBlocked: false,
    CascadeRelease: false,
    CreatedTime: utc(holder.createdAt),
    TagSet: [],
    InternetChargeType: "TRAFFIC_POSTPAID_BY_HOUR",
    Bandwidth: 5,
    BandwidthPackageId: null,
    DeadlineDate: null,
  };
}
