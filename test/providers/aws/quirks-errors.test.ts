/*
 * What the adapter does about an error of AWS, one test per row: the fake answers with that very code, and the test looks at
 * what was sent after it and at what stands. Codes as in "Error codes for the Amazon EC2 API" and the references of the
 * services; what the code means by itself is tested in errors.test.ts.
 */
import { describe, expect, it } from "vitest";
import type { DependencyKind, DependencyRef } from "../../../src/dependencies.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { WorldSeed } from "../../../src/testing/seed.js";
import { awsWorld, discard, expectBlocked, mutations, sent, settle, sighting } from "./for-test.js";
import { allow, host } from "./rules.js";
import type { AwsWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;

async function opened(seed: WorldSeed): Promise<AwsWorld> {
  const world = await awsWorld();
  world.seed(seed);
  return world;
}

/** Lets one API answer with a code, once unless told otherwise. */
function refuse(world: AwsWorld, api: string, cloudCode: string, more: { times?: number; httpStatus?: number } = {}) {
  world.faults.add({ fault: "error", api, cloudCode, times: 1, ...more });
}

async function itemOf(world: AwsWorld, kind: DependencyKind): Promise<DependencyRef> {
  const { edges } = await world.adapter.listDependencies([world.id("web")]);
  const edge = edges.find(({ node }) => node.kind === kind);
  if (!edge) throw new Error(`nothing of the kind ${kind}`);
  return { ...edge.node, instanceId: edge.instanceId };
}

const web: WorldSeed = { instances: [{ id: "web" }] };

describe("errors that pass", () => {
  it("RequestLimitExceeded: sends a refused termination again, later, and ends the instance once", async () => {
    const world = await opened(web);
    refuse(world, "ec2:TerminateInstances", "RequestLimitExceeded", { httpStatus: 503, times: 2 });
    const started = world.clock.now();
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, ...patience });
    expect(outcome).toMatchObject({ status: "accepted" });
    expect(world.clock.now()).toBeGreaterThan(started);
    expect(world.view().effects.filter(({ api }) => api === "ec2:TerminateInstances")).toMatchObject([{ count: 1 }]);
  });

  it("InternalError: repeats a read, and a mutation without a token only after looking what it made", async () => {
    const world = await opened(web);
    refuse(world, "ec2:DescribeInstances", "InternalError", { httpStatus: 500 });
    refuse(world, "ec2:CreateSnapshots", "InternalError", { httpStatus: 500 });
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId: "test", ...patience });
    expect(outcome).toMatchObject({ status: "completed" });
    const order = world.requests.map(({ api }) => api);
    const first = order.indexOf("ec2:CreateSnapshots");
    const second = order.indexOf("ec2:CreateSnapshots", first + 1);
    expect(order.slice(first, second)).toContain("ec2:DescribeSnapshots");
    expect(world.view().snapshots).toHaveLength(1);
  });

  it("ConcurrentSnapshotLimitExceeded: waits before it asks again, and saves every disk once", async () => {
    const world = await opened(web);
    refuse(world, "ec2:CreateSnapshots", "ConcurrentSnapshotLimitExceeded", { times: 2 });
    const started = world.clock.now();
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId: "test", ...patience });
    expect(outcome).toMatchObject({ status: "completed" });
    expect(world.clock.now() - started).toBeGreaterThanOrEqual(15_000);
    expect(world.view().snapshots).toHaveLength(1);
  });

  it("SnapshotLimitExceeded: fails at once, so that nothing is terminated without its copy", async () => {
    const world = await opened(web);
    refuse(world, "ec2:CreateSnapshots", "SnapshotLimitExceeded", { times: 99 });
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId: "test", ...patience });
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "quota" } });
    expect(sent(world, "ec2:CreateSnapshots")).toHaveLength(1);
    const proofs = outcome && "proofs" in outcome ? outcome.proofs : [];
    const [ended] = await world.adapter.terminate([world.id("web")], { data: { proofs } });
    expectBlocked(ended, "missing-snapshot-proof");
  });
});

