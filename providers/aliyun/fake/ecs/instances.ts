import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { read } from "../action.js";
import { isLocal } from "../disks.js";
import { among, amongIds, checkForm, type Filter, is, isOneOf, matching, tagged, tagList } from "../lists.js";
import type {
  Address,
  AliyunActions,
  AliyunRequestContext,
  AliyunState,
  Instance,
  NetworkInterface,
} from "../state.js";
import { ecsPage, numberedPage } from "../wire/pages.js";
import { need, text, texts } from "../wire/read.js";
import { minutes, neverExpires } from "../wire/times.js";

const pages = "MaxResults:n NextToken PageNumber:n PageSize:n";
const lockReasons = ["financial", "security", "Recycling", "dedicatedhostfinancial", "refunded"];
const statuses = ["Pending", "Starting", "Running", "Stopping", "Stopped"];

/** The instance a request names, or the refusal of every call that addresses one directly. */
export function namedInstance({ state, input }: AliyunRequestContext, name = "InstanceId"): Instance {
  const id = need(input, name);
  checkForm("instance", id, "InvalidInstanceId.Malformed");
  return existingInstance(state, id);
}

/** The instance with that id. */
export function existingInstance(state: AliyunState, id: string): Instance {
  const instance = state.instances.get(id);
  if (!instance) throw refusal("InvalidInstanceId.NotFound", "The specified InstanceId does not exist.", 404);
  return instance;
}

/** What hangs on instances, looked up once per request. */
interface Surroundings {
  readonly interfaces: ReadonlyMap<string, readonly NetworkInterface[]>;
  readonly addresses: ReadonlyMap<string, Address>;
  readonly region: string;
  /** Ids of the instances of disks of the host, one for each disk. */
  readonly localDisks: readonly string[];
}

function surroundings({ state, scope }: AliyunRequestContext): Surroundings {
  const interfaces = new Map<string, NetworkInterface[]>();
  for (const each of state.interfaces.values()) {
    const list = interfaces.get(each.instanceId) ?? [];
    if (each.type === "Primary") list.unshift(each);
    else list.push(each);
    interfaces.set(each.instanceId, list);
  }
  const held = [...state.addresses.values()].filter(({ ours, holder }) => ours && holder?.type === "EcsInstance");
  const localDisks = [...state.disks.values()]
    .filter(isLocal)
    .flatMap(({ attachments }) => attachments.map(({ instanceId }) => instanceId));
  const addresses = new Map(held.map((address) => [address.holder?.id ?? "", address]));
  return { interfaces, addresses, localDisks, region: scope.region };
}

/** Filters of the instance list. `SecurityGroupId` asks for the groups of primary interfaces alone. */
function filters({ interfaces, addresses }: Surroundings): Readonly<Record<string, Filter<Instance>>> {
  const primary = ({ id }: Instance) => interfaces.get(id)?.[0];
  return {
    InstanceIds: amongIds("instance", "InvalidInstanceIds.Malformed", ({ id }) => id),
    VpcId: is(({ vpcId }) => vpcId),
    VSwitchId: is(({ switchId }) => switchId),
    ZoneId: is(({ zone }) => zone),
    KeyPairName: is(({ keyPair }) => keyPair),
    InstanceType: is(({ type }) => type),
    Status: isOneOf(statuses, "InvalidStatus.NotFound", 404, ({ status }) => status),
    InstanceChargeType: isOneOf(
      ["PostPaid", "PrePaid"],
      "InvalidInstanceChargeType.NotFound",
      404,
      ({ chargeType }) => chargeType,
    ),
    LockReason: isOneOf(lockReasons, "InvalidLockReason.NotFound", 404, ({ locks }) => locks),
    SecurityGroupId: (input, name) => {
      const wanted = text(input, name);
      return wanted ? (instance) => primary(instance)?.groupIds.includes(wanted) ?? false : undefined;
    },
    PrivateIpAddresses: among((instance) => primary(instance)?.privateIps ?? []),
    PublicIpAddresses: among(({ publicIp }) => publicIp ?? []),
    EipAddresses: among(({ id }) => addresses.get(id)?.ip ?? []),
    Tag: tagged(({ tags }) => tags),
  };
}

function describeInstances(context: AliyunRequestContext): JsonObject {
  const { state, input } = context;
  const around = surroundings(context);
  const { rows, fields } = ecsPage(input, matching(state.instances.values(), input, filters(around)), 100);
  return { ...fields, Instances: { Instance: rows.map((row) => instanceRow(row, around)) } };
}

