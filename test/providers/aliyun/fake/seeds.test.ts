import { describe, expect, it } from "vitest";
import { fakeAliyun } from "../../../../providers/aliyun/fake/index.js";
import type { WorldSeed } from "../../../../src/testing/seed.js";
import { at, day, listAt, minute, openFake } from "./open.js";

describe("seeds", () => {
  it("get ids of the cloud's form, and keep ids of that form", () => {
    const cloud = fakeAliyun();
    cloud.seed([{ id: "web" }, { id: "i-bp67acfmxazb4p1a2b3c" }]);
    expect(cloud.id("web")).toMatch(/^i-bp1[0-9a-z]{17}$/);
    expect(cloud.id("i-bp67acfmxazb4p1a2b3c")).toBe("i-bp67acfmxazb4p1a2b3c");
  });

  const unknown: Readonly<Record<string, WorldSeed>> = {
    "instances.stopProtection": { instances: [{ id: "web", stopProtection: true }] },
    "instances.state": { instances: [{ id: "web", state: "recycled" }] },
    "instances.recycledBecause": { instances: [{ id: "web", recycledBecause: "returned" }] },
    "instances.guestShutdown": { instances: [{ id: "web", guestShutdown: "terminate" }] },
    "instances.locks": { instances: [{ id: "web", locks: [{ unified: "user" }] }] },
    "instances.busy": { instances: [{ id: "web", busy: { operation: "rescue", forMs: 1 } }] },
    "instances.expiresAt": { instances: [{ id: "web", expiresAt: "2027-01-01T00:00:00Z" }] },
    "instances.terminationProtection": { instances: [{ id: "web", billing: "prepaid", terminationProtection: true }] },
    "instances.addresses.releasedWithInstance": {
      instances: [{ id: "web", addresses: [{ kind: "elastic", releasedWithInstance: true }] }],
    },
    "instances.addresses": { instances: [{ id: "web", addresses: [{ kind: "elastic" }, { kind: "ephemeral" }] }] },
    "instances.disks.medium": { instances: [{ id: "web", disks: [{ role: "system", medium: "local" }] }] },
    "instances.disks.deletedWithInstance": {
      instances: [{ id: "web", disks: [{}, { medium: "shared", deletedWithInstance: true }] }],
    },
    "instances.securityGroups": {
      securityGroups: [{ id: "far", vpc: "another" }],
      instances: [{ id: "web", securityGroups: ["far"] }],
    },
    "securityGroups.rules.enabled": {
      securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" }, enabled: false }] }],
    },
    "securityGroups.rules.ports": {
      securityGroups: [
        {
          id: "app",
          rules: [
            {
              direction: "ingress",
              peer: { kind: "any" },
              ports: {
                kind: "ranges",
                ranges: [
                  { from: 1, to: 2 },
                  { from: 4, to: 5 },
                ],
              },
            },
          ],
        },
      ],
    },
    "bins.instance": { bins: { instance: { enabled: true } } },
    backupVault: { backupVault: { id: "vault" } },
    "owners.kind": { instances: [{ id: "web" }], owners: [{ kind: "spot-request", id: "bid", members: ["web"] }] },
    "owners.replaces": {
      instances: [{ id: "web" }],
      owners: [{ kind: "alarm", id: "cpu", members: ["web"], replaces: true }],
    },
    "owners.variant": {
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], variant: "elb" }],
    },
  };
  it.each(Object.entries(unknown))("are refused with the field %s named, and leave nothing", (field, seed) => {
    const cloud = fakeAliyun();
    expect(() => cloud.seed(seed)).toThrow(`\`${field}\``);
    expect(cloud.view().instances).toEqual([]);
    cloud.seed([{ id: "web" }]);
    expect(cloud.holds("web")).toBe(true);
  });

  it("of an instance that is gone leave its name and nothing else", async () => {
    const { cloud, status } = await openFake();
    cloud.seed([{ id: "was", state: "gone" }]);
    expect(cloud.view().instances).toEqual([]);
    expect(await status("was")).toBeUndefined();
  });

  it("in a state that passes go on to the next", async () => {
    const { cloud } = await openFake();
    cloud.seed([
      { id: "new", state: "pending" },
      { id: "down", state: "stopping" },
    ]);
    expect(cloud.view().instances.map(({ state }) => state)).toEqual(["pending", "stopping"]);
    await cloud.clock.advance(minute);
    expect(cloud.view().instances.map(({ state }) => state)).toEqual(["running", "stopped"]);
  });

  it("show in neutral words", () => {
    const cloud = fakeAliyun();
    cloud.seed({
      securityGroups: [{ id: "app" }, { id: "ops" }],
      instances: [
        {
          id: "web",
          tags: { team: "shop" },
          terminationProtection: true,
          securityGroups: ["app"],
          extraInterfaces: [{ securityGroups: ["ops"] }],
          addresses: [{ id: "front", kind: "elastic", ip: "47.96.7.7" }],
          disks: [
            { id: "root", sizeGiB: 60 },
            { id: "data", sizeGiB: 100 },
          ],
        },
        { id: "paid", billing: "prepaid", locks: [{ unified: "unknown" }] },
      ],
    });
    const view = cloud.view();
    expect(view.instances).toEqual([
      {
        id: cloud.id("web"),
        state: "running",
        terminationProtection: true,
        stopProtection: false,
        locked: false,
        billing: "on-demand",
        securityGroupIds: [cloud.id("app"), cloud.id("ops")],
        tags: { team: "shop" },
      },
      expect.objectContaining({ id: cloud.id("paid"), billing: "prepaid", locked: true }),
    ]);
    expect(view.disks.slice(0, 2)).toEqual([
      { id: cloud.id("root"), state: "attached", instanceId: cloud.id("web"), deletedWithInstance: true, sizeGiB: 60 },
      {
        id: cloud.id("data"),
        state: "attached",
        instanceId: cloud.id("web"),
        deletedWithInstance: false,
        sizeGiB: 100,
      },
    ]);
    expect(view.addresses).toEqual([
      { id: cloud.id("front"), ip: "47.96.7.7", instanceId: cloud.id("web"), ours: true },
    ]);
    expect(view.effects).toEqual([]);
  });

  it("of rules of every kind show as they were asked for", () => {
    const cloud = fakeAliyun();
    const rule = { direction: "egress", action: "deny", priority: 9 } as const;
    cloud.seed({
      securityGroups: [
        { id: "other" },
        {
          id: "app",
          rules: [
            { ...rule, peer: { kind: "cidr", cidr: "fd00::/8", family: "ipv6" }, family: "ipv6" },
            { ...rule, peer: { kind: "any" }, family: "ipv6", protocol: { unified: "icmpv6", raw: "ICMPV6" } },
            { ...rule, peer: { kind: "security-group", groupId: "other", accountId: "9876543210987654" } },
            {
              ...rule,
              peer: { kind: "address-list", list: "prefix-list", id: "office" },
              ports: { kind: "list", list: "port-list", id: "prl-1" },
              sourcePorts: { kind: "ranges", ranges: [{ from: 1024, to: 65_535 }] },
            },
            { ...rule, peer: { kind: "any" }, protocol: { unified: "other", raw: "gre" }, local: { kind: "any" } },
            { ...rule, peer: { kind: "any" }, ports: { kind: "icmp", type: -1, code: -1 } },
          ],
        },
      ],
    });
    expect(
      cloud.view().rules.map(({ peer, protocol, ports, sourcePorts }) => [peer, protocol.raw, ports, sourcePorts]),
    ).toEqual([
      [{ kind: "cidr", cidr: "fd00::/8", family: "ipv6" }, "ALL", { kind: "all" }, undefined],
      [{ kind: "cidr", cidr: "::/0", family: "ipv6" }, "ICMPV6", { kind: "all" }, undefined],
      [
        { kind: "security-group", groupId: cloud.id("other"), accountName: "9876543210987654" },
        "ALL",
        { kind: "all" },
        undefined,
      ],
      [
        { kind: "address-list", list: "prefix-list", id: cloud.id("office") },
        "TCP",
        { kind: "list", list: "port-list", id: "prl-1" },
        { kind: "ranges", ranges: [{ from: 1024, to: 65_535 }] },
      ],
      [{ kind: "cidr", cidr: "0.0.0.0/0", family: "ipv4" }, "GRE", { kind: "all" }, undefined],
      [{ kind: "cidr", cidr: "0.0.0.0/0", family: "ipv4" }, "ICMP", { kind: "all" }, undefined],
    ]);
    expect(new Set(cloud.view().rules.map(({ action, priority }) => `${action} ${priority}`))).toEqual(
      new Set(["deny 9"]),
    );
  });

  it("of a snapshot under way keep others from starting until it ends", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web", disks: [{ id: "root" }], busy: { operation: "snapshot", forMs: minute } }]);
    const create = () => call("ecs", "CreateSnapshot", { DiskId: cloud.id("root") });
    await expect(create()).rejects.toThrow("IncorrectDiskStatus.CreatingSnapshot");
    await cloud.clock.advance(minute);
    await create();
    expect(cloud.view().snapshots.map(({ state }) => state)).toEqual(["completed", "pending"]);
  });

  it("lock and stop what is not paid, and refuse what costs", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({ instances: [{ id: "web" }, { id: "paid", billing: "prepaid" }], accountState: "overdue" });
    const all = listAt(await inRegion("ecs", "DescribeInstances"), "Instances.Instance");
    expect(all.map((one) => at(one, "Status"))).toEqual(["Stopped", "Running"]);
    expect(at(all[0], "OperationLocks.LockReason.0.LockReason")).toBe("financial");
  });
});