describe("errors that stay", () => {
  it("UnauthorizedOperation: one kind that is denied is a line of the report, not its end", async () => {
    const world = await opened(web);
    refuse(world, "ec2:DescribeRouteTables", "UnauthorizedOperation", { httpStatus: 403, times: 99 });
    const { coverage, instances } = await world.adapter.listDependencies([world.id("web")]);
    expect(instances).toMatchObject([{ status: "found" }]);
    expect(coverage).toContainEqual(
      expect.objectContaining({ source: "ec2:DescribeRouteTables", gate: "required", status: "denied" }),
    );
  });

  it.each(["ExpiredToken", "InvalidClientTokenId", "OptInRequired", "PendingVerification"])(
    "%s: ends the call before anything is changed, as a matter of credentials",
    async (cloudCode) => {
      const world = await opened(web);
      refuse(world, "ec2:DescribeInstances", cloudCode, { httpStatus: 403, times: 99 });
      const ending = world.adapter.terminate([world.id("web")], discard);
      await expect(ending).rejects.toMatchObject({ code: "authentication", problem: { cloudCode } });
      expect(mutations(world)).toEqual([]);
    },
  );

  it("OperationNotPermitted: is the caller's to answer, and names the way", async () => {
    const world = await opened({ instances: [{ id: "web", terminationProtection: true }] });
    const options = { ...discard, protectionCheck: "by-cloud" } as const;
    const [outcome] = await world.adapter.terminate([world.id("web")], options);
    expectBlocked(outcome, "protected");
    expect(JSON.stringify(outcome)).toContain("protection.clear");
    expect(sent(world, "ec2:ModifyInstanceAttribute")).toEqual([]);
    expect(world.holds("web")).toBe(true);
  });

  // Terraform skips the attribute for the same reason: it "is not supported for spot instances".
  it("UnsupportedOperation: is not provoked, since a Spot instance is never asked for its protection", async () => {
    const world = await opened({ instances: [{ id: "web", billing: "spot" }] });
    await world.adapter.terminate([world.id("web")], { ...discard, dryRun: true });
    expect(sent(world, "ec2:DescribeInstanceAttribute")).toEqual([]);
  });

  it("InvalidInstanceID.NotFound: drops the one id from its batch, and sends the rest again", async () => {
    const world = await opened({ instances: [{ id: "web" }, { id: "other" }] });
    const records = [await sighting(world, "web"), await sighting(world, "other")];
    const recorder = {
      // It goes between our look and our request, as if by somebody else's hand.
      intent: async () => world.meddle({ remove: ["web"] }),
      settled: async () => undefined,
    };
    const options = { ...discard, protectionCheck: "by-cloud", recorder, ...patience } as const;
    const [, other] = await world.adapter.terminate(records, options);
    expect(other).toMatchObject({ status: "accepted" });
    expect(world.holds("other")).toBe(false);
  });

  it("InvalidInstanceID.Malformed: never leaves this machine", async () => {
    const world = await opened(web);
    await expect(world.adapter.terminate(["web-1"], discard)).rejects.toMatchObject({ code: "invalid-request" });
    expect(world.requests).toEqual([]);
  });

  it("InvalidParameterValue: is not tried again", async () => {
    const world = await opened(web);
    refuse(world, "ec2:TerminateInstances", "InvalidParameterValue", { times: 99 });
    const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, ...patience });
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "invalid-request" } });
    expect(sent(world, "ec2:TerminateInstances")).toHaveLength(1);
  });

  it("IncorrectInstanceState: reads again, and believes what it sees", async () => {
    const world = await opened(web);
    refuse(world, "ec2:TerminateInstances", "IncorrectInstanceState", { times: 99 });
    const [standing] = await world.adapter.terminate([world.id("web")], { ...discard, ...patience });
    expectBlocked(standing, "wrong-state");
    expect(world.holds("web")).toBe(true);
  });
});