/** An instance as DescribeInstances shows it: what is absent is an empty text, times have no seconds. */
function instanceRow(instance: Instance, { interfaces, addresses, localDisks, region }: Surroundings): JsonObject {
  const { id, chargeType, expiresAt, autoReleaseAt, publicIp, tags, locks } = instance;
  const own = interfaces.get(id) ?? [];
  const [primary] = own;
  const address = addresses.get(id);
  return {
    InstanceId: id,
    InstanceName: instance.name,
    HostName: instance.name,
    Description: "",
    Status: instance.status,
    StoppedMode: instance.status === "Stopped" ? instance.stoppedMode : "Not-applicable",
    RegionId: region,
    ZoneId: instance.zone,
    ClusterId: "",
    VlanId: "",
    SerialNumber: id.replace("i-", ""),
    CreditSpecification: "",
    CpuOptions: { CoreCount: 1, ThreadsPerCore: 2, Numa: "ON" },
    MetadataOptions: { HttpEndpoint: "", HttpTokens: "" },
    DedicatedInstanceAttribute: { Affinity: "", Tenancy: "" },
    InstanceType: instance.type,
    InstanceTypeFamily: instance.type.split(".").slice(0, 2).join("."),
    Cpu: 2,
    Memory: 8192,
    InstanceNetworkType: "vpc",
    InstanceChargeType: chargeType,
    SpotStrategy: instance.spot ? "SpotAsPriceGo" : "NoSpot",
    SpotPriceLimit: 0,
    SaleCycle: "",
    ExpiredTime: chargeType === "PrePaid" && expiresAt !== undefined ? minutes(expiresAt) : neverExpires,
    AutoReleaseTime: autoReleaseAt === undefined ? "" : minutes(autoReleaseAt),
    CreationTime: minutes(instance.createdAt),
    StartTime: minutes(instance.startedAt),
    DeletionProtection: instance.deletionProtection,
    Recyclable: false,
    DeviceAvailable: true,
    IoOptimized: true,
    OperationLocks: { LockReason: locks.map((LockReason) => ({ LockReason })) },
    SecurityGroupIds: { SecurityGroupId: primary?.groupIds ?? [] },
    VpcAttributes: {
      VpcId: instance.vpcId,
      VSwitchId: instance.switchId,
      NatIpAddress: "",
      PrivateIpAddress: { IpAddress: primary?.privateIps.slice(0, 1) ?? [] },
    },
    InnerIpAddress: { IpAddress: [] },
    PublicIpAddress: { IpAddress: publicIp === undefined ? [] : [publicIp] },
    EipAddress: {
      AllocationId: address?.id ?? "",
      IpAddress: address?.ip ?? "",
      InternetChargeType: address ? "PayByTraffic" : "",
      ...(address ? { Bandwidth: 5, IsSupportUnassociate: true } : {}),
    },
    InternetChargeType: "PayByTraffic",
    InternetMaxBandwidthIn: publicIp === undefined ? -1 : 100,
    InternetMaxBandwidthOut: publicIp === undefined ? 0 : 5,
    NetworkInterfaces: { NetworkInterface: own.map(interfaceOfInstance) },
    LocalStorageAmount: localDisks.filter((holder) => holder === id).length,
    GPUAmount: 0,
    GPUSpec: "",
    OSType: "linux",
    OSName: "CentOS  7.4 64位",
    OSNameEn: "CentOS  7.4 64 bit",
    ImageId: "centos_7_04_64_20G_alibase_20180419.vhd",
    KeyPairName: instance.keyPair,
    DeploymentSetId: instance.deploymentSetId,
    DedicatedHostAttribute: {
      DedicatedHostId: instance.dedicatedHostId,
      DedicatedHostName: "",
      DedicatedHostClusterId: "",
    },
    EcsCapacityReservationAttr: { CapacityReservationId: "", CapacityReservationPreference: "" },
    HpcClusterId: "",
    ResourceGroupId: "",
    Tags: tagList(tags),
  };
}

function interfaceOfInstance({ id, type, privateIps }: NetworkInterface): JsonObject {
  return {
    NetworkInterfaceId: id,
    Type: type,
    PrimaryIpAddress: privateIps[0] ?? "",
    MacAddress: "00:16:3e:00:00:01",
    PrivateIpSets: {
      PrivateIpSet: privateIps.map((PrivateIpAddress, index) => ({ PrivateIpAddress, Primary: index === 0 })),
    },
  };
}

