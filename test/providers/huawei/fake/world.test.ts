import { describe, expect, it } from "vitest";
import { fakeHuawei } from "../../../../providers/huawei/fake/index.js";
import { expectEveryState, expectStatesToGoOn, refuseSeeds } from "../../fake-world.js";
import { at, openFake, refusalOf } from "./open.js";

describe("seeds that Huawei Cloud does not know", () => {
  refuseSeeds(fakeHuawei, [
    ["stopProtection", { id: "web", stopProtection: true }],
    ["guestShutdown", { id: "web", guestShutdown: "terminate" }],
    ["locks", { id: "web", locks: [{ unified: "refunded" }] }],
    ["expiresAt", { id: "web", expiresAt: "2027-01-01T00:00:00Z" }],
    ["autoRenew", { id: "web", autoRenew: true }],
    ["refund", { id: "web", refund: {} }],
    ["scheduledReleaseAt", { id: "web", billing: "prepaid", scheduledReleaseAt: "2027-01-01T00:00:00Z" }],
    ["recycledBecause", { id: "web", state: "recycled", recycledBecause: "overdue" }],
    ["state", { id: "web", billing: "spot", state: "recycled" }],
    ["disks[0].deletedWithInstance", { id: "web", disks: [{ role: "system", deletedWithInstance: false }] }],
    ["disks[0].medium", { id: "web", disks: [{ role: "system", medium: "local" }] }],
    ["disks[0].keyState", { id: "web", disks: [{ keyState: "disabled" }] }],
    ["disks[1].tied", { id: "web", disks: [{}, { role: "data", tied: true }] }],
    ["addresses[0].kind", { id: "web", addresses: [{ kind: "ephemeral" }] }],
    ["addresses[0].releasedWithInstance", { id: "web", addresses: [{ kind: "elastic", releasedWithInstance: true }] }],
    ["securityGroups[0].managed", { securityGroups: [{ id: "app", managed: true }] }],
    ["securityGroups[0].vpc", { securityGroups: [{ id: "app", vpc: "far" }] }],
    ["securityGroups[0].foreignUsers", { securityGroups: [{ id: "app", foreignUsers: ["share"] }] }],
    [
      "securityGroups[0].rules[0].sourcePorts",
      {
        securityGroups: [
          { id: "app", rules: [{ direction: "ingress", peer: { kind: "any" }, sourcePorts: { kind: "all" } }] },
        ],
      },
    ],
    [
      "securityGroups[0].rules[0].family",
      { securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" }, family: "both" }] }] },
    ],
    ["owners[0].kind", { instances: [{ id: "web" }], owners: [{ kind: "fleet", id: "fleet", members: ["web"] }] }],
    [
      "owners[0].variant",
      { instances: [{ id: "web" }], owners: [{ kind: "route", id: "r", members: ["web"], variant: "magic" }] },
    ],
    ["bins.snapshot", { bins: { snapshot: { enabled: true } } }],
    ["bins.disk.hours", { bins: { disk: { enabled: true, hours: 25 } } }],
    ["bins.disk.enabled", { bins: { instance: { enabled: true }, disk: { enabled: false } } }],
  ]);
});

describe("the world", () => {
  it("shows instances in every state they can be seeded in", () => expectEveryState(fakeHuawei()));

  it("lets seeded states go on by the clock", () => expectStatesToGoOn(fakeHuawei(), 168));

  it("takes ids of the cloud's form as they are, and finds labels", () => {
    const cloud = fakeHuawei();
    const id = "0f0e0d0c-1111-4222-a333-444455556666";
    cloud.seed([{ id }, { id: "web" }]);
    expect(cloud.id(id)).toBe(id);
    expect(cloud.id("web")).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(() => cloud.id("nobody")).toThrow("nobody");
  });

  it("shows rules with their priority and peers by what they are", () => {
    const cloud = fakeHuawei();
    const ports = {
      kind: "ranges",
      ranges: [
        { from: 22, to: 22 },
        { from: 80, to: 90 },
      ],
    } as const;
    cloud.seed({
      securityGroups: [
        {
          id: "app",
          rules: [
            { direction: "ingress", peer: { kind: "security-group", groupId: "app" }, action: "deny", priority: 7 },
            { direction: "egress", peer: { kind: "cidr", cidr: "::/0", family: "ipv6" }, enabled: false },
            { direction: "egress", peer: { kind: "address-list", list: "address-group", id: "list" } },
            { direction: "ingress", peer: { kind: "any" }, protocol: { unified: "tcp", raw: "tcp" }, ports },
          ],
        },
      ],
    });
    expect(cloud.view().rules).toMatchObject([
      { peer: { kind: "security-group", groupId: cloud.id("app") }, action: "deny", priority: 7 },
      { peer: { kind: "cidr", cidr: "::/0" }, family: "ipv6", enabled: false },
      { peer: { kind: "address-list", list: "address-group", id: cloud.id("list") } },
      { peer: { kind: "any" }, protocol: { unified: "tcp" }, ports },
    ]);
  });

  it("changes behind our back: fields, whole things, addresses that become somebody else's", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([
      {
        id: "web",
        addresses: [{ id: "front", kind: "elastic" }],
        disks: [{ id: "root" }, { id: "data", role: "data" }],
      },
    ]);
    cloud.meddle({
      set: [
        {
          id: "web",
          tags: { team: "shop" },
          terminationProtection: true,
          state: "stopped",
          scheduledReleaseAt: "2026-03-01T00:00:00Z",
          disks: [
            { id: "data", deletedWithInstance: true },
            { id: "more", role: "data" },
          ],
          securityGroups: ["other"],
        },
      ],
      add: { instances: [{ id: "db" }] },
      giveAddressAway: "front",
    });
    expect(cloud.view()).toMatchObject({
      instances: [
        {
          tags: { team: "shop" },
          terminationProtection: true,
          state: "stopped",
          scheduledReleaseAt: "2026-03-01T00:00:00.000Z",
          securityGroupIds: [cloud.id("other")],
        },
        { id: cloud.id("db") },
      ],
      addresses: [{ id: cloud.id("front"), ours: false }],
    });
    expect(cloud.view().disks.map(({ deletedWithInstance }) => deletedWithInstance)).toEqual([true, true, false, true]);
    expect(at(await call("vpc:GET /v3/{project_id}/eip/publicips"), "total_count")).toBe(0);
    cloud.meddle({ set: [{ id: "web", terminationProtection: false }], remove: ["db", "more"] });
    expect(cloud.view().instances[0]?.terminationProtection).toBe(false);
    expect(cloud.holds("more")).toBe(false);
    expect(() => cloud.meddle({ set: [{ id: "web", zone: "cn-north-4b" }] })).toThrow("`set.zone`");
  });

  it("attaches a shared disk to somebody else as well", () => {
    const cloud = fakeHuawei();
    cloud.seed([{ id: "web", disks: [{ role: "system" }, { id: "shared", role: "data", medium: "shared" }] }]);
    expect(cloud.view().instances).toHaveLength(2);
  });
});