describe("errors about what hangs on an instance", () => {
  const withAddress: WorldSeed = { instances: [{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }] };

  async function gone(seed: WorldSeed, kind: DependencyKind) {
    const world = await opened(seed);
    const record = await sighting(world, "web");
    const item = await itemOf(world, kind);
    await world.adapter.terminate([record], discard);
    await settle(world);
    return { world, record, item };
  }
  const release = async (world: AwsWorld, item: DependencyRef, sightings: readonly InstanceRecord[] = [], more = {}) =>
    (await world.adapter.releaseDependencies([item], { sightings, ...patience, ...more }))[0];

  // EC2 API reference, ReleaseAddress: AuthFailure says that the address is another account's by now.
  it("AuthFailure on ReleaseAddress: is no matter of credentials, and means released only once it is not ours", async () => {
    const { world, record, item } = await gone(withAddress, "public-address");
    refuse(world, "ec2:ReleaseAddress", "AuthFailure");
    const outcome = await release(world, item, [record]);
    expect(outcome?.status).not.toMatch(/released/);
    expect(world.view().addresses).toMatchObject([{ ours: true }]);
  });

  it("InvalidIPAddress.InUse: leaves the address to whoever uses it", async () => {
    const { world, record, item } = await gone(withAddress, "public-address");
    refuse(world, "ec2:ReleaseAddress", "InvalidIPAddress.InUse");
    expectBlocked(await release(world, item, [record]), "dependency");
    expect(sent(world, "ec2:DisassociateAddress")).toEqual([]);
  });

  it("InvalidAllocationID.NotFound: means that it is released, once a read says so, too", async () => {
    const { world, record, item } = await gone(withAddress, "public-address");
    world.meddle({ giveAddressAway: "front" });
    await settle(world);
    expect(await release(world, item, [record])).toMatchObject({ status: "already-released" });
  });

  it("VolumeInUse: keeps the disk and says who holds it", async () => {
    const disks = [{ role: "system" }, { id: "kept", role: "data", deletedWithInstance: false }] as const;
    const { world, record } = await gone({ instances: [{ id: "web", disks }] }, "disk");
    const item = { kind: "disk", id: world.id("kept"), instanceId: record.id } as const;
    refuse(world, "ec2:DeleteVolume", "VolumeInUse", { times: 99 });
    const consent = { acceptDataLoss: [{ instanceId: record.id, diskId: item.id, reason: "a test" }] };
    expectBlocked(await release(world, item, [record], consent), "dependency");
    expect(world.holds("kept")).toBe(true);
  });

  it("ScalingActivityInProgress, ValidationError: leave the member in its group", async () => {
    const owners = [{ kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true }] as const;
    for (const [cloudCode, code] of [
      ["ScalingActivityInProgress", "wrong-state"],
      ["ValidationError", "invalid-request"],
    ] as const) {
      const world = await opened({ instances: [{ id: "web" }, { id: "other" }], owners });
      const item = await itemOf(world, "auto-scaling-group");
      refuse(world, "autoscaling:DetachInstances", cloudCode, { times: 99 });
      const outcome = await release(world, item);
      expect(outcome).toMatchObject({ problem: { code } });
      expect(world.view().memberships.filter(({ kind }) => kind === "auto-scaling-group")).toHaveLength(2);
      expect(sent(world, "autoscaling:DetachInstances")).toHaveLength(1);
    }
  });

  // elbv2: the SDK's `name` is TargetGroupNotFoundException, the code on the wire TargetGroupNotFound.
  it("TargetGroupNotFound: means that nothing is registered there any more", async () => {
    const owners = [{ kind: "load-balancer-target", id: "pool", members: ["web"] }] as const;
    const world = await opened({ ...web, owners });
    const item = await itemOf(world, "load-balancer-target");
    refuse(world, "elasticloadbalancing:DescribeTargetGroups", "TargetGroupNotFound", { times: 99 });
    expect(await release(world, item)).toMatchObject({ status: "not-found" });
    expect(mutations(world)).toEqual([]);
  });

  it("InvalidTarget: reads the group again, and calls nothing released that is still listed", async () => {
    const owners = [{ kind: "load-balancer-target", id: "pool", members: ["web"] }] as const;
    const world = await opened({ ...web, owners });
    const item = await itemOf(world, "load-balancer-target");
    refuse(world, "elasticloadbalancing:DeregisterTargets", "InvalidTarget", { times: 99 });
    const outcome = await release(world, item);
    expect(outcome?.status).not.toMatch(/released/);
    expect(world.view().memberships).toMatchObject([{ member: world.id("web") }]);
  });

  it("InvalidSnapshot.InUse: keeps a copy that an image stands on", async () => {
    const world = await opened(web);
    await world.adapter.snapshot([world.id("web")], { runId: "test", ...patience });
    const artifacts = [];
    for await (const artifact of world.adapter.findOwnArtifacts({ runId: "test" })) artifacts.push(artifact);
    refuse(world, "ec2:DeleteSnapshot", "InvalidSnapshot.InUse", { times: 99 });
    const outcomes = await world.adapter.removeArtifacts(artifacts, { unexpired: { reason: "a test" } });
    expect(outcomes).toMatchObject([{ status: "blocked", problem: { code: "dependency" } }]);
    expect(world.view().snapshots).toHaveLength(1);
  });
});

