/*
 * What Alibaba Cloud does that nobody would guess, one test per fact that the adapter acts on. Each names where the cloud,
 * or the SDK, says so.
 */
import { describe, expect, it } from "vitest";
import type { SeedInstance } from "../../../src/testing/seed.js";
import { aliyunWorld, discard, expectBlocked, mutations, sent, settle, sighting } from "./for-test.js";
import { otherTool } from "./other-tool.js";
import { allow, group, host, ruleNames } from "./rules.js";
import type { AliyunWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;
const hour = 3_600_000;
const day = 24 * hour;
const deleteApi = "ecs:DeleteInstances";
const quote = { amount: "300.00", currency: "CNY" } as const;

async function worldWith(...instances: readonly SeedInstance[]): Promise<AliyunWorld> {
  const world = await aliyunWorld();
  world.seed(instances);
  return world;
}

const later = (world: AliyunWorld, ms: number) => new Date(world.clock.now() + ms).toISOString();

async function subscribed(): Promise<AliyunWorld> {
  const world = await aliyunWorld();
  world.seed([{ id: "web", billing: "prepaid", expiresAt: later(world, 90 * day), refund: { quote } }]);
  return world;
}

async function end(world: AliyunWorld, over: object = {}) {
  const [outcome] = await world.adapter.terminate([world.id("web")], { ...discard, ...over });
  return outcome;
}

describe("quirks of ECS: billing decides the way out", () => {
  // DescribeInstances, ExpiredTime: a pay-as-you-go instance shows 2099-12-31; InstanceChargeType tells how it is paid.
  it("takes nothing for a subscription that only shows an expiry in 2099", async () => {
    const world = await worldWith({ id: "web" });
    const listed = await otherTool(world, "ecs:DescribeInstances", {});
    expect(JSON.stringify(listed)).toContain("2099-12-31");
    expect((await sighting(world, "web")).billing).not.toHaveProperty("expiresAt");
    expect((await end(world))?.status).toBe("accepted");
  });

  // "Instance families", Preemptible instances: paid by use, so released like any other, at once and for good.
  it("releases pay-as-you-go and spot instances in the same request", async () => {
    const world = await worldWith({ id: "web" }, { id: "spot", billing: "spot" });
    await world.adapter.terminate([world.id("web"), world.id("spot")], discard);
    await settle(world);
    expect(sent(world, deleteApi).map(({ instanceIds }) => instanceIds.length)).toEqual([2]);
    expect(world.view().instances).toEqual([]);
  });

  // DeleteInstances, error table: ChargeTypeViolation for a subscription that has not expired.
  it("refuses an unexpired subscription as long as nobody chose how it ends", async () => {
    const world = await subscribed();
    expectBlocked(await end(world), "prepaid");
    expect(mutations(world)).toEqual([]);
    expect(world.requests.filter(({ service }) => service === "bss")).toEqual([]);
  });

  // BSS OpenAPI, InquiryPriceRefundInstance and RefundInstance: the same ClientToken answers the first result.
  it("asks for the price of a refund first, shows it, and refunds with a token", async () => {
    const world = await subscribed();
    expect(await end(world, { prepaid: "unsubscribe", dryRun: true })).toMatchObject({ refund: { amount: quote } });
    await end(world, { prepaid: "unsubscribe" });
    const apis = world.requests.map(({ api }) => api);
    expect(apis.indexOf("bss:InquiryPriceRefundInstance")).toBeLessThan(apis.indexOf("bss:RefundInstance"));
    const [refund, ...more] = sent(world, "bss:RefundInstance");
    expect(more).toEqual([]);
    expect(refund?.parameters).toMatchObject({ ProductCode: "ecs", ProductType: "", ImmediatelyRelease: "1" });
    expect(String(refund?.parameters.ClientToken)).toMatch(/^[\x20-\x7e]{1,64}$/);
  });

  // BSS OpenAPI: failures are HTTP 200 with Success=false.
  it("takes no refund for done that BSS refused with a 200 answer", async () => {
    const world = await aliyunWorld();
    const expiresAt = later(world, 90 * day);
    world.seed([{ id: "web", billing: "prepaid", expiresAt, refund: { refusedBecause: "not-returnable" } }]);
    const outcome = await end(world, { prepaid: "unsubscribe" });
    expect(["blocked", "failed"]).toContain(outcome?.status);
    expect(world.requests.filter(({ api }) => api.startsWith("bss:")).map(({ status }) => status)).toContain(200);
    expect(world.holds("web")).toBe(true);
  });

  // ModifyInstanceChargeType is asynchronous; a release that comes too early answers LastTokenProcessing.
  it("waits until a converted subscription reads as PostPaid, and waits LastTokenProcessing out", async () => {
    const world = await subscribed();
    world.faults.add({ fault: "error", api: deleteApi, cloudCode: "LastTokenProcessing", times: 2 });
    expect((await end(world, { prepaid: "convert" }))?.status).toBe("accepted");
    expect(sent(world, "ecs:ModifyInstanceChargeType")[0]?.parameters).toMatchObject({
      InstanceChargeType: "PostPaid",
    });
    expect(sent(world, deleteApi)).toHaveLength(3);
    expect(world.view().orders.map(({ kind }) => kind)).toEqual(["conversion"]);
  });

  it("waits for LastTokenProcessing no longer than five minutes", async () => {
    const world = await subscribed();
    world.faults.add({ fault: "error", api: deleteApi, cloudCode: "LastTokenProcessing" });
    const outcome = await end(world, { prepaid: "convert" });
    expect(outcome).toMatchObject({ status: "blocked", problem: { cloudCode: "LastTokenProcessing" } });
    expect(outcome?.effects).toMatchObject([{ kind: "billing-converted" }]);
    expect(sent(world, deleteApi).length).toBeLessThan(40);
  });

  // DeleteInstances, TerminateSubscription: "release expired subscription instances".
  it("releases what has expired with TerminateSubscription, and nothing else with it", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web", billing: "prepaid", state: "stopped", expiresAt: later(world, -2 * day) }]);
    expect((await end(world, { prepaid: "release-expired" }))?.status).toBe("accepted");
    expect(sent(world, deleteApi)[0]?.parameters).toMatchObject({ TerminateSubscription: "true" });
  });

  // ModifyInstanceAutoRenewAttribute, RenewalStatus: NotRenewal; released about 15 days after it expired.
  it("lets a subscription expire by its renewal alone", async () => {
    const world = await aliyunWorld();
    world.seed([{ id: "web", billing: "prepaid", autoRenew: true, expiresAt: later(world, 90 * day) }]);
    expect((await end(world, { prepaid: "expire" }))?.status).toBe("scheduled");
    expect(mutations(world).map(({ api }) => api)).toEqual(["ecs:ModifyInstanceAutoRenewAttribute"]);
  });
});

