import assert from "node:assert/strict";
import {
  DescribeAddressesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeVolumesCommand,
  paginateDescribeInstances,
  paginateDescribeSnapshots,
} from "@aws-sdk/client-ec2";
import { DescribeTargetHealthCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { DeletionVerdict, Receipt } from "../../src/index.js";
import type { Clients, Fleet } from "./fleet.js";

/** What moto held before: rules of the shared group, and the volumes of every instance. */
export interface Before {
  readonly sharedRules: unknown;
  readonly volumesOf: ReadonlyMap<string, readonly string[]>;
}

/** Looks at moto before anything is done. */
export async function lookBefore({ ec2 }: Clients, fleet: Fleet): Promise<Before> {
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
  const volumesOf = new Map<string, string[]>();
  for (const { VolumeId = "", Attachments = [] } of Volumes) {
    for (const { InstanceId = "" } of Attachments)
      volumesOf.set(InstanceId, [...(volumesOf.get(InstanceId) ?? []), VolumeId]);
  }
  return { sharedRules: await rulesOf(ec2, fleet.sharedGroupId), volumesOf };
}

async function rulesOf(ec2: Clients["ec2"], groupId: string): Promise<unknown> {
  const Filters = [{ Name: "group-id", Values: [groupId] }];
  return (await ec2.send(new DescribeSecurityGroupRulesCommand({ Filters }))).SecurityGroupRules;
}

/** The bins that moto 5.2 does not have. They read as unavailable like all it lacks, so that no end is called clean. */
const bins = ["ec2:ListSnapshotsInRecycleBin", "ec2:ListVolumesInRecycleBin"];

function checkUnread(instanceId: string, { clean, coverage }: DeletionVerdict): void {
  const unread = coverage.filter(({ status }) => status !== "checked");
  for (const { source, status } of unread) assert.equal(status, "unavailable", `${instanceId}: ${source}`);
  const sources = unread.map(({ source }) => source);
  for (const bin of bins) assert.ok(sources.includes(bin), `${instanceId}: ${bin} reads as checked`);
  assert.equal(clean, false, `${instanceId} is called clean`);
}

/** Fails unless exactly the right servers are gone, each with its proofs and its leftovers told. */
export async function checkAfter(clients: Clients, fleet: Fleet, before: Before, receipt: Receipt): Promise<void> {
  const standing = new Set([...fleet.protectedIds, ...fleet.ownedIds]);
  await checkInstances(clients, fleet, standing, receipt);
  await checkProofs(clients, fleet, standing, before, receipt);
  await checkLeftovers(clients, fleet, standing, before, receipt);
  assert.deepEqual(
    await rulesOf(clients.ec2, fleet.sharedGroupId),
    before.sharedRules,
    "rules of the shared group changed",
  );
  for (const TargetGroupArn of fleet.targetGroups) {
    const { TargetHealthDescriptions } = await clients.balancing.send(
      new DescribeTargetHealthCommand({ TargetGroupArn }),
    );
    assert.deepEqual(TargetHealthDescriptions, [], "a target is still registered");
  }
}

async function checkInstances(
  { ec2 }: Clients,
  fleet: Fleet,
  standing: ReadonlySet<string>,
  receipt: Receipt,
): Promise<void> {
  const states = new Map<string, string>();
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2, pageSize: 1000 }, {})) {
    for (const { InstanceId = "", State } of Reservations.flatMap(({ Instances = [] }) => Instances)) {
      states.set(InstanceId, State?.Name ?? "");
    }
  }
  const isGone = (id: string) => (states.get(id) ?? "terminated") === "terminated";
  for (const id of fleet.bystanders) assert.equal(states.get(id), "running", `${id} was nobody's target`);
  for (const { instanceId, status, problem, verdict } of receipt.instances) {
    const told = `${instanceId}: ${status} ${problem?.message ?? ""}`;
    assert.equal(isGone(instanceId), !standing.has(instanceId), told);
    if (standing.has(instanceId)) assert.equal(status, "blocked", told);
    else assert.equal(verdict?.status, "deleted", `${told}, but ${verdict?.status ?? "not verified"}`);
    if (verdict) checkUnread(instanceId, verdict);
  }
  assert.deepEqual(
    receipt.instances.map(({ instanceId }) => instanceId).sort(),
    fleet.targets.toSorted(),
    "the receipt does not tell of every target once",
  );
}

async function checkProofs(
  { ec2 }: Clients,
  fleet: Fleet,
  standing: ReadonlySet<string>,
  { volumesOf }: Before,
  receipt: Receipt,
): Promise<void> {
  const copies = new Map<string, string>();
  for await (const { Snapshots = [] } of paginateDescribeSnapshots({ client: ec2 }, { OwnerIds: ["self"] })) {
    for (const { SnapshotId = "", VolumeId = "", State } of Snapshots)
      if (State === "completed") copies.set(SnapshotId, VolumeId);
  }
  for (const { instanceId, proofs } of receipt.instances) {
    if (standing.has(instanceId)) continue;
    assert.deepEqual(
      proofs.map(({ diskId }) => diskId).sort(),
      volumesOf.get(instanceId)?.toSorted(),
      `${instanceId} is gone without a proof of every disk`,
    );
    for (const { id, diskId } of proofs) assert.equal(copies.get(id), diskId, `${id} does not prove ${diskId}`);
  }
  assert.equal(copies.size > 0, fleet.targets.length > standing.size);
}

async function checkLeftovers(
  { ec2 }: Clients,
  fleet: Fleet,
  standing: ReadonlySet<string>,
  { volumesOf }: Before,
  receipt: Receipt,
): Promise<void> {
  const { Addresses = [] } = await ec2.send(new DescribeAddressesCommand({}));
  const ours = new Set(Addresses.map(({ AllocationId }) => AllocationId));
  for (const [instanceId, allocationId] of fleet.addresses) {
    assert.ok(ours.has(allocationId), `${allocationId} was released`);
    assert.ok(isLeftover(receipt, instanceId, allocationId), `${allocationId} bills, and nobody says so`);
  }
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
  const left = new Set(Volumes.map(({ VolumeId }) => VolumeId));
  for (const instanceId of fleet.keptDisks.keys()) {
    if (standing.has(instanceId)) continue;
    const kept = (volumesOf.get(instanceId) ?? []).filter((id) => left.has(id));
    assert.equal(kept.length, 1, `${instanceId} should leave its data disk`);
    for (const id of kept) assert.ok(isLeftover(receipt, instanceId, id), `${id} bills, and nobody says so`);
  }
}

function isLeftover(receipt: Receipt, instanceId: string, id: string): boolean {
  return receipt.leftovers.some((leftover) => leftover.instanceId === instanceId && leftover.id === id);
}
