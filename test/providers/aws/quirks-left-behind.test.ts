/*
 * What EC2 deletes with an instance, what it keeps, and what keeps billing: one test per row, each looking into the fake
 * for what really stands, and at what the adapter says of it before and after. Each names where AWS says so.
 */
import { TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import type { DependencyEdge, DependencyNode, DependencyReport } from "../../../src/dependencies.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { SeedInstance, WorldSeed } from "../../../src/testing/seed.js";
import type { DeletionVerdict, VerifyOptions } from "../../../src/verification.js";
import { awsWorld, discard, expectBlocked, otherTool, settle, sighting } from "./for-test.js";
import type { AwsWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;

/** An instance that was looked at, then terminated as EC2 does it, and what is said of it after that. */
interface Afterwards {
  readonly world: AwsWorld;
  readonly record: InstanceRecord;
  readonly before: DependencyReport;
  verify(options?: VerifyOptions): Promise<DeletionVerdict>;
}

async function terminated(instance: Partial<SeedInstance>, rest: WorldSeed = {}): Promise<Afterwards> {
  const world = await awsWorld();
  world.seed({ ...rest, instances: [{ id: "web", ...instance }, ...(rest.instances ?? [])] });
  const record = await sighting(world, "web");
  const before = await world.adapter.listDependencies([record]);
  await otherTool(world).send(new TerminateInstancesCommand({ InstanceIds: [record.id] }));
  await settle(world);
  const verify = async (options: VerifyOptions = {}) => {
    const [verdict] = await world.adapter.verifyDeleted([record], { before, ...patience, ...options });
    if (!verdict) throw new Error("no verdict");
    return verdict;
  };
  return { world, record, before, verify };
}

function edgeOf({ before }: Afterwards, kind: DependencyNode["kind"], id?: string): DependencyEdge {
  const edge = before.edges.find(({ node }) => node.kind === kind && (id === undefined || node.id === id));
  if (!edge) throw new Error(`nothing of the kind ${kind} hangs on it`);
  return edge;
}

function nodeOf({ before }: Afterwards, kind: DependencyNode["kind"], id?: string): DependencyNode {
  const node = before.nodes.find((one) => one.kind === kind && (id === undefined || one.id === id));
  if (!node) throw new Error(`no node of the kind ${kind}`);
  return node;
}

const root = { id: "root", role: "system" } as const;
const kept = { id: "data", role: "data", deletedWithInstance: false } as const;

describe("what a terminated instance takes along", () => {
  // EC2 User Guide, "Preserve data when an instance is terminated": DeleteOnTermination is on for the root volume.
  it("takes a volume along whose flag is on, and says so before", async () => {
    const done = await terminated({ disks: [root] });
    expect(edgeOf(done, "disk")).toMatchObject({ atTermination: "deleted" });
    expect(nodeOf(done, "disk").billing).toBe("stops");
    expect(done.world.holds("root")).toBe(false);
    expect((await done.verify()).leftovers).toEqual([]);
  });

  // The API reference and the User Guide disagree about the default of further volumes: the flag alone is believed.
  it("keeps a data volume whose flag is off, which bills on", async () => {
    const done = await terminated({ disks: [root, kept] });
    const id = done.world.id("data");
    expect(edgeOf(done, "disk", id)).toMatchObject({ atTermination: "kept" });
    expect(nodeOf(done, "disk", id).billing).toBe("continues");
    expect(done.world.holds("data")).toBe(true);
    expect((await done.verify()).leftovers).toMatchObject([{ kind: "disk", id, billing: "continues" }]);
  });

  it("takes a data volume along whose flag is on: what it is called does not matter", async () => {
    const done = await terminated({ disks: [root, { ...kept, deletedWithInstance: true }] });
    expect(edgeOf(done, "disk", done.world.id("data"))).toMatchObject({ atTermination: "deleted" });
    expect(done.world.holds("data")).toBe(false);
  });

  // EC2 User Guide, "Attach an EBS volume to multiple EC2 instances using Multi-Attach".
  it("keeps a volume that others are attached to, whatever its flag says", async () => {
    const shared = { id: "shared", role: "data", medium: "shared", deletedWithInstance: true } as const;
    const done = await terminated({ disks: [root, shared] }, { instances: [{ id: "peer", disks: [shared] }] });
    expect(done.world.holds("shared")).toBe(true);
    expect(edgeOf(done, "disk", done.world.id("shared")).atTermination).not.toBe("deleted");
    const [left] = (await done.verify()).leftovers;
    expect(left).toMatchObject({ kind: "disk", id: done.world.id("shared"), billing: "continues" });
  });

  // EC2 User Guide, "Instance store": the data is lost when the instance is stopped or terminated, and no API saves it.
  it("loses the disks of the host, which no API lists and no snapshot saves", async () => {
    const done = await terminated({ disks: [root, { role: "data", medium: "local" }] });
    const local = done.record.disks.filter(({ ephemeral }) => ephemeral);
    expect(local.length).toBeGreaterThan(0);
    const edges = done.before.edges.filter(({ node }) => local.some(({ id }) => node.id === id));
    expect(edges.map(({ atTermination }) => atTermination)).toEqual(local.map(() => "deleted"));
  });

  // API reference, InstanceNetworkInterfaceAttachment: DeleteOnTermination.
  it("takes the interface it was launched with along, and keeps one that was attached later", async () => {
    const done = await terminated({ extraInterfaces: [{ id: "second", deletedWithInstance: false }] });
    const [primary] = done.record.networkInterfaces.filter((one) => one.primary);
    expect(edgeOf(done, "network-interface", primary?.id)).toMatchObject({ atTermination: "deleted" });
    expect(edgeOf(done, "network-interface", done.world.id("second"))).toMatchObject({ atTermination: "kept" });
    const { leftovers } = await done.verify();
    expect(leftovers.map(({ kind, id }) => [kind, id])).toEqual([["network-interface", done.world.id("second")]]);
  });

  // VPC User Guide, "IP addressing": an auto-assigned public address goes back to Amazon's pool.
  it("gives an ephemeral address back, and leaves an Elastic IP, which bills whether used or not", async () => {
    const done = await terminated({ addresses: [{ id: "front", kind: "elastic" }] });
    expect(edgeOf(done, "public-address", done.world.id("front"))).toMatchObject({ atTermination: "detached" });
    expect(done.world.view().addresses).toMatchObject([{ id: done.world.id("front"), ours: true }]);
    expect((await done.verify()).leftovers).toMatchObject([{ kind: "public-address", billing: "continues" }]);
    const passing = await terminated({ addresses: [{ kind: "ephemeral" }] });
    expect(edgeOf(passing, "public-address")).toMatchObject({ atTermination: "deleted" });
    expect(passing.world.view().addresses.filter(({ ours }) => ours)).toEqual([]);
    expect((await passing.verify()).leftovers).toEqual([]);
  });

  // EBS User Guide, "Delete an Amazon EBS snapshot"; Backup Developer Guide, "Recovery points": neither follows its volume.
  it("leaves snapshots, images and recovery points, which bill", async () => {
    const done = await terminated(
      { disks: [root] },
      {
        owners: [
          { kind: "snapshot", id: "old", members: ["root"] },
          { kind: "image", id: "golden", members: ["root"] },
          { kind: "backup", id: "point", members: ["web"] },
        ],
      },
    );
    for (const kind of ["snapshot", "image", "backup"] as const) {
      expect(edgeOf(done, kind)).toMatchObject({ atTermination: "kept" });
      expect(nodeOf(done, kind).billing).toBe("continues");
    }
    const left = (await done.verify()).leftovers.map(({ kind }) => kind);
    expect(left).toEqual(expect.arrayContaining(["snapshot", "image", "backup"]));
  });

  // EC2 User Guide: groups, key pairs and roles are resources of their own.
  it("leaves groups, key pairs and roles, which cost nothing", async () => {
    const done = await terminated({ keyPair: "ops", role: "web-role" });
    for (const kind of ["security-group", "key-pair", "instance-role"] as const) {
      expect(edgeOf(done, kind)).toMatchObject({ atTermination: "kept" });
      expect(nodeOf(done, kind).billing).toBe("none");
    }
    expect((await done.verify()).clean).toBe(true);
  });

  // VPC User Guide, "Route table concepts": a route whose target is gone has the state `blackhole`.
  it("leaves routes as black holes", async () => {
    const done = await terminated({}, { owners: [{ kind: "route", id: "table", members: ["web"] }] });
    expect(edgeOf(done, "route")).toMatchObject({ effect: "blocks" });
    expect((await done.verify()).leftovers).toMatchObject([{ kind: "route", billing: "none" }]);
  });

  // ELB User Guide, "Target groups": a target by address stays registered, for whoever gets the address next.
  it("leaves a registration by address, which leads to whoever holds the address next", async () => {
    const owners = [{ kind: "load-balancer-target", id: "pool", members: ["web"], by: "address" }] as const;
    const done = await terminated({}, { owners });
    expect(edgeOf(done, "load-balancer-target")).toMatchObject({ effect: "release-first" });
    expect((await done.verify()).leftovers).toMatchObject([{ kind: "load-balancer-target" }]);
  });

  // CloudWatch User Guide, pricing: an alarm bills whether or not its metric has data.
  it("leaves alarms, which bill without data", async () => {
    const done = await terminated({}, { owners: [{ kind: "alarm", id: "cpu", members: ["web"] }] });
    expect(nodeOf(done, "alarm").billing).toBe("continues");
    expect((await done.verify()).leftovers).toMatchObject([{ kind: "alarm", billing: "continues" }]);
  });

  // Billing of hosts and reservations is for what was reserved, not for what runs.
  it.each(["dedicated-host", "capacity-reservation"] as const)(
    "leaves a %s, which is paid for empty as well",
    async (kind) => {
      const done = await terminated({}, { owners: [{ kind, id: "reserved", members: ["web"] }] });
      expect(nodeOf(done, kind).billing).toBe("continues");
      expect((await done.verify()).leftovers.map((leftover) => leftover.kind)).toContain(kind);
    },
  );

  // Billing and Cost Management User Guide: a commitment is a discount for whatever fits it, and is attached to no instance.
  it("leaves commitments, which are paid to the end of their term and are only guessed to be for it", async () => {
    const done = await terminated({}, { owners: [{ kind: "commitment", id: "reserved", members: ["web"] }] });
    expect(nodeOf(done, "commitment").billing).toBe("continues");
    expect(edgeOf(done, "commitment")).toMatchObject({ relation: "inferred", effect: "report" });
    expect(await done.verify()).toMatchObject({ status: "deleted", leftovers: [] });
  });

  // EC2 User Guide, "Auto Scaling": the group replaces what it misses.
  it("is replaced by its scaling group, so that the end is not clean", async () => {
    const owners = [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true }] as const;
    const done = await terminated({}, { owners });
    const [heir] = done.world.view().instances.filter(({ state }) => state === "running");
    expect(await done.verify()).toMatchObject({ status: "deleted", replacedBy: [heir?.id], clean: false });
  });

  // EC2 User Guide, "Spot Instance request status": a persistent request is opened again when its instance ends.
  it("is launched again by a persistent Spot request", async () => {
    const owners = [{ kind: "spot-request", id: "request", members: ["web"], replaces: true }] as const;
    const done = await terminated({ billing: "spot" }, { owners });
    const verdict = await done.verify();
    expect(verdict.leftovers.map(({ kind }) => kind)).toContain("spot-request");
    expect(verdict.clean).toBe(false);
  });
});

describe("what the Recycle Bin keeps", () => {
  // EC2 User Guide, "Terminate": no bin for instances in any billing mode.
  it("is not there for instances, so that a termination which requires it is refused", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, recycleBin: "require" });
    expectBlocked(outcome, "recycle-bin-unavailable");
    expect(world.holds("web")).toBe(true);
    for (const fact of Object.values(world.adapter.capabilities.retention)) expect(fact.bin).toBe("none");
  });

  // EBS User Guide, "Recycle Bin": off by default; where a rule matches, the volume bills until the rule lets go.
  it("keeps a volume where a rule matches, which bills there, and none without a rule", async () => {
    const without = await terminated({ disks: [root] });
    expect((await without.verify()).leftovers).toEqual([]);
    const done = await terminated({ disks: [root] }, { bins: { disk: { enabled: true, hours: 48 } } });
    expect(done.world.view().disks).toMatchObject([{ id: done.world.id("root"), state: "recycled" }]);
    const verdict = await done.verify();
    expect(verdict.leftovers).toMatchObject([{ kind: "recycle-bin", id: done.world.id("root"), billing: "continues" }]);
    expect(verdict.clean).toBe(false);
  });

  // EBS User Guide, "Recycle Bin": there is no way to delete from it; the content leaves by restore or expiry.
  it("lets its content go when the rule's time is over", async () => {
    const done = await terminated({ disks: [root] }, { bins: { disk: { enabled: true, hours: 48 } } });
    await done.world.clock.advance(49 * 3_600_000);
    const verdict = await done.verify();
    expect(verdict.leftovers).toEqual([]);
    expect(done.world.requests.filter(({ api }) => /Delete.*RecycleBin|Purge/.test(api))).toEqual([]);
  });

  // A caller that may not list the bin learns nothing of it.
  it("is not taken for empty where it may not be read", async () => {
    const done = await terminated({ disks: [root] });
    done.world.faults.add({ fault: "deny", api: "ec2:ListVolumesInRecycleBin" });
    const verdict = await done.verify();
    expect(verdict).toMatchObject({ status: "deleted", clean: false });
    expect(verdict.coverage).toContainEqual(expect.objectContaining({ kind: "recycle-bin", status: "denied" }));
  });
});