describe("trouble", () => {
  const list = "ecs:GET /v1/{project_id}/cloudservers/detail";
  const stop = "ecs:POST /v1/{project_id}/cloudservers/action";

  it.each([
    ["deny", { code: "APIGW.0302", status: 403 }],
    ["throttle", { code: "APIGW.0308", status: 429 }],
    ["server-error", { code: "APIGW.0201", status: 504 }],
  ] as const)("is worded as the gateway does: %s", async (fault, expected) => {
    const { cloud, call } = await openFake();
    cloud.faults.add({ fault });
    expect(await refusalOf(call(list))).toEqual(expected);
  });

  it("can hit one server's requests alone", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }, { id: "db" }]);
    cloud.faults.add({ fault: "error", cloudCode: "Ecs.0100", httpStatus: 400, instanceId: "web" });
    const halt = (name: string) => call(stop, { body: { "os-stop": { servers: [{ id: cloud.id(name) }] } } });
    expect(await refusalOf(halt("web"))).toEqual({ code: "Ecs.0100", status: 400 });
    expect(at(await halt("db"), "job_id")).toBeTypeOf("string");
  });

  it("can lose the answer of a request that took effect", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    cloud.faults.add({ fault: "drop-after", api: stop });
    await expect(call(stop, { body: { "os-stop": { servers: [{ id: cloud.id("web") }] } } })).rejects.toThrow();
    expect(cloud.view().instances[0]?.state).toBe("stopping");
  });

  it("can show a read a former state", async () => {
    const { cloud, call } = await openFake();
    cloud.seed([{ id: "web" }]);
    cloud.faults.add({ fault: "stale", forMs: 10_000 });
    await call(stop, { body: { "os-stop": { servers: [{ id: cloud.id("web") }] } } });
    const task = async () => at(await call(list), "servers.0.OS-EXT-STS:task_state");
    expect(await task()).toBe(null);
    await cloud.clock.advance(11_000);
    expect(await task()).toBe("powering-off");
  });
});