describe("errors about firewall rules", () => {
  async function released(world: AwsWorld) {
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules: [allow("from-web", host(ip))] }] });
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    return outcome;
  }

  it("InvalidSecurityGroupRuleId.NotFound: is not believed while the rule is still listed", async () => {
    const world = await opened(web);
    refuse(world, "ec2:RevokeSecurityGroupIngress", "InvalidSecurityGroupRuleId.NotFound", { times: 99 });
    expect(await released(world)).toMatchObject({ status: "failed", removed: [] });
    expect(world.view().rules.filter(({ description }) => description === "from-web")).toHaveLength(1);
  });

  it("InvalidPermission.Duplicate: takes a rule that somebody has put back for restored", async () => {
    const world = await opened(web);
    const outcome = await released(world);
    refuse(world, "ec2:AuthorizeSecurityGroupIngress", "InvalidPermission.Duplicate", { times: 99 });
    const [reverted] = await world.adapter.revert(outcome?.effects ?? [], patience);
    // The fake still lacks the rule, so a word that it is there is not believed unread.
    expect(reverted?.status).not.toBe("reverted");
  });

  it("RulesPerSecurityGroupLimitExceeded: says that the rule is not back, and why", async () => {
    const world = await opened(web);
    const outcome = await released(world);
    const cloudCode = "RulesPerSecurityGroupLimitExceeded";
    refuse(world, "ec2:AuthorizeSecurityGroupIngress", cloudCode, { times: 99 });
    const [reverted] = await world.adapter.revert(outcome?.effects ?? [], patience);
    expect(reverted).toMatchObject({ status: "failed", problem: { code: "quota", cloudCode } });
  });

  // EC2 API reference: the default group cannot be deleted (CannotDelete), and its rules are everybody's.
  it("InvalidGroup.Reserved: is not provoked, since the default group is left alone", async () => {
    const world = await opened({
      securityGroups: [{ id: "base", isDefault: true, rules: [allow("open", host("198.51.100.7"))] }],
      instances: [{ id: "web", securityGroups: ["base"] }],
    });
    await world.adapter.releaseSecurityRules([world.id("web")]);
    expect(mutations(world)).toEqual([]);
  });

  it("DependencyViolation: keeps the isolation group of a run while somebody is in it", async () => {
    const world = await opened(web);
    const isolate = { mode: "isolate", reason: "a test", runId: "test", ...patience } as const;
    const [outcome] = await world.adapter.quarantine([world.id("web")], isolate);
    expect(outcome).toMatchObject({ status: "quarantined" });
    await settle(world);
    const artifacts = [];
    for await (const artifact of world.adapter.findOwnArtifacts({ runId: "test" })) artifacts.push(artifact);
    const options = { unexpired: { reason: "a test" }, ...patience };
    const [kept] = await world.adapter.removeArtifacts(artifacts, options);
    expect(kept).toMatchObject({ status: "blocked", problem: { code: "dependency" } });
    expect(sent(world, "ec2:DeleteSecurityGroup")).toEqual([]);
  });
});