describe("what proves an end", () => {
  // API reference, TerminateInstances: InvalidInstanceID.NotFound can come from lagging reads while the instance runs.
  it("is not the answer that an id is unknown", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const record = await sighting(world, "web");
    world.faults.add({ fault: "error", api: "ec2:TerminateInstances", cloudCode: "InvalidInstanceID.NotFound" });
    const [outcome] = await world.adapter.terminate([record], { ...discard, ...patience });
    expect(["unknown", "failed"]).toContain(outcome?.status);
    expect(world.holds("web")).toBe(true);
    world.faults.clear();
    expect((await world.adapter.verifyDeleted([record], { deadlineMs: 60_000 }))[0]).toMatchObject({ status: "alive" });
  });

  // The SDK's InstanceTerminated waiter calls it a success when a filter answers for some of the ids only.
  it("is asked for each instance by itself: one that is gone says nothing of the other", async () => {
    const world = await awsWorld();
    world.seed([{ id: "gone" }, { id: "stands" }]);
    const records = [await sighting(world, "gone"), await sighting(world, "stands")];
    await world.adapter.terminate([world.id("gone")], discard);
    await settle(world);
    const verdicts = await world.adapter.verifyDeleted(records, patience);
    expect(verdicts.map(({ status }) => status)).toEqual(["deleted", "alive"]);
  });

  // The same waiter fails on `stopping` and `pending`; ours goes on, since the instance can still end.
  it("waits through a shutdown that takes minutes, with one bulk read at a time", async () => {
    const world = await awsWorld();
    world.seed([
      { id: "a", state: "terminating" },
      { id: "b", state: "terminating" },
    ]);
    const ids = [world.id("a"), world.id("b")];
    const from = world.requests.length;
    const verdicts = await world.adapter.verifyDeleted(ids, patience);
    expect(verdicts.map(({ status }) => status)).toEqual(["deleted", "deleted"]);
    for (const { api, parameters } of world.requests.slice(from)) {
      if (api !== "ec2:DescribeInstances") continue;
      const listed = JSON.stringify(parameters);
      if (listed.includes("instance-id")) expect(ids.every((id) => listed.includes(id))).toBe(true);
    }
  });

  // EC2 User Guide, "Instance lifecycle": usage is not billed from `shutting-down` on.
  it("knows that billing stops with the shutdown, before the instance is gone", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const record = await sighting(world, "web");
    await world.adapter.terminate([record], discard);
    const [verdict] = await world.adapter.verifyDeleted([record], { until: "stopped-billing", ...patience });
    expect(["terminating", "deleted"]).toContain(verdict?.status);
    expect(verdict?.billingStopped).toBe(true);
  });

  // DeleteVolume, API reference: a volume can stay in `deleting` for several minutes, which is neither left nor gone.
  it("gives a volume in deleting its time, and counts it neither as left nor as in the bin", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", disks: [root] }]);
    const record = await sighting(world, "web");
    const before = await world.adapter.listDependencies([record]);
    await world.adapter.terminate([record], discard);
    const [verdict] = await world.adapter.verifyDeleted([record], { before, ...patience });
    expect(verdict).toMatchObject({ status: "deleted", leftovers: [] });
    expect(world.view().disks).toEqual([]);
  });
});
