import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DeleteVolumeCommand,
  DescribeInstancesCommand,
  DescribeTagsCommand,
  DetachVolumeCommand,
  ModifyInstanceAttributeCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { fakeAws } from "../../../../providers/aws/fake/index.js";
import type { WorldSeed } from "../../../../src/testing/seed.js";
import { codeOf, openFake } from "./open.js";

describe("seeds", () => {
  const web = { id: "web" };
  const refused: Readonly<Record<string, WorldSeed>> = {
    "instances.billing": { instances: [{ ...web, billing: "prepaid" }] },
    "instances.expiresAt": { instances: [{ ...web, expiresAt: "2027-01-01T00:00:00Z" }] },
    "instances.locks": { instances: [{ ...web, locks: [{ unified: "order" }] }] },
    "instances.scheduledReleaseAt": { instances: [{ ...web, scheduledReleaseAt: "2027-01-01T00:00:00Z" }] },
    "instances.state": { instances: [{ ...web, state: "recycled" }] },
    "instances.busy": { instances: [{ ...web, busy: { operation: "resize", forMs: 1 } }] },
    "disks.billing": { disks: [{ billing: "prepaid" }] },
    "disks.tied": { disks: [{ tied: true }] },
    "disks.medium": { disks: [{ medium: "basic" }] },
    "addresses.releasedWithInstance": { addresses: [{ kind: "elastic", releasedWithInstance: true }] },
    "bins.instance": { bins: { instance: { enabled: true } } },
    "bins.disk.hours": { bins: { disk: { enabled: true, hours: 30 } } },
    "quotas.refunds": { quotas: { refunds: 1 } },
    backupVault: { backupVault: { id: "vault" } },
    accountState: { accountState: "overdue" },
    "securityGroups.rules.action": {
      securityGroups: [{ id: "g", rules: [{ direction: "ingress", action: "deny", peer: { kind: "any" } }] }],
    },
    "securityGroups.rules.priority": {
      securityGroups: [{ id: "g", rules: [{ direction: "ingress", priority: 1, peer: { kind: "any" } }] }],
    },
    "owners.kind": { instances: [web], owners: [{ kind: "nat-rule", id: "x", members: ["web"] }] },
    "owners.variant": { instances: [web], owners: [{ kind: "route", id: "x", members: ["web"], variant: "odd" }] },
    "owners.replaces": { instances: [web], owners: [{ kind: "stack", id: "x", members: ["web"], replaces: true }] },
  };
  for (const [field, seed] of Object.entries(refused)) {
    it(`that AWS does not know are refused whole: ${field}`, () => {
      const cloud = fakeAws();
      cloud.seed([{ id: "before" }]);
      const before = cloud.view();
      expect(() => cloud.seed(seed)).toThrow(`\`${field}\``);
      expect(cloud.view()).toEqual(before);
      expect(() => cloud.id("web")).toThrow("web");
    });
  }

  it("put instances into every state EC2 has", async () => {
    const { cloud } = await openFake();
    const states = ["pending", "running", "stopping", "stopped", "terminating", "gone"] as const;
    cloud.seed(states.map((state) => ({ id: `was-${state}`, state })));
    expect(cloud.view().instances.map(({ state }) => state)).toEqual(states);
    await cloud.clock.advance(120_000);
    expect(cloud.view().instances.map(({ state }) => state)).toEqual([
      "running",
      "running",
      "stopped",
      "stopped",
      "gone",
      "gone",
    ]);
    expect(cloud.holds("was-gone")).toBe(false);
  });

  it("give the same ids from run to run, and others for another random seed", () => {
    const idOf = (randomSeed?: number) => {
      const cloud = fakeAws(randomSeed === undefined ? {} : { randomSeed });
      cloud.seed([{ id: "web" }]);
      return cloud.id("web");
    };
    expect(idOf()).toBe(idOf());
    expect(idOf(7)).not.toBe(idOf());
    expect(idOf()).toMatch(/^i-[0-9a-f]{17}$/);
  });
});

describe("meddling", () => {
  it("changes, adds and removes behind everybody's back, at once visible", async () => {
    const { cloud, ec2 } = await openFake({ staleReadsMs: 60_000 });
    cloud.seed([{ id: "web", tags: { a: "1" }, disks: [{ role: "system", id: "root" }] }]);
    await ec2.send(new CreateTagsCommand({ Resources: [cloud.id("web")], Tags: [{ Key: "b", Value: "2" }] }));
    cloud.meddle({
      set: [
        {
          id: "web",
          tags: { a: "changed" },
          state: "stopped",
          terminationProtection: true,
          disks: [{ id: "root", deletedWithInstance: false }, { id: "more" }],
        },
      ],
      add: { instances: [{ id: "new" }] },
    });
    const [web] = (await ec2.send(new DescribeInstancesCommand({}))).Reservations?.[0]?.Instances ?? [];
    expect(web).toMatchObject({ State: { Name: "stopped" }, Tags: [{ Key: "a", Value: "changed" }] });
    expect(web?.BlockDeviceMappings?.map(({ Ebs }) => [Ebs?.VolumeId, Ebs?.DeleteOnTermination])).toEqual([
      [cloud.id("root"), false],
      [cloud.id("more"), false],
    ]);
    cloud.meddle({ remove: ["new", "more"] });
    expect([cloud.holds("new"), cloud.holds("more"), cloud.holds("web")]).toEqual([false, false, true]);
  });

  it("gives an ephemeral address to somebody else", async () => {
    const { cloud } = await openFake();
    cloud.seed([{ id: "web", addresses: [{ id: "changing", kind: "ephemeral", ip: "198.51.100.9" }] }]);
    cloud.meddle({ giveAddressAway: "changing" });
    const addresses = cloud.view().addresses;
    expect(addresses).toContainEqual({ id: "198.51.100.9", ip: "198.51.100.9", ours: false });
    expect(addresses.find(({ ours }) => ours)?.ip).not.toBe("198.51.100.9");
  });
});

