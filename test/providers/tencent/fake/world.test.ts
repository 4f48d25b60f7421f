import { describe, expect, it } from "vitest";
import { fakeTencent } from "../../../../providers/tencent/fake/index.js";
import { expectEveryState, expectStatesToGoOn, refuseSeeds } from "../../fake-world.js";
import { openFake } from "./open.js";

describe("seeds that Tencent Cloud does not know", () => {
  refuseSeeds(fakeTencent, [
    ["stopProtection", { id: "web", stopProtection: true }],
    ["guestShutdown", { id: "web", guestShutdown: "terminate" }],
    ["locks", { id: "web", locks: [{ unified: "order" }] }],
    ["terminationProtection", { id: "web", billing: "spot", terminationProtection: true }],
    ["expiresAt", { id: "web", expiresAt: "2027-01-01T00:00:00Z" }],
    ["scheduledReleaseAt", { id: "web", billing: "prepaid", scheduledReleaseAt: "2027-01-01T00:00:00Z" }],
    ["refund", { id: "web", billing: "prepaid", refund: { refusedBecause: "partner" } }],
    ["recycledBecause", { id: "web", billing: "prepaid", state: "recycled", recycledBecause: "overdue" }],
    ["disks[0].deletedWithInstance", { id: "web", disks: [{ role: "system", deletedWithInstance: false }] }],
    [
      "addresses[0].releasedWithInstance",
      { id: "web", addresses: [{ kind: "ephemeral", releasedWithInstance: false }] },
    ],
    ["extraInterfaces[0].deletedWithInstance", { id: "web", extraInterfaces: [{ deletedWithInstance: true }] }],
    ["securityGroups[0].vpc", { securityGroups: [{ id: "app", vpc: "far" }] }],
    ["securityGroups[0].foreignUsers", { securityGroups: [{ id: "app", foreignUsers: ["share"] }] }],
    [
      "securityGroups[0].rules[0].priority",
      { securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" }, priority: 1 }] }] },
    ],
    ["owners[0].kind", { instances: [{ id: "web" }], owners: [{ kind: "fleet", id: "fleet", members: ["web"] }] }],
    [
      "owners[0].variant",
      { instances: [{ id: "web" }], owners: [{ kind: "route", id: "r", members: ["web"], variant: "magic" }] },
    ],
    ["bins.instance.enabled", { bins: { instance: { enabled: false } } }],
    ["bins.snapshot", { bins: { snapshot: { enabled: true } } }],
    ["backupVault", { backupVault: { id: "vault" } }],
    ["accountState", { accountState: "restricted" }],
  ]);
});

describe("the world", () => {
  it("shows instances in every state they can be seeded in", () => expectEveryState(fakeTencent()));

  it("lets seeded states go on by the clock: two hours in the bin for what the console released", () =>
    expectStatesToGoOn(fakeTencent(), 2));

  it("shows rules with their place, and peers by what they are", () => {
    const cloud = fakeTencent();
    cloud.seed({
      securityGroups: [
        {
          id: "app",
          rules: [
            { direction: "ingress", peer: { kind: "security-group", groupId: "app" }, action: "deny" },
            { direction: "ingress", peer: { kind: "any" }, family: "ipv6", description: "six" },
            { direction: "egress", peer: { kind: "address-list", list: "address-template", id: "list" } },
          ],
        },
      ],
    });
    expect(cloud.view().rules).toMatchObject([
      { peer: { kind: "security-group", groupId: cloud.id("app") }, action: "deny", position: { index: 0, count: 2 } },
      { peer: { kind: "cidr", cidr: "::/0" }, description: "six", position: { index: 1, version: "1" } },
      { direction: "egress", peer: { kind: "address-list", id: cloud.id("list") }, position: { index: 0 } },
    ]);
  });

  it("changes behind our back: fields, whole things, addresses that become somebody else's", async () => {
    const { cloud, cvm, vpc } = await openFake();
    cloud.seed([
      {
        id: "web",
        addresses: [{ id: "front", kind: "elastic" }],
        disks: [{ id: "root" }, { id: "data", role: "data" }],
      },
      { id: "db", addresses: [{ id: "plain", kind: "ephemeral" }] },
    ]);
    cloud.meddle({
      set: [
        {
          id: "web",
          tags: { team: "shop" },
          terminationProtection: true,
          state: "stopped",
          disks: [{ id: "data", deletedWithInstance: true }],
        },
      ],
      giveAddressAway: "front",
    });
    const { InstanceSet } = await cvm.DescribeInstances({});
    expect(InstanceSet?.[0]).toMatchObject({
      InstanceState: "STOPPED",
      DisableApiTermination: true,
      PublicIpAddresses: null,
      Tags: [{ Key: "team" }],
    });
    expect(cloud.view().disks.find(({ id }) => id === cloud.id("data"))?.deletedWithInstance).toBe(true);
    expect(await vpc.DescribeAddresses({})).toMatchObject({ AddressSet: [] });
    expect(cloud.view().addresses.find(({ id }) => id === cloud.id("front"))?.ours).toBe(false);
    const former = cloud.view().addresses.find(({ id }) => id === cloud.id("plain"))?.ip;
    cloud.meddle({ giveAddressAway: "plain", remove: ["data"], add: { instances: [{ id: "new" }] } });
    const now = (await cvm.DescribeInstances({ InstanceIds: [cloud.id("db")] })).InstanceSet?.[0]?.PublicIpAddresses;
    expect(now).not.toEqual([former]);
    expect([cloud.holds("data"), cloud.holds("new")]).toEqual([false, true]);
    expect(() => cloud.meddle({ set: [{ id: "web", vpc: "far" }] })).toThrow("`vpc`");
  });

  it("lets reads lag where that is asked for", async () => {
    const { cloud, cvm } = await openFake({ staleReadsMs: 5_000 });
    cloud.seed([{ id: "web", terminationProtection: true }]);
    await cvm.ModifyInstancesAttribute({ InstanceIds: [cloud.id("web")], DisableApiTermination: false });
    const read = async () => (await cvm.DescribeInstances({})).InstanceSet?.[0]?.DisableApiTermination;
    expect(await read()).toBe(true);
    await cloud.clock.advance(5_000);
    expect(await read()).toBe(false);
  });

  it("holds the keys of encrypted disks and whether they can be used", async () => {
    const { cloud, cbs, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root", encrypted: true, keyState: "disabled" }] }]);
    const { DiskSet } = await cbs.DescribeDisks({});
    expect(DiskSet).toMatchObject([{ Encrypt: true }]);
    expect(await call("kms:DescribeKey", { KeyId: DiskSet?.[0]?.KmsKeyId })).toMatchObject({
      KeyMetadata: { KeyState: "Disabled" },
    });
  });
});
