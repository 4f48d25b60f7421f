import type { JsonObject } from "../../../../src/common.js";
import { list, usualPages } from "../list.js";
import type { Instance } from "../records.js";
import { cvm } from "../service.js";
import type { TencentActions, TencentState } from "../state.js";
import { utc } from "../times.js";
import { isVersion6 } from "../vpc/version6.js";

/** Reading instances: recorded shapes, nulls and empty texts included. */
export const describeActions: TencentActions = {
  "cvm:DescribeInstances": list<Instance>(cvm, {
    parameters: "InstanceIds[100] Filters[]{Name! Values[]!} Offset:n Limit:n",
    set: "InstanceSet",
    things: ({ instances }) => instances,
    ids: { parameter: "InstanceIds", path: "InstanceId", form: "instance", malformed: "InvalidInstanceId.Malformed" },
    item: (instance, { state, now }) => instanceItem(state, instance, now),
    filters: {
      zone: "Placement.Zone",
      "project-id": "Placement.ProjectId",
      "host-id": "Placement.HostId",
      "dedicated-cluster-id": "DedicatedClusterId",
      "vpc-id": "VirtualPrivateCloud.VpcId",
      "subnet-id": "VirtualPrivateCloud.SubnetId",
      "instance-id": "InstanceId",
      uuid: "Uuid",
      "security-group-id": "SecurityGroupIds",
      "instance-name": "InstanceName",
      "instance-charge-type": "InstanceChargeType",
      "private-ip-address": "PrivateIpAddresses",
      "public-ip-address": "PublicIpAddresses",
      "ipv6-address": "IPv6Addresses",
      "instance-state": "InstanceState",
      "instance-type": "InstanceType",
      "disaster-recover-group-id": "DisasterRecoverGroupId",
    },
    tags: "Tags",
    pages: usualPages,
  }),
  "cvm:DescribeInstancesStatus": list<Instance>(cvm, {
    parameters: "InstanceIds[100] Offset:n Limit:n",
    set: "InstanceStatusSet",
    things: ({ instances }) => instances,
    ids: { parameter: "InstanceIds", path: "InstanceId", form: "instance", malformed: "InvalidInstanceId.Malformed" },
    item: (instance, { now }) => ({ InstanceId: instance.id, InstanceState: shownState(instance, now) }),
    pages: usualPages,
  }),
};

/** The state that reads show: an accepted termination needs a moment to get there. */
export function shownState({ state, shown }: Instance, now: number): string {
  return shown !== undefined && now < shown.until ? shown.state : state;
}

/** Public addresses of the primary interface, the ordinary one and elastic ones alike. */
export function publicIpsOf(state: TencentState, instance: Instance): readonly string[] {
  const ordinary = instance.ordinaryAddress ? [instance.ordinaryAddress.ip] : [];
  return [...ordinary, ...elasticIpsOf(state, instance).filter((ip) => !isVersion6({ ip }))];
}

function elasticIpsOf(state: TencentState, { id, interfaceIds: [primary] }: Instance): readonly string[] {
  return [...state.addresses.values()].flatMap(({ ip, instanceId, interfaceId }) =>
    instanceId === id && interfaceId === primary ? [ip] : [],
  );
}

/** Private addresses of the primary interface. */
export function privateIpsOf(state: TencentState, { interfaceIds: [primary = ""] }: Instance): readonly string[] {
  return state.interfaces.get(primary)?.privateIps ?? [];
}

