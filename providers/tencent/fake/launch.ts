import { groupOf, networkOf, newPrivateIp } from "./network.js";
import type { Disk, Instance, NetworkInterface, Tags } from "./records.js";
import type { TencentContext } from "./state.js";

/** What an instance has to be told; the rest is what a plain one has. */
export type NewInstance = Partial<Omit<Instance, "diskIds" | "interfaceIds" | "turn" | "uuid">> & {
  readonly id: string;
  readonly privateIps?: readonly string[];
};

/** Adds an instance with its primary interface. Disks come after. */
export function addInstance(context: TencentContext, { privateIps, ...values }: NewInstance): Instance {
  const { state, ids, now } = context;
  const { vpcId, subnetId } = networkOf(context, values.vpcId);
  const zone = values.zone ?? `${state.region}-1`;
  const interfaceId = ids.assign("interface");
  const primary: NetworkInterface = {
    id: interfaceId,
    name: "Primary network interface",
    primary: true,
    vpcId,
    subnetId,
    zone,
    state: "AVAILABLE",
    instanceId: values.id,
    attachedAt: now,
    privateIps: privateIps && privateIps.length > 0 ? privateIps : [newPrivateIp(context, vpcId)],
    groupIds: [],
    createdAt: now,
    tags: {},
  };
  const { hex } = ids.random;
  const instance: Instance = {
    uuid: `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    name: "Unnamed",
    chargeType: "POSTPAID_BY_HOUR",
    state: "RUNNING",
    restrictState: "NORMAL",
    isolatedSource: "NOTISOLATED",
    stopChargingMode: "NOT_APPLICABLE",
    createdAt: now,
    isProtected: false,
    groupIds: [],
    keyIds: [],
    roleName: "",
    isPublicGateway: false,
    tags: {},
    refund: {},
    localDisks: [],
    ...values,
    zone,
    vpcId,
    subnetId,
    turn: 0,
    diskIds: [],
    interfaceIds: [interfaceId],
  };
  state.interfaces.set(interfaceId, primary);
  state.instances.set(instance.id, instance);
  return instance;
}

/** What a disk has to be told. */
export type NewDisk = Partial<Disk> & { readonly id: string; readonly zone: string };

/** Adds a disk: a free elastic data disk of 40 GiB where nothing else is said. */
export function addDisk({ state, now }: TencentContext, values: NewDisk): Disk {
  const disk: Disk = {
    name: "Unnamed",
    usage: "DATA_DISK",
    type: "CLOUD_BSSD",
    sizeGiB: 40,
    chargeType: "POSTPAID_BY_HOUR",
    state: "UNATTACHED",
    portable: true,
    shareable: false,
    deleteWithInstance: false,
    deleteSnapshot: false,
    holders: [],
    createdAt: now,
    renewFlag: "",
    tags: {},
    snapshots: "complete",
    ...values,
  };
  state.disks.set(disk.id, disk);
  return disk;
}

/** A running pay-as-you-go instance as a scaling group launches it, with a system disk. */
export function launchLike(context: TencentContext, vpcId: string, name: string, tags: Tags): Instance {
  const { state, ids } = context;
  const id = ids.assign("instance");
  const group = groupOf(context, ids.assign("security-group"), name);
  const instance = addInstance(context, { id, vpcId, name, tags, groupIds: [group.id] });
  const disk = addDisk(context, {
    id: ids.assign("disk"),
    zone: instance.zone,
    usage: "SYSTEM_DISK",
    portable: false,
    deleteWithInstance: true,
    state: "ATTACHED",
    holders: [id],
    lastHolder: id,
  });
  const launched = { ...instance, diskIds: [disk.id] };
  state.instances.set(id, launched);
  return launched;
}
