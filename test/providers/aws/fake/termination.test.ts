import {
  DeleteVolumeCommand,
  DescribeAddressesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { codeOf, openFake } from "./open.js";

const hourMs = 60 * 60 * 1_000;
const terminate = (ec2: EC2Client, ...InstanceIds: string[]) =>
  ec2.send(new TerminateInstancesCommand({ InstanceIds }));
const instances = async (ec2: EC2Client, input = {}) =>
  (await ec2.send(new DescribeInstancesCommand(input))).Reservations?.flatMap(({ Instances }) => Instances ?? []) ?? [];
const states = async (ec2: EC2Client) => (await instances(ec2)).map(({ State }) => State?.Name);

describe("termination", () => {
  it("goes through shutting-down to terminated and vanishes after an hour", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web", tags: { team: "shop" } }]);
    const id = cloud.id("web");
    const answer = await terminate(ec2, id);
    expect(answer.TerminatingInstances).toEqual([
      {
        InstanceId: id,
        CurrentState: { Code: 32, Name: "shutting-down" },
        PreviousState: { Code: 16, Name: "running" },
      },
    ]);
    expect(cloud.holds("web")).toBe(false);
    await cloud.clock.advance(60_000);
    const [tombstone] = await instances(ec2);
    expect(tombstone).toMatchObject({
      State: { Name: "terminated" },
      SecurityGroups: [],
      NetworkInterfaces: [],
      BlockDeviceMappings: [],
    });
    expect(cloud.view().instances[0]?.tags).toEqual({});
    for (const field of ["VpcId", "SubnetId", "PrivateIpAddress", "Tags"]) expect(tombstone).not.toHaveProperty(field);
    await cloud.clock.advance(hourMs);
    expect(await instances(ec2)).toEqual([]);
    expect(await codeOf(instances(ec2, { InstanceIds: [id] }))).toBe("InvalidInstanceID.NotFound");
  });

  it("succeeds again on an instance that is on its way out, without another effect", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web" }]);
    const id = cloud.id("web");
    await terminate(ec2, id);
    await terminate(ec2, id);
    await cloud.clock.advance(60_000);
    const answer = await terminate(ec2, id);
    expect(answer.TerminatingInstances?.[0]).toMatchObject({ CurrentState: { Name: "terminated" } });
    expect(cloud.view().effects).toEqual([{ api: "ec2:TerminateInstances", id, count: 1 }]);
  });

  it("does nothing to any instance when one id is unknown or malformed", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web" }]);
    expect(await codeOf(terminate(ec2, cloud.id("web"), "i-0aaaaaaaaaaaaaaaa"))).toBe("InvalidInstanceID.NotFound");
    expect(await codeOf(terminate(ec2, cloud.id("web"), "web"))).toBe("InvalidInstanceID.Malformed");
    expect(await codeOf(terminate(ec2))).toBe("MissingParameter");
    expect(cloud.holds("web")).toBe(true);
    expect(cloud.requests.every(({ tookEffect }) => !tookEffect)).toBe(true);
  });

  it("spares the whole zone of a protected instance, while other zones really go and the call errors", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([
      { id: "safe", zone: "a", terminationProtection: true },
      { id: "neighbour", zone: "a" },
      { id: "elsewhere", zone: "b" },
    ]);
    const call = terminate(ec2, ...["safe", "neighbour", "elsewhere"].map((name) => cloud.id(name)));
    await expect(call).rejects.toMatchObject({
      name: "OperationNotPermitted",
      message: expect.stringContaining(
        `'${cloud.id("safe")}' may not be terminated. Modify its 'disableApiTermination'`,
      ),
    });
    expect([cloud.holds("safe"), cloud.holds("neighbour"), cloud.holds("elsewhere")]).toEqual([true, true, false]);
  });

  it("is blocked by stop protection too, and only the message tells which", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web", stopProtection: true }]);
    await expect(terminate(ec2, cloud.id("web"))).rejects.toMatchObject({
      name: "OperationNotPermitted",
      message: expect.stringContaining("'disableApiStop'"),
    });
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [cloud.id("web")] }));
    expect(await codeOf(stop)).toBe("OperationNotPermitted");
    expect(cloud.holds("web")).toBe(true);
  });

  it("shows both protections in attributes alone, one for each call", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web", terminationProtection: true }]);
    const InstanceId = cloud.id("web");
    const attribute = (Attribute: "disableApiTermination" | "disableApiStop") =>
      ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute }));
    expect((await attribute("disableApiTermination")).DisableApiTermination).toEqual({ Value: true });
    expect((await attribute("disableApiStop")).DisableApiStop).toEqual({ Value: false });
    expect(JSON.stringify(await instances(ec2))).not.toMatch(/disableApi/i);
    const both = { InstanceId, DisableApiTermination: { Value: false }, DisableApiStop: { Value: false } };
    expect(await codeOf(ec2.send(new ModifyInstanceAttributeCommand(both)))).toBe("InvalidParameterCombination");
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value: false } }));
    expect(cloud.view().instances[0]?.terminationProtection).toBe(false);
  });

  it("refuses to set or clear protection on a Spot Instance", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "cheap", billing: "spot" }]);
    const clear = { InstanceId: cloud.id("cheap"), DisableApiTermination: { Value: false } };
    expect(await codeOf(ec2.send(new ModifyInstanceAttributeCommand(clear)))).toBe("UnsupportedOperation");
  });

  it("checks a dry run's permission and ids and nothing else", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web", terminationProtection: true }]);
    const dryRun = (id: string) => ec2.send(new TerminateInstancesCommand({ InstanceIds: [id], DryRun: true }));
    await expect(dryRun(cloud.id("web"))).rejects.toMatchObject({
      name: "DryRunOperation",
      $metadata: { httpStatusCode: 412 },
    });
    expect(await codeOf(dryRun("i-0aaaaaaaaaaaaaaaa"))).toBe("InvalidInstanceID.NotFound");
    cloud.faults.add({ fault: "deny", api: "ec2:TerminateInstances" });
    expect(await codeOf(dryRun(cloud.id("web")))).toBe("UnauthorizedOperation");
    expect(cloud.requests.some(({ mutating }) => mutating)).toBe(false);
    expect(cloud.holds("web")).toBe(true);
  });

  it("deletes or keeps each disk and interface by its own flag, and keeps Elastic IPs", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([
      {
        id: "web",
        disks: [{ role: "system", id: "root" }, { id: "kept" }, { id: "dying", deletedWithInstance: true }],
        addresses: [{ id: "front", kind: "elastic" }],
        extraInterfaces: [{ id: "card" }, { id: "own-card", deletedWithInstance: true }],
      },
    ]);
    await terminate(ec2, cloud.id("web"));
    await cloud.clock.advance(32_000);
    // Terminated, but not yet let go.
    const kept = cloud.id("kept");
    expect(await codeOf(ec2.send(new DeleteVolumeCommand({ VolumeId: kept })))).toBe("VolumeInUse");
    await cloud.clock.advance(60_000);
    const volumes = (await ec2.send(new DescribeVolumesCommand({}))).Volumes;
    expect(volumes?.map(({ VolumeId, State }) => [VolumeId, State])).toEqual([[kept, "available"]]);
    const cards = (await ec2.send(new DescribeNetworkInterfacesCommand({}))).NetworkInterfaces;
    expect(cards?.map((card) => [card.NetworkInterfaceId, card.Status])).toEqual([[cloud.id("card"), "available"]]);
    const [address] = (await ec2.send(new DescribeAddressesCommand({}))).Addresses ?? [];
    expect(address).toMatchObject({ AllocationId: cloud.id("front"), InstanceId: "" });
    expect(address?.AssociationId).toBeUndefined();
  });

  it("keeps a Multi-Attach disk until its last holder goes", async () => {
    const { cloud, ec2 } = await openFake();
    const shared = { id: "shared", medium: "shared", deletedWithInstance: true } as const;
    cloud.seed([
      { id: "one", disks: [{ role: "system" }, shared] },
      { id: "two", disks: [{ role: "system" }, shared] },
    ]);
    await terminate(ec2, cloud.id("one"));
    await cloud.clock.advance(120_000);
    expect(cloud.holds("shared")).toBe(true);
    await terminate(ec2, cloud.id("two"));
    await cloud.clock.advance(120_000);
    expect(cloud.holds("shared")).toBe(false);
  });

  it("hides what a service operates unless asked for it, and does not let it be terminated", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "node", managedBy: "eks.amazonaws.com" }]);
    expect(await instances(ec2)).toEqual([]);
    expect((await ec2.send(new DescribeVolumesCommand({}))).Volumes).toEqual([]);
    const [node] = await instances(ec2, { IncludeManagedResources: true });
    expect(node?.Operator).toMatchObject({ Managed: true, Principal: "eks.amazonaws.com" });
    expect(await codeOf(terminate(ec2, cloud.id("node")))).toBe("OperationNotPermitted");
    expect(cloud.holds("node")).toBe(true);
  });
});