describe("meddling", () => {
  it("sets the named fields of an instance and no others", () => {
    const cloud = fakeAliyun();
    cloud.seed({
      securityGroups: [{ id: "ops" }],
      instances: [{ id: "web", tags: { team: "shop" }, disks: [{ id: "root" }] }],
    });
    cloud.meddle({ set: [{ id: "web", terminationProtection: true, securityGroups: ["ops"] }] });
    cloud.meddle({ set: [{ id: "web", disks: [{ id: "root", deletedWithInstance: false }] }] });
    expect(cloud.view().instances).toMatchObject([
      { terminationProtection: true, tags: { team: "shop" }, securityGroupIds: [cloud.id("ops")] },
    ]);
    expect(cloud.view().disks[0]?.deletedWithInstance).toBe(false);
    expect(() => cloud.meddle({ set: [{ id: "web", zone: "elsewhere" }] })).toThrow("`set.zone`");
  });

  it("changes billing, work under way, names, keys and roles", async () => {
    const { cloud, inRegion, call, status } = await openFake({ now: "2026-01-02T00:00:00Z" });
    cloud.seed([{ id: "web" }, { id: "db", privateIps: ["172.16.4.4"] }]);
    const set = { id: "web", name: "renamed", keyPair: "ops", role: "reader", userData: "x", managedBy: "service" };
    cloud.meddle({ set: [{ ...set, billing: "spot", busy: { operation: "migrate", forMs: minute } }] });
    cloud.meddle({
      set: [{ id: "db", expiresAt: "2026-02-01T00:00:00Z", autoRenew: false, privateIps: ["172.16.5.5"] }],
    });
    const [web, db] = listAt(await inRegion("ecs", "DescribeInstances"), "Instances.Instance");
    expect(web).toMatchObject({ InstanceName: "renamed", KeyPairName: "ops", SpotStrategy: "SpotAsPriceGo" });
    expect(db).toMatchObject({
      InstanceChargeType: "PrePaid",
      VpcAttributes: { PrivateIpAddress: { IpAddress: ["172.16.5.5"] } },
    });
    await expect(call("ecs", "StopInstance", { InstanceId: cloud.id("web") })).rejects.toThrow("OperationConflict");
    await cloud.clock.advance(60 * day);
    expect(await status("db")).toBeUndefined();
    cloud.meddle({ set: [{ id: "web", state: "stopping" }] });
    expect(await status("web")).toBe("Stopping");
    cloud.meddle({ set: [{ id: "web", state: "running" }] });
    expect(await status("web")).toBe("Running");
    cloud.meddle({ set: [{ id: "web", state: "gone" }] });
    expect(await status("web")).toBeUndefined();
    expect(() => cloud.meddle({ set: [{ id: "web", name: "late" }] })).toThrow('"web"');
  });

  it("changes state, timers and locks", async () => {
    const { cloud } = await openFake({ now: "2026-01-02T00:00:00Z" });
    cloud.seed([{ id: "web" }, { id: "timed" }]);
    cloud.meddle({ set: [{ id: "web", state: "stopped", locks: [{ unified: "security" }] }] });
    cloud.meddle({ set: [{ id: "timed", scheduledReleaseAt: "2026-01-03T00:00:00Z" }] });
    expect(cloud.view().instances[0]).toMatchObject({ state: "stopped", locked: true });
    await cloud.clock.advance(2 * day);
    expect([cloud.holds("web"), cloud.holds("timed")]).toEqual([true, false]);
  });

  it("removes things of any kind, with what follows from that", () => {
    const cloud = fakeAliyun();
    cloud.seed({
      instances: [{ id: "web", disks: [{ id: "root" }, { id: "kept", role: "data" }] }],
      securityGroups: [{ id: "app" }],
      owners: [
        { kind: "snapshot", id: "copy", members: ["kept"] },
        { kind: "load-balancer-target", id: "pool", members: ["web"] },
      ],
      addresses: [{ id: "idle", kind: "elastic" }],
    });
    cloud.meddle({ remove: ["web", "copy", "idle", "app", "pool"] });
    expect(["web", "root", "kept", "copy", "idle", "app", "pool"].filter((name) => cloud.holds(name))).toEqual([
      "kept",
    ]);
  });

  it("is seen at once though reads lag", async () => {
    const { cloud, status, call } = await openFake({ staleReadsMs: minute });
    cloud.seed([{ id: "web" }]);
    await call("ecs", "ModifyInstanceAttribute", { InstanceId: cloud.id("web"), InstanceName: "renamed" });
    cloud.meddle({ remove: ["web"] });
    expect(await status("web")).toBeUndefined();
  });
});
