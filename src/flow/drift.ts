import type { DependencyEdge } from "../dependencies.js";
import type { Effect } from "../effects.js";
import type { InstanceDisk, InstanceRecord } from "../instances.js";

/** What differs between plan and now in a way that matters, in words. What this run did itself does not count. */
export function differences(planned: InstanceRecord, now: InstanceRecord, own: readonly Effect[]): readonly string[] {
  return [
    ...identityDrift(planned, now),
    ...powerDrift(planned, now, own),
    ...billingDrift(planned, now),
    ...protectionDrift(planned, now),
    ...diskDrift(planned, now, own),
    ...addressDrift(planned, now, own),
  ];
}

/** Things that stand in the way now and did not when the plan was made. */
export function edgeDrift(planned: readonly DependencyEdge[], now: readonly DependencyEdge[]): readonly string[] {
  const known = new Set(planned.filter(holds).map(nameOf));
  // What had to be released first and has been is gone by now; that it is back is news.
  return now
    .filter(holds)
    .filter((edge) => !known.has(nameOf(edge)))
    .map(({ node, why }) => `new ${node.kind} ${node.id}: ${why}`);
}

function holds(edge: DependencyEdge): boolean {
  return edge.effect !== "report";
}

function nameOf({ node, effect }: DependencyEdge): string {
  return `${effect} ${node.kind} ${node.id}`;
}

function identityDrift(planned: InstanceRecord, now: InstanceRecord): readonly string[] {
  const same =
    planned.createdAt === undefined ||
    now.createdAt === undefined ||
    Date.parse(planned.createdAt) === Date.parse(now.createdAt);
  return same ? [] : [`created at ${now.createdAt}, not at ${planned.createdAt}: another server under this id`];
}

function powerDrift(planned: InstanceRecord, now: InstanceRecord, own: readonly Effect[]): readonly string[] {
  const was = planned.state.unified;
  const is = now.state.unified;
  if (is === "unknown" || is === "pending") return [`its state is ${now.state.raw}`];
  if (is === "recycled" && was !== "recycled") return ["somebody put it into the recycle bin"];
  // It ran when the plan was made and does again, but in between this run had stopped it.
  if (is === "running" && own.some(isStop)) return ["somebody started it: this run had stopped it"];
  if (is === "running" && was !== "running") return [`somebody started it: it was ${was}`];
  if (was === "recycled" && is !== "recycled" && is !== "gone" && is !== "terminating")
    return ["somebody took it out of the recycle bin"];
  return [];
}

function isStop({ undo }: Effect): boolean {
  return "action" in undo && undo.action === "set-power" && undo.power === "running";
}

function billingDrift(planned: InstanceRecord, now: InstanceRecord): readonly string[] {
  const was = planned.billing;
  const is = now.billing;
  const release = planned.scheduledReleaseAt === now.scheduledReleaseAt;
  return [
    ...(was.unified === is.unified ? [] : [`billing is ${is.unified}, was ${was.unified}`]),
    ...(was.unified === is.unified && was.expiresAt !== is.expiresAt
      ? [`paid until ${is.expiresAt ?? "no date"}, was ${was.expiresAt ?? "no date"}`]
      : []),
    ...(release
      ? []
      : [`scheduled release is ${now.scheduledReleaseAt ?? "none"}, was ${planned.scheduledReleaseAt ?? "none"}`]),
  ];
}

function protectionDrift(planned: InstanceRecord, now: InstanceRecord): readonly string[] {
  const locks = new Set(planned.protection.locks.map(({ unified, raw }) => `${unified} ${raw}`));
  return [
    ...(now.protection.termination === true && planned.protection.termination !== true
      ? ["termination protection was switched on"]
      : []),
    ...(now.protection.stop === true && planned.protection.stop !== true ? ["stop protection was switched on"] : []),
    ...now.protection.locks
      .filter(({ unified, raw }) => !locks.has(`${unified} ${raw}`))
      .map(({ raw }) => `new lock ${raw}`),
  ];
}

function diskDrift(planned: InstanceRecord, now: InstanceRecord, own: readonly Effect[]): readonly string[] {
  const ours = new Set(
    own.filter(({ kind }) => kind === "flag-changed" || kind === "disk-detached").map(({ resource }) => resource.id),
  );
  const before = new Map(planned.disks.map((disk) => [disk.id, disk]));
  const after = new Map(now.disks.map((disk) => [disk.id, disk]));
  return [
    ...now.disks.filter((disk) => !before.has(disk.id)).map((disk) => `new disk ${disk.id}`),
    ...planned.disks
      .filter((disk) => !after.has(disk.id) && !ours.has(disk.id))
      .map((disk) => `disk ${disk.id} is no longer attached`),
    ...now.disks.flatMap((disk) => {
      const was = before.get(disk.id);
      return was && !ours.has(disk.id) ? changesOf(was, disk) : [];
    }),
  ];
}

function changesOf(was: InstanceDisk, is: InstanceDisk): readonly string[] {
  const holders = (disk: InstanceDisk) => [...(disk.sharedWith ?? [])].sort().join(", ");
  return [
    ...(was.deletedWithInstance === is.deletedWithInstance
      ? []
      : [`disk ${is.id}: deleted with the instance is ${is.deletedWithInstance}, was ${was.deletedWithInstance}`]),
    ...(was.sizeGiB === is.sizeGiB ? [] : [`disk ${is.id} has ${is.sizeGiB} GiB, had ${was.sizeGiB}`]),
    ...(holders(is).length > holders(was).length ? [`disk ${is.id} is now held by ${holders(is)}, too`] : []),
  ];
}

function addressDrift(planned: InstanceRecord, now: InstanceRecord, own: readonly Effect[]): readonly string[] {
  const ours = new Set(
    own
      .filter(({ kind }) => kind === "address-disassociated" || kind === "address-released")
      .map(({ resource }) => resource.id),
  );
  const name = ({ id, ip }: { readonly id?: string; readonly ip: string }) => id ?? ip;
  const before = new Set(planned.publicAddresses.map(name));
  const after = new Set(now.publicAddresses.map(name));
  const interfaces = new Set(planned.networkInterfaces.map(({ id }) => id));
  // A stopped server gives its ephemeral address up by itself; that is no sign of use.
  const mayVanish = new Set(planned.publicAddresses.filter(({ kind }) => kind === "ephemeral").map(name));
  return [
    ...[...after].filter((address) => !before.has(address)).map((address) => `new public address ${address}`),
    ...[...before]
      .filter((address) => !after.has(address) && !ours.has(address) && !mayVanish.has(address))
      .map((address) => `public address ${address} is no longer its own`),
    ...now.networkInterfaces.filter(({ id }) => !interfaces.has(id)).map(({ id }) => `new network interface ${id}`),
  ];
}