describe("stopping and starting", () => {
  it("takes its time and changes the ephemeral address, not the Elastic IP", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([
      { id: "web", addresses: [{ id: "changing", kind: "ephemeral" }] },
      { id: "fixed", addresses: [{ id: "front", kind: "elastic" }] },
    ]);
    const InstanceIds = [cloud.id("web"), cloud.id("fixed")];
    await ec2.send(new StopInstancesCommand({ InstanceIds }));
    expect(await states(ec2)).toEqual(["stopping", "stopping"]);
    await cloud.clock.advance(30_000);
    expect(await states(ec2)).toEqual(["stopped", "stopped"]);
    const former = cloud.id("changing");
    expect(cloud.holds("changing")).toBe(false);
    await ec2.send(new StartInstancesCommand({ InstanceIds }));
    await cloud.clock.advance(30_000);
    const [web, fixed] = await instances(ec2);
    expect(web?.PublicIpAddress).toBeDefined();
    expect(web?.PublicIpAddress).not.toBe(former);
    expect(fixed?.PublicIpAddress).toBe(cloud.view().addresses.find(({ id }) => id === cloud.id("front"))?.ip);
  });

  it("cannot stop an instance whose root disk is the host's, nor a one-time Spot Instance", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([
      { id: "old", disks: [{ role: "system", medium: "local" }] },
      { id: "cheap", billing: "spot" },
    ]);
    for (const name of ["old", "cheap"]) {
      const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [cloud.id(name)] }));
      expect(await codeOf(stop)).toBe("UnsupportedOperation");
    }
  });

  it("refuses to start what is going, and to stop what is coming", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web" }, { id: "new", state: "pending" }]);
    const stop = ec2.send(new StopInstancesCommand({ InstanceIds: [cloud.id("new")] }));
    expect(await codeOf(stop)).toBe("IncorrectInstanceState");
    await terminate(ec2, cloud.id("web"));
    const start = ec2.send(new StartInstancesCommand({ InstanceIds: [cloud.id("web")] }));
    expect(await codeOf(start)).toBe("IncorrectInstanceState");
  });
});