function instanceItem(state: TencentState, instance: Instance, now: number): JsonObject {
  const { operation } = instance;
  const publicIps = publicIpsOf(state, instance);
  const version6 = elasticIpsOf(state, instance).filter((ip) => isVersion6({ ip }));
  return {
    Placement: { Zone: instance.zone, HostId: instance.hostId ?? null, ProjectId: 0 },
    InstanceId: instance.id,
    Uuid: instance.uuid,
    InstanceState: shownState(instance, now),
    RestrictState: instance.isolatedSource === "EXPIRE" ? "EXPIRED" : instance.restrictState,
    InstanceType: "SA2.MEDIUM4",
    CPU: 2,
    Memory: 4,
    InstanceName: instance.name,
    InstanceChargeType: instance.chargeType,
    ...disksOf(state, instance),
    PrivateIpAddresses: privateIpsOf(state, instance),
    PublicIpAddresses: publicIps.length > 0 ? publicIps : null,
    IPv6Addresses: null,
    // A field of newer answers; recordings are older.
    ...(version6.length === 0 ? {} : { PublicIPv6Addresses: version6 }),
    InternetAccessible: {
      InternetMaxBandwidthOut: publicIps.length > 0 ? 5 : 0,
      InternetChargeType: "TRAFFIC_POSTPAID_BY_HOUR",
    },
    VirtualPrivateCloud: {
      VpcId: instance.vpcId,
      SubnetId: instance.subnetId,
      AsVpcGateway: instance.isPublicGateway,
    },
    SecurityGroupIds: instance.groupIds,
    LoginSettings: { KeyIds: instance.keyIds.length > 0 ? instance.keyIds : null },
    ImageId: "img-eb30mz89",
    OsName: "TencentOS Server 3.1 (TK4)",
    DefaultLoginUser: "root",
    DefaultLoginPort: 22,
    RenewFlag: instance.renewFlag ?? null,
    CreatedTime: utc(instance.createdAt),
    ExpiredTime: instance.expiresAt === undefined ? null : utc(instance.expiresAt),
    // Recorded: each tag carries its words twice.
    Tags: Object.entries(instance.tags).map(([Key, Value]) => ({ tagKey: Key, tagValue: Value, Key, Value })),
    DisasterRecoverGroupId: instance.placementGroupId ?? "",
    DisasterRecoverGroupIds: instance.placementGroupId === undefined ? [] : [instance.placementGroupId],
    DedicatedClusterId: "",
    CamRoleName: instance.roleName,
    LatestOperation: operation?.name ?? null,
    LatestOperationState: operation?.state ?? null,
    LatestOperationRequestId: operation?.requestId ?? null,
    LatestOperationErrorMsg: operation ? "" : null,
    IsolatedSource: instance.isolatedSource,
    HpcClusterId: "",
    DisableApiTermination: instance.isProtected,
    RdmaIpAddresses: null,
    LicenseType: "TencentCloud",
    StopChargingMode: instance.stopChargingMode,
  };
}

/** Disks of the host have ids of another form (seen in real answers: `ldisk-lkmi232a`); CBS does not know them. */
function disksOf(state: TencentState, instance: Instance): JsonObject {
  const cloud = instance.diskIds.flatMap((id) => {
    const disk = state.disks.get(id);
    if (!disk) return [];
    const item = {
      DiskType: disk.type,
      DiskId: id,
      DiskSize: disk.sizeGiB,
      Encrypt: disk.keyId !== undefined,
      KmsKeyId: disk.keyId ?? null,
      CdcId: null,
    };
    return [{ isSystem: disk.usage === "SYSTEM_DISK", item, deletes: disk.deleteWithInstance }];
  });
  const local = instance.localDisks.map(({ id, role, sizeGiB }) => {
    const item = {
      DiskType: "LOCAL_BASIC",
      DiskId: id,
      DiskSize: sizeGiB,
      Encrypt: false,
      KmsKeyId: null,
      CdcId: null,
    };
    return { isSystem: role === "system", item, deletes: true };
  });
  const all = [...cloud, ...local];
  return {
    SystemDisk: all.find(({ isSystem }) => isSystem)?.item ?? null,
    DataDisks: all
      .filter(({ isSystem }) => !isSystem)
      .map(({ item, deletes }) => ({ ...item, DeleteWithInstance: deletes, ThroughputPerformance: 0 })),
  };
}