describe("quirks of ECS: releasing", () => {
  // DeleteInstances, Force and ForceStop: forced is a power-off by default; false lets the guest shut down.
  it("forces the release of what runs and still lets its guest shut down, unless told otherwise", async () => {
    const world = await worldWith({ id: "web" }, { id: "hung" });
    await end(world);
    await world.adapter.terminate([world.id("hung")], { ...discard, shutdown: "forced" });
    const words = sent(world, deleteApi).map(({ parameters: { Force, ForceStop } }) => [
      String(Force),
      String(ForceStop),
    ]);
    expect(words).toEqual([
      ["true", "false"],
      ["true", "true"],
    ]);
  });

  // DeleteInstances, InstanceId.N: 1 to 100; its answer tells nothing of single members.
  it("describes anew and splits after a refusal, each piece with a token of its own", async () => {
    const names = Array.from({ length: 60 }, (_, index) => `web-${index}`);
    const world = await worldWith(...names.map((id) => ({ id, securityGroups: ["fleet"] })));
    world.seed({ owners: [{ kind: "route", id: "way", members: ["web-3"] }] });
    const outcomes = await world.adapter.terminate(
      names.map((name) => world.id(name)),
      discard,
    );
    expect(outcomes.map(({ status }) => status).filter((status) => status !== "accepted")).toEqual(["blocked"]);
    const tokens = sent(world, deleteApi).map(({ parameters }) => parameters.ClientToken);
    expect(new Set(tokens).size).toBe(tokens.length);
    const at = world.requests.findIndex(({ api, status }) => api === deleteApi && status >= 400);
    const next = world.requests.findIndex(({ api }, index) => index > at && api === deleteApi);
    expect(world.requests.slice(at, next).map(({ api }) => api)).toContain("ecs:DescribeInstances");
  });

  // DeleteInstances, DryRun: checks permission and required parameters; success is an error, DRYRUN.SUCCESS.
  it("believes a dry run about permission, and no more", async () => {
    const world = await worldWith({ id: "web", terminationProtection: true });
    expect(world.adapter.capabilities.dryRun).toEqual({ checks: "permission" });
    expectBlocked(await end(world, { dryRun: true }), "protected");
    const free = await worldWith({ id: "web" });
    expect(await end(free, { dryRun: true })).toMatchObject({ status: "would-terminate", permissionChecked: true });
    expect(free.requests.filter(({ dryRun }) => dryRun).map(({ api }) => api)).toEqual([deleteApi]);
    expect(free.holds("web")).toBe(true);
  });

  // ModifyInstanceAutoReleaseTime: at least 30 minutes and at most three years ahead; left out, it calls the release off.
  it("lets the cloud release later, and calls that off", async () => {
    const world = await worldWith({ id: "web" });
    const [outcome] = await world.adapter.terminate([world.id("web")], {
      ...discard,
      releaseAt: later(world, 2 * hour),
    });
    expect(outcome).toMatchObject({ status: "scheduled", bypassesBin: true, effects: [{ kind: "timer-set" }] });
    await world.adapter.revert(outcome?.effects ?? [], patience);
    const [set, off] = sent(world, "ecs:ModifyInstanceAutoReleaseTime");
    expect(set?.parameters).toHaveProperty("AutoReleaseTime");
    expect(off?.parameters).not.toHaveProperty("AutoReleaseTime");
    await world.clock.advance(3 * hour);
    expect(world.holds("web")).toBe(true);
  });

  // Error table of DeleteInstance: InvalidOperation.DeletionProtection.
  it("clears DeletionProtection only for the ids that are named", async () => {
    const world = await worldWith({ id: "web", terminationProtection: true });
    expectBlocked(await end(world), "protected");
    expect(mutations(world)).toEqual([]);
    await end(world, { protection: { clear: [world.id("web")], reason: "a test" } });
    expect(mutations(world).map(({ api }) => api)).toEqual(["ecs:ModifyInstanceAttribute", deleteApi]);
  });

  // DeleteInstance: "For an instance locked for security reasons … this attribute is ignored and the disk is released".
  it("ends nothing that is locked for security, whatever is chosen for its disks", async () => {
    const world = await worldWith({ id: "web", locks: [{ unified: "security" }] });
    for (const dataDisks of ["keep", "as-flagged"] as const) {
      const outcome = await end(world, { dataDisks });
      expectBlocked(outcome, "locked");
      expect(JSON.stringify(outcome)).toContain("take every disk along");
    }
    expect(mutations(world)).toEqual([]);
  });

  // DescribeInstances, OperationLocks.LockReason: financial, security, Recycling, dedicatedhostfinancial, refunded.
  it.each([
    ["overdue", "accepted", 1],
    ["reclaim", "accepted", 0],
    ["refunded", "accepted", 0],
    ["security", "blocked", 0],
  ] as const)("tells the lock %s from the others: %s", async (unified, status, requests) => {
    const billing = unified === "reclaim" ? "spot" : unified === "refunded" ? "prepaid" : "on-demand";
    const world = await worldWith({ id: "web", billing, locks: [{ unified }] });
    expect((await end(world))?.status).toBe(status);
    expect(mutations(world)).toHaveLength(requests);
  });

  // Error table of DeleteInstance: DependencyViolation.RouteEntry.
  it("says which route keeps an instance", async () => {
    const world = await worldWith({ id: "web" });
    world.seed({ owners: [{ kind: "route", id: "way", members: ["web"] }] });
    const outcome = await end(world);
    expect(outcome?.status).toBe("blocked");
    expect(world.holds("web")).toBe(true);
    const { edges } = await world.adapter.listDependencies([world.id("web")]);
    expect(edges.filter(({ node }) => node.kind === "route")).toMatchObject([
      { effect: "blocks", unblock: expect.any(String) },
    ]);
  });

  // Auto Scaling, "Scaling activities": what is unhealthy is replaced; RemoveInstances would release it.
  it("leaves members of a scaling group, and nodes of a cluster, until they are taken out", async () => {
    for (const kind of ["auto-scaling-group", "cluster-node"] as const) {
      const world = await worldWith({ id: "web" }, { id: "other" });
      world.seed({ owners: [{ kind, id: "owner", members: ["web", "other"] }] });
      const outcome = await end(world);
      expect(outcome).toMatchObject({ status: "blocked", problem: { code: "owned", hint: expect.any(String) } });
      expect(mutations(world)).toEqual([]);
    }
  });

  // No operation of ecs20140526 lists, restores or purges released instances.
  it("knows no recycle bin, and says so", async () => {
    const world = await worldWith({ id: "web" });
    expect(world.adapter.capabilities.recycleBin).toMatchObject({ restore: false, purge: false });
    expectBlocked(await end(world, { recycleBin: "require" }), "recycle-bin-unavailable");
    await end(world);
    await settle(world);
    expectBlocked((await world.adapter.recover([world.id("web")]))[0], "unsupported");
  });
});

