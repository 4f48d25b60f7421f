import {
  AssociateAddressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeVolumesCommand,
  DetachVolumeCommand,
  DisassociateAddressCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import type { Effect } from "../../../src/effects.js";
import { awsWorld, discard, effect, mutations, otherTool, sent, settle, sighting } from "./for-test.js";
import { allow, group, host, openTo, ruleNames } from "./rules.js";
import type { AwsWorld } from "./world.js";

const patience = { deadlineMs: 6 * 3_600_000 } as const;

async function releasedApp(world: AwsWorld): Promise<readonly Effect[]> {
  const outcomes = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "exclusive-group" });
  return outcomes.flatMap(({ effects }) => effects);
}

describe("revert on EC2: rules", () => {
  it("brings a rule back with its description, its tags and every kind of peer", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [
        { id: "app", rules: [] },
        { id: "friends", foreignUsers: ["interface"] },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const UserIdGroupPairs = [{ GroupId: world.id("friends"), Description: "friends" }];
    const tool = otherTool(world);
    await tool.send(
      new AuthorizeSecurityGroupIngressCommand({
        GroupId: world.id("app"),
        IpPermissions: [
          { IpProtocol: "tcp", FromPort: 1, ToPort: 9, IpRanges: [{ CidrIp: "10.1.0.0/16", Description: "range" }] },
          {
            IpProtocol: "tcp",
            FromPort: 5,
            ToPort: 5,
            Ipv6Ranges: [{ CidrIpv6: "2001:db8::/32", Description: "six" }],
          },
          { IpProtocol: "udp", FromPort: 7, ToPort: 7, UserIdGroupPairs },
          { IpProtocol: "icmp", FromPort: 8, ToPort: -1, IpRanges: [{ CidrIp: "10.2.0.0/16", Description: "ping" }] },
          { IpProtocol: "-1", IpRanges: [{ CidrIp: "10.3.0.0/16", Description: "all" }] },
        ],
      }),
    );
    await settle(world);
    const [tagged] = world.view().rules.filter(({ description }) => description === "range");
    await tool.send(new CreateTagsCommand({ Resources: [tagged?.id ?? ""], Tags: [{ Key: "owner", Value: "ops" }] }));
    await settle(world);
    const essence = () =>
      world
        .view()
        .rules.map(({ id: _id, ...rule }) => JSON.stringify(rule))
        .sort();
    const before = essence();
    const effects: readonly Effect[] = JSON.parse(JSON.stringify(await releasedApp(world)));
    expect(ruleNames(world)).toEqual([]);
    const outcomes = await world.adapter.revert(effects, patience);
    expect(outcomes.map(({ status }) => status)).toEqual(effects.map(() => "reverted"));
    expect(outcomes.every((outcome) => "newId" in outcome)).toBe(true);
    expect(essence()).toEqual(before);
  });

  it("S22 leaves a group alone that holds a rule which is not from before", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("app-office", openTo)] }],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const effects = await releasedApp(world);
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "10.9.0.0/16" }] }];
    await otherTool(world).send(new AuthorizeSecurityGroupIngressCommand({ GroupId: world.id("app"), IpPermissions }));
    await settle(world);
    const from = world.requests.length;
    for (const outcome of await world.adapter.revert(effects, patience)) {
      expect(outcome).toMatchObject({ status: "not-reverted", cause: "changed-since" });
    }
    expect(mutations(world, from)).toEqual([]);
  });

  it("S22 closes no gap where it could not be read who uses the group now", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [{ id: "app", rules: [allow("app-office", openTo)] }],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const effects = await releasedApp(world);
    world.faults.add({ fault: "deny", api: "ec2:DescribeNetworkInterfaces" });
    for (const outcome of await world.adapter.revert(effects, patience)) expect(outcome.status).toBe("failed");
    expect(ruleNames(world)).toEqual([]);
  });

  it("S21 restores no rule while the instance itself does not hold the address any more", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", addresses: [{ kind: "ephemeral" }] }]);
    const ip = (await sighting(world, "web")).publicAddresses[0]?.ip ?? "";
    world.seed({ securityGroups: [{ id: "db", foreignUsers: ["interface"], rules: [allow("from-web", host(ip))] }] });
    const [released] = await world.adapter.releaseSecurityRules([world.id("web")], { scope: "own-address" });
    // A stop drops an address that AWS had assigned; after the start it is another one.
    world.meddle({ set: [{ id: "web", state: "stopped" }] });
    world.meddle({ set: [{ id: "web", state: "running" }] });
    await settle(world);
    const from = world.requests.length;
    const [outcome] = await world.adapter.revert(released?.effects ?? [], patience);
    expect(outcome).toMatchObject({ status: "not-restored", cause: "address-released" });
    expect(mutations(world, from)).toEqual([]);
    expect(ruleNames(world)).toEqual([]);
  });

  it("brings references back only while the group they name is there", async () => {
    const world = await awsWorld();
    world.seed({
      securityGroups: [
        { id: "app", rules: [] },
        { id: "db", foreignUsers: ["interface"], rules: [allow("from-app", group("app"))] },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const effects = (await releasedApp(world)).filter(
      ({ undo }) => "action" in undo && undo.action === "restore-rule" && undo.removed.rule.description === "from-app",
    );
    await world.adapter.terminate([world.id("web")], discard);
    await settle(world);
    world.meddle({ remove: ["app"] });
    await settle(world);
    const [outcome] = await world.adapter.revert(effects, patience);
    expect(outcome).toMatchObject({ status: "not-reverted", cause: "resource-gone" });
  });
});

describe("revert on EC2: the instance", () => {
  it("switches just the protection back that was switched off", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", terminationProtection: true }]);
    const undo = { action: "set-protection", instanceId: world.id("web"), which: "stop", value: true } as const;
    const [outcome] = await world.adapter.revert([await effect(world, undo, { left: false })], patience);
    expect(outcome).toMatchObject({ status: "reverted" });
    expect(world.view().instances[0]).toMatchObject({ terminationProtection: true, stopProtection: true });
    expect(sent(world, "ec2:ModifyInstanceAttribute")).toHaveLength(1);
  });

  it("says failed where it could not be read whether a protection is off", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    world.faults.add({ fault: "deny", api: "ec2:DescribeInstanceAttribute" });
    const undo = { action: "set-protection", instanceId: world.id("web"), which: "termination", value: true } as const;
    const [outcome] = await world.adapter.revert([await effect(world, undo, { left: false })], patience);
    expect(outcome).toMatchObject({ status: "failed", problem: { code: "access-denied" } });
    expect(mutations(world)).toEqual([]);
  });

  it("waits until a stop has ended before it starts an instance again", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", state: "stopping" }]);
    const undo = { action: "set-power", instanceId: world.id("web"), power: "running" } as const;
    const [outcome] = await world.adapter.revert([await effect(world, undo, { left: "stopped" })], patience);
    expect(outcome).toMatchObject({ status: "reverted" });
    expect(world.view().instances[0]?.state).toBe("running");
  });

  it("sets what a guest's shutdown means back to what it was", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", guestShutdown: "terminate" }]);
    const held = await world.adapter.quarantine([world.id("web")], { mode: "isolate", reason: "a test", ...patience });
    for (const outcome of await world.adapter.revert(
      held.flatMap(({ effects }) => effects),
      patience,
    )) {
      expect(outcome.status).toBe("reverted");
    }
    await settle(world);
    const question = { InstanceId: world.id("web"), Attribute: "instanceInitiatedShutdownBehavior" } as const;
    const answer = await otherTool(world).send(new DescribeInstanceAttributeCommand(question));
    expect(answer.InstanceInitiatedShutdownBehavior?.Value).toBe("terminate");
  });

  it("says resource-gone of a flag whose disk is detached by now", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", disks: [{ role: "system" }, { id: "data", role: "data" }] }]);
    await otherTool(world).send(new DetachVolumeCommand({ VolumeId: world.id("data") }));
    await settle(world);
    const resource = { kind: "disk", id: world.id("data") } as const;
    const undo = {
      action: "set-flag",
      resource,
      instanceId: world.id("web"),
      flag: "DeleteOnTermination",
      value: true,
    } as const;
    const [outcome] = await world.adapter.revert([await effect(world, undo, { resource, left: false })], patience);
    expect(outcome).toMatchObject({ status: "not-reverted", cause: "resource-gone" });
  });

  it("says of an undo that EC2 has no way for that it is impossible", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web" }]);
    const undo = { action: "set-timer", instanceId: world.id("web"), releaseAt: null } as const;
    const [outcome] = await world.adapter.revert([await effect(world, undo)]);
    expect(outcome).toMatchObject({ status: "not-reverted", cause: "impossible" });
  });
});