describe("reads", () => {
  it("lag a second behind mutations by default", async () => {
    const { cloud, ec2 } = await openFake({});
    cloud.seed([{ id: "web" }]);
    const state = async () =>
      (await ec2.send(new DescribeInstancesCommand({}))).Reservations?.[0]?.Instances?.[0]?.State?.Name;
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [cloud.id("web")] }));
    expect(await state()).toBe("running");
    await cloud.clock.advance(1_000);
    expect(await state()).toBe("shutting-down");
  });
});

describe("tags", () => {
  it("go with their value, without it, and never when they are AWS's own", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({
      instances: [{ id: "web", tags: { a: "1", b: "2", c: "3" } }],
      owners: [{ kind: "stack", id: "shop", members: ["web"] }],
    });
    const Resources = [cloud.id("web")];
    const mine = () => Object.keys(cloud.view().instances[0]?.tags ?? {}).filter((key) => !key.startsWith("aws:"));
    const remove = (...Tags: { Key: string; Value?: string }[]) =>
      ec2.send(new DeleteTagsCommand({ Resources, ...(Tags.length > 0 ? { Tags } : {}) }));
    await remove({ Key: "a", Value: "other" }, { Key: "b" });
    expect(mine()).toEqual(["a", "c"]);
    await remove();
    expect(mine()).toEqual([]);
    expect(cloud.view().instances[0]?.tags["aws:cloudformation:stack-name"]).toBe("shop");
    const reserved = new CreateTagsCommand({ Resources, Tags: [{ Key: "aws:mine", Value: "" }] });
    expect(await codeOf(ec2.send(reserved))).toBe("InvalidParameterValue");
  });

  it("are set on all things of a call or on none", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web", disks: [{ role: "system", id: "root" }] }]);
    const tag = (...Resources: string[]) =>
      ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "run", Value: "42" }] }));
    expect(await codeOf(tag(cloud.id("web"), "vol-0aaaaaaaaaaaaaaaa"))).toBe("InvalidVolume.NotFound");
    expect(cloud.view().instances[0]?.tags).toEqual({});
    await tag(cloud.id("web"), cloud.id("root"));
    const listed = await ec2.send(new DescribeTagsCommand({ Filters: [{ Name: "key", Values: ["run"] }] }));
    expect(listed.Tags?.map(({ ResourceType }) => ResourceType).sort()).toEqual(["instance", "volume"]);
  });
});

describe("disks", () => {
  it("change their flag by device, and can be detached but for the root of a running instance", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web", disks: [{ role: "system", id: "root" }, { id: "data" }] }]);
    await ec2.send(
      new ModifyInstanceAttributeCommand({
        InstanceId: cloud.id("web"),
        BlockDeviceMappings: [{ DeviceName: "/dev/sdf", Ebs: { DeleteOnTermination: true } }],
      }),
    );
    expect(cloud.view().disks.find(({ id }) => id === cloud.id("data"))?.deletedWithInstance).toBe(true);
    const detach = (name: string) => ec2.send(new DetachVolumeCommand({ VolumeId: cloud.id(name) }));
    expect(await codeOf(detach("root"))).toBe("OperationNotPermitted");
    expect((await detach("data")).State).toBe("detaching");
    const remove = () => ec2.send(new DeleteVolumeCommand({ VolumeId: cloud.id("data") }));
    expect(await codeOf(remove())).toBe("VolumeInUse");
    await cloud.clock.advance(10_000);
    await remove();
    expect(cloud.holds("data")).toBe(false);
    expect(await codeOf(remove())).toBe("InvalidVolume.NotFound");
  });
});

describe("the request log", () => {
  it("names the instances of a request, once each, and counts no tag as one", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web" }, { id: "db" }]);
    const [web, db] = [cloud.id("web"), cloud.id("db")];
    await ec2.send(new DescribeInstancesCommand({ Filters: [{ Name: "instance-id", Values: [web, db] }] }));
    await ec2.send(new CreateTagsCommand({ Resources: [web], Tags: [{ Key: "of", Value: db }] }));
    await codeOf(ec2.send(new TerminateInstancesCommand({ InstanceIds: ["nonsense", web] })));
    expect(
      cloud.requests.map(({ api, mutating, instanceIds, status, cloudCode }) => ({
        api,
        mutating,
        instanceIds,
        status,
        cloudCode,
      })),
    ).toEqual([
      { api: "ec2:DescribeInstances", mutating: false, instanceIds: [web, db], status: 200, cloudCode: undefined },
      { api: "ec2:CreateTags", mutating: true, instanceIds: [web], status: 200, cloudCode: undefined },
      {
        api: "ec2:TerminateInstances",
        mutating: true,
        instanceIds: [web],
        status: 400,
        cloudCode: "InvalidInstanceID.Malformed",
      },
    ]);
  });

  it("works with msw's handlers as well, for AWS's own hosts", async () => {
    const cloud = fakeAws();
    const [resolver] = cloud.handlers((_path, resolve) => resolve);
    const request = new Request("https://ec2.eu-west-1.amazonaws.com/", {
      method: "POST",
      headers: {
        authorization: "AWS4-HMAC-SHA256 Credential=AKIAHOME/20260102/eu-west-1/ec2/aws4_request, Signature=0",
      },
      body: "Action=DescribeInstances&Version=2016-11-15",
    });
    const answer = await resolver?.({ request });
    expect(await answer?.text()).toContain("<reservationSet></reservationSet>");
  });
});