describe("quirks of ECS: disks and snapshots", () => {
  // ModifyDiskAttribute, DeleteWithInstance.
  it("keeps a data disk by its flag, before the release", async () => {
    const world = await worldWith({
      id: "web",
      disks: [{ role: "system" }, { id: "data", role: "data", deletedWithInstance: true }],
    });
    await end(world, { dataDisks: "keep" });
    expect(mutations(world).map(({ api }) => api)).toEqual(["ecs:ModifyDiskAttribute", deleteApi]);
    await settle(world);
    expect(world.holds("data")).toBe(true);
  });

  // ModifyDiskAttribute: not for local disks, nor for those that several instances share.
  it("promises nothing for a disk of the host", async () => {
    const local = { id: "data", role: "data", medium: "local" } as const;
    const world = await worldWith({ id: "web", disks: [{ role: "system" }, local] });
    expectBlocked(await end(world, { dataDisks: "keep" }), "unsupported");
    expect(mutations(world)).toEqual([]);
  });

  it("leaves a disk that others are attached to, too", async () => {
    const shared = { id: "data", role: "data", medium: "shared" } as const;
    const world = await worldWith(
      { id: "web", disks: [{ role: "system" }, shared] },
      { id: "twin", disks: [{ role: "system" }, shared] },
    );
    await end(world, { dataDisks: "keep" });
    await settle(world);
    expect(world.holds("data")).toBe(true);
    expect(sent(world, "ecs:ModifyDiskAttribute")).toEqual([]);
  });

  // DescribeDisks, DeleteAutoSnapshot: automatic snapshots go with their disk.
  it("takes no automatic snapshot for a proof", async () => {
    const world = await worldWith({ id: "web", disks: [{ id: "root", role: "system" }] });
    world.seed({ owners: [{ kind: "snapshot", id: "nightly", members: ["root"], variant: "auto" }] });
    const { accountId } = await world.adapter.whoAmI();
    const now = later(world, 0);
    const claim = {
      cloud: "aliyun",
      accountId,
      region: world.adapter.region,
      id: world.id("nightly"),
      kind: "disk-snapshot",
      instanceId: world.id("web"),
      diskId: world.id("root"),
      runId: "test",
      attempt: 1,
      sizeGiB: 40,
      encrypted: false,
      keyUsable: true,
      pointInTime: now,
      takenFrom: "running",
      completedAt: now,
      expiresBy: "nobody",
    } as const;
    expectBlocked(await end(world, { data: { proofs: [claim] } }), "missing-snapshot-proof");
  });

  // CreateSnapshotGroup: ESSD disks; "16 disks", "32 TiB" (user guide); no retention. ModifySnapshotAttribute sets one.
  it("takes ESSD disks as a group, others one by one, and sets retention afterwards", async () => {
    const disks = [{ role: "system" }, { role: "data" }] as const;
    const basic = [
      { role: "system", medium: "basic" },
      { role: "data", medium: "basic" },
    ] as const;
    const world = await worldWith({ id: "web", disks }, { id: "old", disks: basic });
    const ids = ["web", "old"].map((name) => world.id(name));
    const outcomes = await world.adapter.snapshot(ids, { runId: "test", expiry: "cloud" });
    expect(outcomes).toMatchObject([
      { status: "completed", consistency: "instance" },
      { status: "completed", consistency: "disk" },
    ]);
    const counts = (api: string) => sent(world, api).length;
    expect(["ecs:CreateSnapshotGroup", "ecs:CreateSnapshot", "ecs:ModifySnapshotAttribute"].map(counts)).toEqual([
      1, 2, 2,
    ]);
  });

  // DescribeSnapshots: `Available` turns true long before `Status` is accomplished and `Progress` 100%.
  it("waits for a copy until it is accomplished to 100%", async () => {
    const world = await worldWith({ id: "web" });
    const started = world.clock.now();
    const [outcome] = await world.adapter.snapshot([world.id("web")], { runId: "test", ...patience });
    expect(outcome?.status).toBe("completed");
    expect(world.clock.now()).toBeGreaterThan(started);
    expect(world.view().snapshots.map(({ state }) => state)).toEqual(["completed"]);
  });
});