describe("revert on EC2: disks and addresses", () => {
  it("attaches a volume at its device again, with the flag it had", async () => {
    const world = await awsWorld();
    const disks = [{ role: "system" }, { id: "data", role: "data", deletedWithInstance: true }] as const;
    world.seed([{ id: "web", disks }]);
    const tool = otherTool(world);
    const { Volumes = [] } = await tool.send(new DescribeVolumesCommand({ VolumeIds: [world.id("data")] }));
    const device = Volumes[0]?.Attachments?.[0]?.Device ?? "";
    await tool.send(new DetachVolumeCommand({ VolumeId: world.id("data") }));
    await settle(world);
    const undo = {
      action: "attach-disk",
      instanceId: world.id("web"),
      diskId: world.id("data"),
      device,
      deleteWithInstance: true,
    } as const;
    const resource = { kind: "disk", id: world.id("data") } as const;
    const [outcome] = await world.adapter.revert(
      [await effect(world, undo, { kind: "disk-detached", resource })],
      patience,
    );
    expect(outcome).toMatchObject({ status: "reverted" });
    await settle(world);
    expect(world.view().disks.find(({ id }) => id === world.id("data"))).toMatchObject({
      instanceId: world.id("web"),
      deletedWithInstance: true,
    });
  });

  // An undo that was killed and goes on at once finds lists that do not show yet what it has given back.
  it("takes a refusal for no failure where what it asked for is so already", async () => {
    const world = await awsWorld();
    world.seed({
      instances: [{ id: "web", disks: [{ role: "system" }, { id: "data", role: "data" }] }, { id: "other" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web", "other"], replaces: true }],
    });
    const item = { kind: "auto-scaling-group", id: "crew", instanceId: world.id("web") } as const;
    const [released] = await world.adapter.releaseDependencies([item], patience);
    await otherTool(world).send(new DetachVolumeCommand({ VolumeId: world.id("data") }));
    await settle(world);
    const place = { instanceId: world.id("web"), diskId: world.id("data"), device: "/dev/sdf" };
    const undo = { action: "attach-disk", ...place, deleteWithInstance: false } as const;
    const resource = { kind: "disk", id: world.id("data") } as const;
    const effects = [...(released?.effects ?? []), await effect(world, undo, { kind: "disk-detached", resource })];
    await world.adapter.revert(effects, patience);
    world.faults.add({ fault: "stale", api: "autoscaling:DescribeAutoScalingInstances", forMs: 600_000, times: 2 });
    world.faults.add({ fault: "stale", api: "ec2:DescribeVolumes", forMs: 600_000, times: 3 });
    const from = world.requests.length;
    const outcomes = await world.adapter.revert(effects, patience);
    expect(outcomes.map(({ status }) => status)).toEqual(["reverted", "reverted"]);
    expect(mutations(world, from).map(({ cloudCode }) => cloudCode)).toEqual(["VolumeInUse", "ValidationError"]);
    await settle(world);
    expect(world.view().disks.find(({ id }) => id === resource.id)).toMatchObject({ instanceId: world.id("web") });
    expect(world.view().instances).toHaveLength(2);
  });

  it("associates an Elastic IP again, and takes it from nobody", async () => {
    const world = await awsWorld();
    world.seed([{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }, { id: "heir" }]);
    const { publicAddresses, networkInterfaces } = await sighting(world, "web");
    const [address] = publicAddresses;
    const [card] = networkInterfaces;
    if (!address || !card) throw new Error("no address");
    const undo = { action: "associate-address", address, networkInterfaceId: card.id } as const;
    const resource = { kind: "public-address", id: world.id("front") } as const;
    const effects = [await effect(world, undo, { kind: "address-disassociated", resource })];
    const tool = otherTool(world);
    await tool.send(new DisassociateAddressCommand({ PublicIp: address.ip })).catch(() => undefined);
    await settle(world);
    const [first] = await world.adapter.revert(effects, patience);
    expect(first?.status).toMatch(/reverted/);
    await settle(world);
    expect(world.view().addresses[0]).toMatchObject({ instanceId: world.id("web") });
    const associate = { AllocationId: world.id("front"), InstanceId: world.id("heir"), AllowReassociation: true };
    await tool.send(new AssociateAddressCommand(associate));
    await settle(world);
    const [second] = await world.adapter.revert(effects, patience);
    expect(second).toMatchObject({ status: "not-reverted", cause: "changed-since" });
    expect(world.view().addresses[0]).toMatchObject({ instanceId: world.id("heir") });
  });
});
