import {
  AttachInstancesCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
  SetInstanceProtectionCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  CancelSpotInstanceRequestsCommand,
  DescribeCapacityReservationsCommand,
  DescribeHostsCommand,
  DescribeIamInstanceProfileAssociationsCommand,
  DescribeInstanceEventWindowsCommand,
  DescribeKeyPairsCommand,
  DescribePlacementGroupsCommand,
  DescribeReplaceRootVolumeTasksCommand,
  DescribeReservedInstancesCommand,
  DescribeSpotInstanceRequestsCommand,
  DescribeTrafficMirrorSessionsCommand,
  GetManagedPrefixListEntriesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, it } from "vitest";
import { codeOf, openFake } from "./open.js";

const minuteMs = 60_000;

describe("an Auto Scaling group", () => {
  const seedGroup = async (more: object = {}) => {
    const fake = await openFake();
    fake.cloud.seed({
      instances: [{ id: "one" }, { id: "two" }],
      owners: [{ kind: "auto-scaling-group", id: "fleet", members: ["one", "two"], ...more }],
    });
    const members = async () =>
      (await fake.autoScaling.send(new DescribeAutoScalingInstancesCommand({}))).AutoScalingInstances?.map(
        ({ InstanceId }) => InstanceId,
      );
    return { ...fake, members, one: fake.cloud.id("one"), two: fake.cloud.id("two") };
  };

  it("counts no member on standby, which it neither replaces nor launches again", async () => {
    const { cloud, autoScaling, one, members } = await seedGroup();
    const standby = { AutoScalingGroupName: "fleet", InstanceIds: [one], ShouldDecrementDesiredCapacity: true };
    await autoScaling.send(new EnterStandbyCommand(standby));
    await cloud.clock.advance(3 * minuteMs);
    const { AutoScalingInstances = [] } = await autoScaling.send(new DescribeAutoScalingInstancesCommand({}));
    expect(AutoScalingInstances.find(({ InstanceId }) => InstanceId === one)?.LifecycleState).toBe("Standby");
    expect(await members()).toHaveLength(2);
    const { AutoScalingGroups = [] } = await autoScaling.send(new DescribeAutoScalingGroupsCommand({}));
    expect(AutoScalingGroups[0]?.DesiredCapacity).toBe(1);
    expect(await codeOf(autoScaling.send(new EnterStandbyCommand(standby)))).toBe("ValidationError");
    await autoScaling.send(new DetachInstancesCommand(standby));
    await cloud.clock.advance(3 * minuteMs);
    expect(await members()).toHaveLength(1);
    expect(cloud.view().instances).toHaveLength(2);
  });

  it("protects a member from scale-in, which does not hold it", async () => {
    const { cloud, autoScaling, one, members } = await seedGroup();
    const group = { AutoScalingGroupName: "fleet", InstanceIds: [one] };
    await autoScaling.send(new SetInstanceProtectionCommand({ ...group, ProtectedFromScaleIn: true }));
    await cloud.clock.advance(minuteMs);
    const { AutoScalingInstances = [] } = await autoScaling.send(new DescribeAutoScalingInstancesCommand({}));
    expect(AutoScalingInstances.find(({ InstanceId }) => InstanceId === one)?.ProtectedFromScaleIn).toBe(true);
    await autoScaling.send(new DetachInstancesCommand({ ...group, ShouldDecrementDesiredCapacity: true }));
    await cloud.clock.advance(3 * minuteMs);
    expect(await members()).toHaveLength(1);
  });

  it("replaces a member that is terminated, and one that is stopped", async () => {
    const { cloud, ec2, one, two, members } = await seedGroup();
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [one] }));
    await ec2.send(new StopInstancesCommand({ InstanceIds: [two] }));
    await cloud.clock.advance(3 * minuteMs);
    expect(await members()).toHaveLength(2);
    expect(await members()).not.toContain(one);
    expect(await members()).not.toContain(two);
    expect([cloud.holds("one"), cloud.holds("two")]).toEqual([false, false]);
    expect(cloud.view().instances.filter(({ state }) => state === "running")).toHaveLength(2);
  });

  it("does not replace what leaves with a smaller desired capacity, but never goes below its minimum", async () => {
    const { cloud, autoScaling, one, members } = await seedGroup();
    const detach = { AutoScalingGroupName: "fleet", InstanceIds: [one], ShouldDecrementDesiredCapacity: true };
    await autoScaling.send(new DetachInstancesCommand(detach));
    await cloud.clock.advance(3 * minuteMs);
    expect(await members()).toEqual([cloud.id("two")]);
    expect(cloud.holds("one")).toBe(true);
    await autoScaling.send(new AttachInstancesCommand({ AutoScalingGroupName: "fleet", InstanceIds: [one] }));
    expect(await members()).toHaveLength(2);
    const tight = await seedGroup({ inUse: true });
    expect(
      await codeOf(tight.autoScaling.send(new DetachInstancesCommand({ ...detach, InstanceIds: [tight.one] }))),
    ).toBe("ValidationError");
  });

  it("replaces a detached member when the desired capacity stays", async () => {
    const { cloud, autoScaling, one, members } = await seedGroup();
    await autoScaling.send(
      new DetachInstancesCommand({
        AutoScalingGroupName: "fleet",
        InstanceIds: [one],
        ShouldDecrementDesiredCapacity: false,
      }),
    );
    await cloud.clock.advance(3 * minuteMs);
    expect(await members()).toHaveLength(2);
    expect(await members()).not.toContain(one);
  });

  it("terminates members itself, protection or not, and knows only its own", async () => {
    const { cloud, autoScaling, one, members } = await seedGroup();
    cloud.meddle({ set: [{ id: "one", terminationProtection: true }] });
    const end = (InstanceId: string) =>
      autoScaling.send(
        new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }),
      );
    expect((await end(one)).Activity?.Description).toContain(one);
    await cloud.clock.advance(3 * minuteMs);
    expect(await members()).toEqual([cloud.id("two")]);
    expect(cloud.holds("one")).toBe(false);
    expect(await codeOf(end("i-0aaaaaaaaaaaaaaaa"))).toBe("ValidationError");
  });

  it("takes 50 ids at a time and leaves strangers out", async () => {
    const { autoScaling, one } = await seedGroup();
    const ask = (InstanceIds: string[]) => autoScaling.send(new DescribeAutoScalingInstancesCommand({ InstanceIds }));
    expect((await ask([one, "i-0aaaaaaaaaaaaaaaa"])).AutoScalingInstances).toHaveLength(1);
    expect(await codeOf(ask(Array.from({ length: 51 }, () => one)))).toBe("ValidationError");
  });

  it("that is suspended launches nothing", async () => {
    const { cloud, ec2, one, members, autoScaling } = await seedGroup({ replaces: false });
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [one] }));
    await cloud.clock.advance(3 * minuteMs);
    expect(await members()).toEqual([cloud.id("two")]);
    const [group] = (await autoScaling.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups ?? [];
    expect(group?.SuspendedProcesses?.[0]?.ProcessName).toBe("Launch");
  });
});

