import { describe, expect, it } from "vitest";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import { gaps } from "../../../src/coverage.js";
import type { DependencyReport } from "../../../src/dependencies.js";
import { cannedCalls, cannedInstance, cannedVolume, plainRegion } from "./canned.js";
import { readingWorld } from "./reading-world.js";

const id = "i-0123456789abcdef0";

async function report(over: Parameters<typeof plainRegion>[0]): Promise<DependencyReport> {
  const { open } = cannedCalls(plainRegion(over));
  return await listDependencies(open, [id]);
}

const line = (found: DependencyReport, source: string, kind = "disk") =>
  found.coverage.find((each) => each.source === source && each.kind === kind);

describe("disks in the report", () => {
  it("tells of each volume whether it dies or stays and bills", async () => {
    const world = await readingWorld();
    const disks = [
      { id: "root", role: "system", sizeGiB: 30 },
      { id: "kept", role: "data", sizeGiB: 120, deletedWithInstance: false },
    ] as const;
    world.fake.seed([{ id: "web", disks }]);
    const found = await listDependencies(world.open, [world.fake.id("web")]);
    const fates = found.edges
      .filter(({ node }) => node.kind === "disk")
      .map((edge) => [edge.node.id, edge.atTermination]);
    expect(Object.fromEntries(fates)).toEqual({
      [world.fake.id("root")]: "deleted",
      [world.fake.id("kept")]: "kept",
    });
    expect(found.nodes.find((node) => node.id === world.fake.id("kept"))).toMatchObject({
      billing: "continues",
      sizeGiB: 120,
    });
    expect(found.nodes.find((node) => node.id === world.fake.id("root"))).toMatchObject({ billing: "stops" });
  });

  it("S02 calls the disks partly known when a volume hangs on the instance that the instance does not list", async () => {
    const stray = cannedVolume({ VolumeId: "vol-0fffffffffffffff0" });
    const found = await report({ "ec2:DescribeVolumes": { Volumes: [cannedVolume(), stray] } });
    expect(line(found, "ec2:DescribeVolumes")).toMatchObject({
      status: "partial",
      gate: "required",
      instanceIds: [id],
    });
    const [instance] = found.instances;
    expect(instance?.status === "found" && instance.record.disks.map((disk) => disk.id)).toEqual([
      "vol-0123456789abcdef0",
      "vol-0fffffffffffffff0",
    ]);
  });

  it("S02 calls the disks partly known when the volumes show none of those the instance lists", async () => {
    const found = await report({ "ec2:DescribeVolumes": { Volumes: [] } });
    expect(line(found, "ec2:DescribeVolumes")).toMatchObject({ status: "partial", instanceIds: [id] });
    expect(gaps(found.coverage)).toHaveLength(1);
  });

  it("S02 calls the disks partly known when there is no system disk among them", async () => {
    const bare = cannedInstance({ BlockDeviceMappings: [] });
    const found = await report({
      "ec2:DescribeInstances": { Reservations: [{ Instances: [bare] }] },
      "ec2:DescribeVolumes": { Volumes: [] },
    });
    expect(line(found, "ec2:DescribeVolumes")).toMatchObject({ status: "partial", instanceIds: [id] });
  });

  it("S02 takes agreement of both sources for checked", async () => {
    const found = await report({});
    expect(line(found, "ec2:DescribeVolumes")).toEqual({
      kind: "disk",
      source: "ec2:DescribeVolumes",
      gate: "required",
      status: "checked",
    });
  });

  it.each([
    ["ec2:DescribeVolumes", "ec2:DescribeVolumes"],
    ["ec2:DescribeInstanceTypes", "ec2:DescribeInstanceTypes"],
  ])("S02 answers the records and a gap where %s is denied", async (api, source) => {
    const { [api]: _, ...others } = plainRegion();
    const { open } = cannedCalls(others);
    const found = await listDependencies(open, [id]);
    expect(line(found, source)).toMatchObject({ status: "denied", gate: "required" });
    const [instance] = found.instances;
    expect(instance?.status === "found" && instance.record.disks).toMatchObject([{ id: "vol-0123456789abcdef0" }]);
  });

  it("writes the disks of the host in from the instance type, since no listing shows them", async () => {
    const store = {
      InstanceType: "t3.micro",
      InstanceStorageSupported: true,
      InstanceStorageInfo: { Disks: [{ SizeInGB: 475, Count: 2, Type: "ssd" }] },
    };
    const found = await report({ "ec2:DescribeInstanceTypes": { InstanceTypes: [store] } });
    const host = found.edges.filter((edge) => edge.source === "ec2:DescribeInstanceTypes");
    expect(host.map((edge) => [edge.node.id, edge.atTermination])).toEqual([
      [`${id}/ephemeral0`, "deleted"],
      [`${id}/ephemeral1`, "deleted"],
    ]);
  });

  it("does not take a type that the region no longer describes for one without disks of the host", async () => {
    const found = await report({ "ec2:DescribeInstanceTypes": { InstanceTypes: [] } });
    expect(line(found, "ec2:DescribeInstanceTypes")).toMatchObject({ status: "partial", instanceIds: [id] });
  });

  it("leaves open what becomes of a volume that others hold as well", async () => {
    const [attachment] = cannedVolume().Attachments;
    const shared = cannedVolume({ Attachments: [attachment, { ...attachment, InstanceId: "i-0fffffffffffffff0" }] });
    const found = await report({ "ec2:DescribeVolumes": { Volumes: [shared] } });
    const edge = found.edges.find(({ node }) => node.kind === "disk");
    expect(edge).toMatchObject({ atTermination: "unknown" });
    expect(edge?.why).toContain("i-0fffffffffffffff0");
  });

  it("names the keys that the disks and their copies need", async () => {
    const KmsKeyId = "arn:aws:kms:eu-west-1:123456789012:key/1";
    const found = await report({ "ec2:DescribeVolumes": { Volumes: [cannedVolume({ Encrypted: true, KmsKeyId })] } });
    expect(found.edges.find(({ node }) => node.kind === "encryption-key")?.node.id).toBe(KmsKeyId);
  });
});