describe("quirks of ECS: security rules", () => {
  async function ruledBy(count: number, direction: "ingress" | "egress" = "ingress"): Promise<AliyunWorld> {
    const world = await worldWith({ id: "web" });
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    const rules = Array.from({ length: count }, (_, nth) =>
      allow(`rule-${nth}`, host(ip), {
        direction,
        ports: { kind: "ranges", ranges: [{ from: nth + 1, to: nth + 1 }] },
      }),
    );
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules }] });
    return world;
  }

  // RevokeSecurityGroup, SecurityGroupRuleId.N: 1 to 100.
  it("revokes by rule id, a hundred a request", async () => {
    const world = await ruledBy(101);
    await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    const counts = sent(world, "ecs:RevokeSecurityGroup").map(({ parameters }) => {
      expect(parameters).not.toHaveProperty("Permissions");
      return Array.isArray(parameters.SecurityGroupRuleId) ? parameters.SecurityGroupRuleId.length : 0;
    });
    expect(counts.sort()).toEqual([1, 100].sort());
    expect(ruleNames(world)).toEqual([]);
  });

  // One unknown id fails the whole request; the code differs by direction (recorded answers of both operations).
  it.each([
    ["ingress", "ecs:RevokeSecurityGroup", "InvalidParam.SecurityGroupRuleId"],
    ["egress", "ecs:RevokeSecurityGroupEgress", "InvalidSecurityGroupRule.RuleNotExist"],
  ] as const)("takes an unknown id for gone by the code of its direction: %s", async (direction, api, cloudCode) => {
    const world = await ruledBy(2, direction);
    const [first] = world.view().rules;
    const recorder = {
      intent: async () => {
        if (sent(world, api).length > 0) return;
        await otherTool(world, api, { SecurityGroupId: world.id("db"), SecurityGroupRuleId: [first?.id] });
        await world.clock.advance(60_000);
      },
      settled: async () => undefined,
    };
    const options = { scope: "own-address", recorder } as const;
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], options);
    expect(outcome?.status).toBe("released");
    expect(sent(world, api).map((request) => request.cloudCode)).toContain(cloudCode);
    expect(ruleNames(world)).toEqual([]);
  });

  // DescribeSecurityGroups, ServiceManaged: groups that services operate refuse changes.
  it("touches no group that a service manages", async () => {
    const world = await worldWith({ id: "web" });
    const ip = (await sighting(world, "web")).privateIps[0] ?? "";
    world.seed({ securityGroups: [{ id: "db", managed: true, rules: [allow("from-web", host(ip))] }] });
    await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    expect(mutations(world)).toEqual([]);
  });

  // DescribeSecurityGroupReferences: who names a group. Its answer's shape differs from the page's example.
  it("closes rules of other groups that name the group of one that goes", async () => {
    const world = await aliyunWorld();
    world.seed({
      securityGroups: [
        { id: "app", rules: [] },
        { id: "db", foreignUsers: ["interface"], rules: [allow("app-db", group("app"))] },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
    expect(world.requests.map(({ api }) => api)).toContain("ecs:DescribeSecurityGroupReferences");
    expect(ruleNames(world)).toEqual([]);
  });

  // AuthorizeSecurityGroup: policy and priority belong to a rule no less than its ports.
  it("restores a rule with all it had", async () => {
    const world = await aliyunWorld();
    const office = { kind: "cidr", cidr: "198.51.100.0/24", family: "ipv4" } as const;
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("office", office, { priority: 42 })] }],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const essence = () => world.view().rules.map(({ id: _id, ...rule }) => rule);
    const before = essence();
    const [outcome] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
    expect(essence()).toEqual([]);
    await world.adapter.revert(outcome?.effects ?? [], patience);
    expect(essence()).toEqual(before);
  });
});