describe("a Spot request", () => {
  const seedSpot = async (replaces: boolean) => {
    const fake = await openFake();
    fake.cloud.seed({
      instances: [{ id: "cheap", billing: "spot" }],
      owners: [{ kind: "spot-request", id: "request", members: ["cheap"], replaces }],
    });
    const request = async () =>
      (await fake.ec2.send(new DescribeSpotInstanceRequestsCommand({}))).SpotInstanceRequests?.[0];
    return { ...fake, request };
  };

  it("that is persistent launches again, unless it was cancelled first", async () => {
    const { cloud, ec2, request } = await seedSpot(true);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [cloud.id("cheap")] }));
    expect((await request())?.State).toBe("open");
    await cloud.clock.advance(2 * minuteMs);
    expect(await request()).toMatchObject({ State: "active", Type: "persistent" });
    const successor = (await request())?.InstanceId ?? "";
    expect(successor).not.toBe(cloud.id("cheap"));
    await ec2.send(new CancelSpotInstanceRequestsCommand({ SpotInstanceRequestIds: [cloud.id("request")] }));
    expect(cloud.holds(successor)).toBe(true);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [successor] }));
    await cloud.clock.advance(5 * minuteMs);
    expect((await request())?.State).toBe("cancelled");
    expect(cloud.view().instances.some(({ state }) => state === "running")).toBe(false);
  });

  it("that is one-time ends with its instance", async () => {
    const { cloud, ec2, request } = await seedSpot(false);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [cloud.id("cheap")] }));
    await cloud.clock.advance(5 * minuteMs);
    expect((await request())?.State).toBe("closed");
    expect(cloud.view().instances).toHaveLength(1);
  });
});

