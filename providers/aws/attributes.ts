import { confirmByReading } from "../../src/confirm.js";
import type { Effect } from "../../src/effects.js";
import type { InstanceDisk } from "../../src/instances.js";
import type { MutationAnswer } from "../../src/requests.js";
import type { AwsCall } from "./call.js";
import { readInstances } from "./instances.js";
import { type Protection, readProtection } from "./protection.js";
import type { SeenInstance } from "./record.js";

/** The flag of a volume's attachment that says whether it dies with its instance. */
export const diskFlag = "DeleteOnTermination";
/** What EC2 does when the guest shuts itself down. */
export const shutdownFlag = "InstanceInitiatedShutdownBehavior";

const switches = { termination: "DisableApiTermination", stop: "DisableApiStop" } as const;

/** A protection that was switched: what it is now, and how it goes back. */
export function protectionEffect(call: AwsCall, id: string, which: keyof Protection, value: boolean): Effect {
  return {
    ...call.scope,
    kind: "protection-cleared",
    resource: { kind: "protection", id: `${id}/${which}` },
    instanceIds: [id],
    undo: { action: "set-protection", instanceId: id, which, value: !value },
    left: value,
  };
}

/** Switches one of the two protections of one instance. One attribute of one instance is a request. */
export async function setProtection(
  call: AwsCall,
  seen: SeenInstance,
  which: keyof Protection,
  value: boolean,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const isSo = async () => (await readProtection(call, [seen])).byId.get(seen.record.id)?.[which] === value;
  return await modifyInstance(call, seen.record.id, { [switches[which]]: { Value: value } }, effects, isSo);
}

/** Whether the cloud would let us switch that protection. Throws where it would not. */
export async function trySetProtection(call: AwsCall, id: string, which: keyof Protection, value: boolean) {
  const parameters = { InstanceId: id, [switches[which]]: { Value: value }, DryRun: true };
  await call.requests.tryOut("ec2", "ModifyInstanceAttribute", parameters);
}

/** What is to become of one disk's flag. */
export interface DiskFlag {
  readonly disk: InstanceDisk;
  readonly device: string;
  readonly deleteWithInstance: boolean;
}

/** A disk whose flag was changed, and how it goes back. A flag that could not be read cannot. */
export function diskFlagEffect(call: AwsCall, id: string, { disk, deleteWithInstance }: DiskFlag): Effect {
  const former = disk.deletedWithInstance;
  const resource = { kind: "disk", id: disk.id } as const;
  return {
    ...call.scope,
    kind: "flag-changed",
    resource,
    instanceIds: [id],
    undo:
      former === "unknown"
        ? { impossible: `Whether ${disk.id} was to die with ${id} could not be read before.` }
        : { action: "set-flag", resource, instanceId: id, flag: diskFlag, value: former },
    left: deleteWithInstance,
  };
}

/** Sets the flags of several disks of one instance, each named by its device, in one request. */
export async function setDiskFlags(
  call: AwsCall,
  id: string,
  flags: readonly DiskFlag[],
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const isSo = async () => {
    const disks = (await readInstances(call, [id])).byId.get(id)?.record.disks ?? [];
    return flags.every(({ disk, deleteWithInstance }) =>
      disks.some((now) => now.id === disk.id && now.deletedWithInstance === deleteWithInstance),
    );
  };
  return await modifyInstance(call, id, { BlockDeviceMappings: mappingsOf(flags) }, effects, isSo);
}

/** Whether the cloud would let us set those flags. Throws where it would not. */
export async function trySetDiskFlags(call: AwsCall, id: string, flags: readonly DiskFlag[]): Promise<void> {
  const parameters = { InstanceId: id, BlockDeviceMappings: mappingsOf(flags), DryRun: true };
  await call.requests.tryOut("ec2", "ModifyInstanceAttribute", parameters);
}

function mappingsOf(flags: readonly DiskFlag[]) {
  return flags.map(({ device, deleteWithInstance }) => ({
    DeviceName: device,
    Ebs: { DeleteOnTermination: deleteWithInstance },
  }));
}

/** What EC2 does with an instance whose guest shuts down: `stop` or `terminate`. */
export async function readShutdownBehavior(call: AwsCall, id: string): Promise<string> {
  const parameters = { InstanceId: id, Attribute: "instanceInitiatedShutdownBehavior" };
  const { body } = await call.read("ec2", "DescribeInstanceAttribute", parameters);
  return body.object(shutdownFlag)?.text("Value") ?? "unknown";
}

/** Says what EC2 is to do with an instance whose guest shuts down. */
export async function setShutdownBehavior(
  call: AwsCall,
  id: string,
  value: string,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  const isSo = async () => (await readShutdownBehavior(call, id)) === value;
  return await modifyInstance(call, id, { [shutdownFlag]: { Value: value } }, effects, isSo);
}

async function modifyInstance(
  call: AwsCall,
  id: string,
  change: Readonly<Record<string, unknown>>,
  effects: readonly Effect[],
  isSo: () => Promise<boolean>,
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "ec2",
    action: "ModifyInstanceAttribute",
    parameters: { InstanceId: id, ...change },
    instanceIds: [id],
    effects,
    confirm: confirmByReading(call.requests, isSo),
  });
}