describe("quirks of ECS: what is gone, and what is left", () => {
  // DescribeInstances: an id that is gone, of another region or of another account is left out of a 200 answer alike.
  it("proves absence by an earlier sighting, a row that shows, and two reads apart", async () => {
    const world = await worldWith({ id: "web" }, { id: "bystander" });
    const record = await sighting(world, "web");
    await end(world);
    await settle(world);
    const from = world.requests.length;
    const started = world.clock.now();
    const [verdict] = await world.adapter.verifyDeleted([record], patience);
    expect(verdict?.status).toBe("deleted");
    expect(world.clock.now()).toBeGreaterThan(started);
    const reads = world.requests.slice(from).filter(({ api }) => api === "ecs:DescribeInstances");
    expect(reads.length).toBeGreaterThanOrEqual(3);
    const [unseen] = await world.adapter.verifyDeleted([world.id("web")], patience);
    expect(unseen?.status).not.toBe("deleted");
  });

  it("claims no absence where the credentials are not seen to show anything", async () => {
    const world = await worldWith({ id: "web" });
    const record = await sighting(world, "web");
    await end(world);
    await settle(world);
    world.faults.add({ fault: "deny", api: "ecs:DescribeSecurityGroups" });
    const [verdict] = await world.adapter.verifyDeleted([record], { deadlineMs: 10 * 60_000 });
    expect(verdict?.status).not.toBe("deleted");
  });

  // "What happens to related resources", ECS user guide: EIPs, kept disks, snapshots, images, names and routes stay.
  it("names what an instance leaves, of every kind", async () => {
    const kinds = ["load-balancer-target", "nat-rule", "dns-record", "address-list"] as const;
    const world = await aliyunWorld();
    world.seed({
      instances: [
        {
          id: "web",
          disks: [
            { id: "root", role: "system" },
            { id: "kept", role: "data", deletedWithInstance: false },
          ],
          addresses: [{ id: "front", kind: "elastic" }],
          extraInterfaces: [{ id: "eni", deletedWithInstance: false }],
        },
        { id: "bystander" },
      ],
      owners: [
        ...kinds.map((kind) => ({ kind, id: `a-${kind}`, members: ["web"], by: "address", ports: [80] }) as const),
        { kind: "snapshot", id: "manual", members: ["root"] },
        { kind: "image", id: "golden", members: ["root"] },
      ],
    });
    const record = await sighting(world, "web");
    const before = await world.adapter.listDependencies([record]);
    await end(world);
    await settle(world);
    const [verdict] = await world.adapter.verifyDeleted([record], { before, ...patience });
    expect(verdict?.status).toBe("deleted");
    const left = new Set(verdict?.leftovers.map(({ kind }) => kind));
    for (const kind of ["disk", "public-address", "network-interface", "snapshot", "image", ...kinds] as const)
      expect(left, kind).toContain(kind);
    expect(verdict?.clean).toBe(false);
  });

  // Auto Scaling: a member that is released is unhealthy, and another takes its place.
  it("sees a replacement that a scaling group launched", async () => {
    const world = await worldWith({ id: "web" }, { id: "other" });
    world.seed({ owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true }] });
    const record = await sighting(world, "web");
    const before = await world.adapter.listDependencies([record]);
    await end(world, { cloudOptions: { acceptOwners: ["auto-scaling-group"] } });
    await settle(world);
    const [verdict] = await world.adapter.verifyDeleted([record], { before, ...patience });
    expect(JSON.stringify(verdict)).toMatch(/replace/i);
    expect(verdict?.clean).not.toBe(true);
  });
});