describe("a fleet", () => {
  it("shows in tags and refills itself", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({
      instances: [{ id: "one" }],
      owners: [{ kind: "fleet", id: "maintained", members: ["one"], replaces: true }],
    });
    expect(cloud.view().instances[0]?.tags).toEqual({ "aws:ec2:fleet-id": cloud.id("maintained") });
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [cloud.id("one")] }));
    await cloud.clock.advance(5 * minuteMs);
    expect(cloud.view().instances.filter(({ state }) => state === "running")).toHaveLength(1);
  });
});

describe("a target group", () => {
  it("drains by the clock and shows what is left of its targets", async () => {
    const { cloud, ec2, balancing } = await openFake();
    cloud.seed({
      instances: [{ id: "one" }, { id: "two" }],
      owners: [
        { kind: "load-balancer-target", id: "by-id", members: ["one", "two"], ports: [443] },
        { kind: "load-balancer-target", id: "by-address", members: ["one"], by: "address" },
        { kind: "load-balancer-target", id: "by-balancer", members: ["one"], variant: "alb" },
      ],
    });
    const TargetGroupArn = cloud.id("by-id");
    const one = cloud.id("one");
    const health = async (arn = TargetGroupArn) =>
      (await balancing.send(new DescribeTargetHealthCommand({ TargetGroupArn: arn }))).TargetHealthDescriptions?.map(
        ({ TargetHealth }) => TargetHealth?.State,
      );
    const deregister = (Port?: number) =>
      balancing.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: one, Port }] }));
    const onPort = async (Port: number) =>
      (await balancing.send(new DescribeTargetHealthCommand({ TargetGroupArn, Targets: [{ Id: one, Port }] })))
        .TargetHealthDescriptions?.[0]?.TargetHealth?.Reason;
    expect([await onPort(443), await onPort(80)]).toEqual([undefined, "Target.NotRegistered"]);
    await deregister(80);
    expect(await health()).toEqual(["healthy", "healthy"]);
    await deregister(443);
    expect(await health()).toEqual(["draining", "healthy"]);
    expect(cloud.view().memberships.filter(({ id }) => id === TargetGroupArn)).toHaveLength(1);
    await cloud.clock.advance(5 * minuteMs);
    expect(await health()).toEqual(["healthy"]);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [one, cloud.id("two")] }));
    await cloud.clock.advance(minuteMs);
    // Still registered: by id as unused, by address as unhealthy.
    expect(await health()).toEqual(["unused"]);
    expect(await health(cloud.id("by-address"))).toEqual(["unhealthy"]);
    expect(await health(cloud.id("by-balancer"))).toEqual(["healthy"]);
    const types = (await balancing.send(new DescribeTargetGroupsCommand({}))).TargetGroups?.map(
      (group) => group.TargetType,
    );
    expect(types).toEqual(["instance", "ip", "alb"]);
  });

  it("answers for a target that is not registered, and refuses one of another VPC", async () => {
    const { cloud, balancing } = await openFake();
    cloud.seed({
      instances: [{ id: "one" }, { id: "far", vpc: "other" }],
      owners: [{ kind: "load-balancer-target", id: "front", members: ["one"] }],
    });
    const TargetGroupArn = cloud.id("front");
    const Targets = [{ Id: cloud.id("far") }];
    const asked = await balancing.send(new DescribeTargetHealthCommand({ TargetGroupArn, Targets }));
    expect(asked.TargetHealthDescriptions?.[0]?.TargetHealth).toEqual({
      State: "unused",
      Reason: "Target.NotRegistered",
    });
    expect(await codeOf(balancing.send(new RegisterTargetsCommand({ TargetGroupArn, Targets })))).toBe("InvalidTarget");
    const unknown = new DescribeTargetHealthCommand({ TargetGroupArn: `${TargetGroupArn}0` });
    await expect(balancing.send(unknown)).rejects.toMatchObject({
      name: "TargetGroupNotFoundException",
      Code: "TargetGroupNotFound",
    });
  });
});