function describeInstanceStatus({ state, input }: AliyunRequestContext): JsonObject {
  const found = matching(state.instances.values(), input, {
    InstanceId: amongIds<Instance>("instance", "InvalidInstanceId.Malformed", ({ id }) => id),
    ZoneId: is(({ zone }) => zone),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  return {
    ...fields,
    InstanceStatuses: { InstanceStatus: rows.map(({ id, status }) => ({ InstanceId: id, Status: status })) },
  };
}

function describeInstancesFullStatus({ state, input }: AliyunRequestContext): JsonObject {
  const found = matching(state.instances.values(), input, {
    InstanceId: amongIds<Instance>("instance", "InvalidParameter", ({ id }) => id),
    Status: is(({ status }) => status),
  });
  const { rows, fields } = numberedPage(input, found, 100);
  const events = [...state.systemEvents.values()];
  const row = ({ id, status }: Instance): JsonObject => ({
    InstanceId: id,
    Status: { Code: 0, Name: status },
    HealthStatus: { Code: 0, Name: "Ok" },
    ScheduledSystemEventSet: {
      ScheduledSystemEventType: events
        .filter(({ instanceId }) => instanceId === id)
        .map((event) => ({
          EventId: event.id,
          EventType: { Code: 1, Name: event.type },
          EventCycleStatus: event.executing ? { Code: 26, Name: "Executing" } : { Code: 24, Name: "Scheduled" },
          EventPublishTime: minutes(event.notBefore),
          NotBefore: minutes(event.notBefore),
          ImpactLevel: "50",
          ExtendedAttribute: {},
          Reason: "",
        })),
    },
  });
  return { ...fields, InstanceFullStatusSet: { InstanceFullStatusType: rows.map(row) } };
}

function describeInstanceRamRole({ state, input, scope }: AliyunRequestContext): JsonObject {
  const ids = texts(input, "InstanceIds");
  if (ids === undefined && text(input, "RamRoleName") === undefined)
    throw refusal("InvalidParameter.AllEmpty", "InstanceIds and RamRoleName can not be both empty.", 403);
  for (const id of ids ?? []) existingInstance(state, id);
  const found = matching(state.instances.values(), input, {
    InstanceIds: among<Instance>(({ id }) => id),
    RamRoleName: is(({ role }) => role),
  });
  const { rows, fields } = numberedPage(input, found, 50);
  return {
    RegionId: scope.region,
    TotalCount: fields.TotalCount ?? 0,
    InstanceRamRoleSets: {
      InstanceRamRoleSet: rows.map(({ id, role }) => ({ InstanceId: id, RamRoleName: role })),
    },
  };
}

function describeAttachmentAttributes({ state, input }: AliyunRequestContext): JsonObject {
  const found = matching(state.instances.values(), input, { InstanceIds: among<Instance>(({ id }) => id) });
  const { rows, fields } = numberedPage(input, found, 100);
  return {
    ...fields,
    Instances: {
      Instance: rows.map(({ id, reservationId }) => ({
        InstanceId: id,
        PrivatePoolOptionsId: reservationId,
        PrivatePoolOptionsMatchCriteria: reservationId === "" ? "Open" : "Target",
      })),
    },
  };
}

function describeUserData(context: AliyunRequestContext): JsonObject {
  const { id, userData } = namedInstance(context);
  const { region } = context.scope;
  return { InstanceId: id, RegionId: region, UserData: Buffer.from(userData).toString("base64") };
}

/** Reads of instances. */
export const instanceReads: AliyunActions = {
  "ecs:DescribeInstances": read(
    `RegionId! InstanceIds:j100 VpcId VSwitchId ZoneId Status InstanceChargeType InstanceType SecurityGroupId KeyPairName
     PrivateIpAddresses:j100 PublicIpAddresses:j100 EipAddresses:j100 LockReason Tag[20]{Key! Value}
     AdditionalAttributes[] ${pages}`,
    describeInstances,
    { codes: { InstanceIds: ["InvalidInstanceIds.Malformed", 400], Tag: ["InvalidTagCount", 400] } },
  ),
  "ecs:DescribeInstanceStatus": read(
    "RegionId! ZoneId InstanceId[100] PageNumber:n PageSize:n",
    describeInstanceStatus,
  ),
  "ecs:DescribeInstancesFullStatus": read(
    "RegionId! InstanceId[100] Status PageNumber:n PageSize:n",
    describeInstancesFullStatus,
    { codes: { InstanceId: ["InstanceIdLimitExceeded", 403] } },
  ),
  "ecs:DescribeInstanceRamRole": read(
    "RegionId! InstanceIds:j50 RamRoleName PageNumber:n PageSize:n",
    describeInstanceRamRole,
    { codes: { InstanceIds: ["InvalidInstanceIds.Malformed", 400] } },
  ),
  "ecs:DescribeInstanceAttachmentAttributes": read(
    "RegionId! InstanceIds:j100! PageNumber:n PageSize:n",
    describeAttachmentAttributes,
  ),
  "ecs:DescribeUserData": read("RegionId! InstanceId!", describeUserData),
};
