import { freePrivateIp, freePublicIp, subnetOf } from "./network.js";
import type { AwsContext, Instance, NetworkInterface, SnapshotBehaviour, Tags, Volume } from "./state.js";
import { change } from "./state.js";
import { attach } from "./volumes.js";

/** A disk to make. */
export interface NewVolume {
  readonly id?: string;
  readonly sizeGiB?: number;
  readonly keyArn?: string;
  readonly multiAttach?: boolean;
  readonly operator?: string;
  readonly tags?: Tags;
  readonly snapshots?: SnapshotBehaviour;
}

/** Makes a volume that is attached to nothing. */
export function addVolume(context: AwsContext, zone: string, spec: NewVolume): Volume {
  const volume: Volume = {
    id: spec.id ?? context.ids.assign("volume"),
    sizeGiB: spec.sizeGiB ?? 40,
    zone,
    status: "available",
    type: spec.multiAttach ? "io2" : "gp3",
    createTime: context.now,
    multiAttach: spec.multiAttach ?? false,
    attachments: [],
    tags: spec.tags ?? {},
    snapshots: spec.snapshots ?? "complete",
    keyArn: spec.keyArn,
    operator: spec.operator,
  };
  context.state.volumes.set(volume.id, volume);
  return volume;
}

/** A network interface to make. */
export interface NewInterface extends Partial<Pick<NetworkInterface, "id" | "groupIds" | "privateIps" | "operator">> {
  readonly vpcId: string;
  readonly zone: string;
  readonly description?: string;
  readonly interfaceType?: string;
  readonly requester?: string;
}

/** Makes a network interface that is attached to nothing. */
export function addInterface(context: AwsContext, spec: NewInterface): NetworkInterface {
  const made: NetworkInterface = {
    id: spec.id ?? context.ids.assign("network-interface"),
    vpcId: spec.vpcId,
    subnetId: subnetOf(context, spec.vpcId, spec.zone),
    zone: spec.zone,
    description: spec.description ?? "",
    groupIds: spec.groupIds ?? [],
    privateIps: spec.privateIps ?? [freePrivateIp(context.state, spec.vpcId)],
    interfaceType: spec.interfaceType ?? "interface",
    sourceDestCheck: true,
    addressIds: [],
    tags: {},
    requester: spec.requester,
    operator: spec.operator,
  };
  context.state.interfaces.set(made.id, made);
  return made;
}

/** Attaches an interface to an instance as its next device. */
export function attachInterface(
  context: AwsContext,
  interfaceId: string,
  instanceId: string,
  deleteOnTermination: boolean,
): void {
  const { instances, interfaces } = context.state;
  const interfaceIds = instances.get(instanceId)?.interfaceIds ?? [];
  change(interfaces, interfaceId, {
    attachment: {
      id: context.ids.assign("attachment"),
      instanceId,
      deviceIndex: interfaceIds.length,
      attachTime: context.now,
      deleteOnTermination,
    },
  });
  change(instances, instanceId, { interfaceIds: [...interfaceIds, interfaceId] });
}

/** An instance to make, still without disks and interfaces. */
export type NewInstance = Pick<Instance, "id" | "zone" | "vpcId"> & Partial<Instance>;

/** Makes a running instance without disks and interfaces. */
export function addInstance(context: AwsContext, spec: NewInstance): Instance {
  const made: Instance = {
    reservationId: context.ids.assign("reservation"),
    imageId: "ami-0f1e2d3c4b5a69788",
    type: "t3.micro",
    subnetId: subnetOf(context, spec.vpcId, spec.zone),
    state: "running",
    turn: 0,
    launchTime: context.now,
    tags: {},
    apiTerminationDisabled: false,
    apiStopDisabled: false,
    shutdownBehavior: "stop",
    sourceDestCheck: true,
    volumeIds: [],
    interfaceIds: [],
    rootDevice: "ebs",
    hostDisks: [],
    ...spec,
  };
  context.state.instances.set(made.id, made);
  return made;
}

/** Root devices are `/dev/xvda`; data disks follow from `/dev/sdf`, as the EC2 console names them. */
export function attachDisk(
  context: AwsContext,
  volumeId: string,
  instanceId: string,
  role: "system" | "data",
  deleteOnTermination: boolean,
): void {
  const taken = new Set(
    context.state.instances
      .get(instanceId)
      ?.volumeIds.flatMap((id) => context.state.volumes.get(id)?.attachments ?? [])
      .map(({ device }) => device),
  );
  const free = dataDevices().find((device) => !taken.has(device)) ?? "/dev/sdzz";
  attach(context, volumeId, instanceId, { device: role === "system" ? rootDeviceName : free, deleteOnTermination });
}

/** Where the root disk is. */
export const rootDeviceName = "/dev/xvda";

function dataDevices(): readonly string[] {
  const letters = [..."fghijklmnopqrstuvwxyz"];
  return [...letters, ...letters.flatMap((one) => letters.map((other) => one + other))].map((name) => `/dev/sd${name}`);
}

/** Makes a new instance in the place of one that went: same type, zone and groups, fresh disk, interface and address. */
export function addSuccessor(
  context: AwsContext,
  lost: Instance,
  groupIds: readonly string[],
  over: Partial<Instance>,
): Instance {
  const { zone, vpcId, type, imageId } = lost;
  const made = addInstance(context, {
    id: context.ids.assign("instance"),
    zone,
    vpcId,
    type,
    imageId,
    state: "pending",
    ...over,
  });
  const volume = addVolume(context, zone, { sizeGiB: 8 });
  attachDisk(context, volume.id, made.id, "system", true);
  const card = addInterface(context, { vpcId, zone, groupIds });
  attachInterface(context, card.id, made.id, true);
  return context.state.instances.get(made.id) ?? made;
}

/** Gives an interface an address from AWS's pool. */
export function addEphemeralIp(context: AwsContext, interfaceId: string, ip = freePublicIp(context.state)): string {
  change(context.state.interfaces, interfaceId, { ephemeralIp: ip, takesEphemeralIp: true });
  return ip;
}