describe("owners that are only reported", () => {
  it("show each in its own API", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({
      instances: [{ id: "web", privateIps: ["10.9.8.7"] }],
      owners: [
        { kind: "key-pair", id: "ops", members: ["web"] },
        { kind: "instance-role", id: "app", members: ["web"] },
        { kind: "placement", id: "close", members: ["web"] },
        { kind: "dedicated-host", id: "metal", members: ["web"] },
        { kind: "capacity-reservation", id: "room", members: ["web"] },
        { kind: "commitment", id: "reserved", members: ["web"] },
        { kind: "event-window", id: "night", members: ["web"] },
        { kind: "traffic-mirror", id: "mirror", members: ["web"] },
        { kind: "address-list", id: "office", members: ["web"] },
        { kind: "pending-operation", id: "task", members: ["web"] },
      ],
    });
    const web = cloud.id("web");
    const byInstance = { Filters: [{ Name: "instance-id", Values: [web] }] };
    const answers = {
      keys: (await ec2.send(new DescribeKeyPairsCommand({ KeyNames: ["ops"] }))).KeyPairs,
      roles: (await ec2.send(new DescribeIamInstanceProfileAssociationsCommand(byInstance)))
        .IamInstanceProfileAssociations,
      placements: (await ec2.send(new DescribePlacementGroupsCommand({}))).PlacementGroups,
      hosts: (await ec2.send(new DescribeHostsCommand({}))).Hosts?.flatMap(({ Instances }) => Instances),
      room: (await ec2.send(new DescribeCapacityReservationsCommand({}))).CapacityReservations,
      reserved: (await ec2.send(new DescribeReservedInstancesCommand({}))).ReservedInstances,
      windows: (await ec2.send(new DescribeInstanceEventWindowsCommand(byInstance))).InstanceEventWindows,
      mirrors: (await ec2.send(new DescribeTrafficMirrorSessionsCommand({}))).TrafficMirrorSessions,
      entries: (await ec2.send(new GetManagedPrefixListEntriesCommand({ PrefixListId: cloud.id("office") }))).Entries,
      tasks: (await ec2.send(new DescribeReplaceRootVolumeTasksCommand(byInstance))).ReplaceRootVolumeTasks,
    };
    for (const [name, items] of Object.entries(answers)) expect([name, items]).toEqual([name, [expect.anything()]]);
    expect(answers.entries).toEqual([{ Cidr: "10.9.8.7/32", Description: "seeded" }]);
    expect(answers.room).toMatchObject([{ TotalInstanceCount: 1, AvailableInstanceCount: 0 }]);
    expect(cloud.view().memberships.map(({ kind }) => kind)).toHaveLength(10);
  });

  it("show stacks, clusters and services in tags", async () => {
    const { cloud } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }],
      owners: [
        { kind: "stack", id: "shop", members: ["web"] },
        { kind: "cluster-node", id: "kube", members: ["web"] },
        { kind: "managed-service", id: "beans", members: ["web"] },
      ],
    });
    expect(cloud.view().instances[0]?.tags).toMatchObject({
      "aws:cloudformation:stack-name": "shop",
      "kubernetes.io/cluster/kube": "owned",
      "elasticbeanstalk:environment-name": "beans",
    });
  });
});
