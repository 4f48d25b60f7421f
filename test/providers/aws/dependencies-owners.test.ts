import { describe, expect, it } from "vitest";
import { managedByTag, ownerMarks } from "../../../providers/aws/dependencies/owner-tags.js";
import { readOwners } from "../../../providers/aws/dependencies/owners.js";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import { readInstances } from "../../../providers/aws/instances.js";
import type { DependencyReport } from "../../../src/dependencies.js";
import { ownersByTag } from "../../../src/owner-tags.js";
import { cannedCalls, cannedInstance, plainRegion, sdkError } from "./canned.js";
import { readingWorld } from "./reading-world.js";

const id = "i-0123456789abcdef0";

const tagged = (Tags: readonly object[], over: object = {}) => ({
  "ec2:DescribeInstances": { Reservations: [{ Instances: [cannedInstance({ Tags, ...over })] }] },
});

async function report(over: Parameters<typeof plainRegion>[0]): Promise<DependencyReport> {
  return await listDependencies(cannedCalls(plainRegion(over)).open, [id]);
}

describe("owners named by tags", () => {
  it.each([
    ["aws:cloudformation:stack-name", "shop", "stack", "shop"],
    ["aws:servicecatalog:provisionedProductArn", "arn:x", "stack", "arn:x"],
    ["aws:ec2:fleet-id", "fleet-1", "fleet", "fleet-1"],
    ["aws:ec2spot:fleet-request-id", "sfr-1", "fleet", "sfr-1"],
    ["eks:cluster-name", "prod", "cluster-node", "prod"],
    ["aws:eks:cluster-name", "prod", "cluster-node", "prod"],
    ["kubernetes.io/cluster/prod", "owned", "cluster-node", "prod"],
    ["karpenter.sh/nodepool", "default", "cluster-node", "default"],
    ["AmazonECSManaged", "", "cluster-node", "AmazonECSManaged"],
    ["elasticbeanstalk:environment-name", "shop-env", "managed-service", "shop-env"],
    ["aws:elasticmapreduce:job-flow-id", "j-1", "managed-service", "j-1"],
    ["aws:cloud9:environment", "abc", "managed-service", "abc"],
  ])("%s blocks, and names the way out", async (Key, Value, kind, owner) => {
    const found = await report(tagged([{ Key, Value }]));
    const edge = found.edges.find(({ node }) => node.kind === kind);
    expect(edge).toMatchObject({ effect: "blocks", relation: "owned-by", node: { id: owner } });
    expect(edge?.unblock).toBeTruthy();
  });

  it("takes the two tags of one stack for one owner", async () => {
    const arn = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/0b1c2d3e";
    const found = await report(
      tagged([
        { Key: "aws:cloudformation:stack-name", Value: "shop" },
        { Key: "aws:cloudformation:stack-id", Value: arn },
      ]),
    );
    expect(found.edges.filter(({ node }) => node.kind === "stack").map(({ node }) => node.id)).toEqual(["shop"]);
  });

  it("shows a mark of a service nobody here knows, since only AWS can write it", async () => {
    const found = await report(tagged([{ Key: "aws:newservice:owner", Value: "x" }]));
    expect(found.edges.find(({ node }) => node.kind === "other")).toMatchObject({
      effect: "report",
      relation: "inferred",
    });
  });

  it("takes a person's tags for no owner", async () => {
    const found = await report(tagged([{ Key: "cloudformation:stack-name", Value: "x" }]));
    expect(found.edges.filter(({ effect }) => effect === "blocks")).toEqual([]);
    expect(managedByTag({ team: "shop", "aws:ec2launchtemplate:id": "lt-1" })).toBeUndefined();
    expect(managedByTag({ "aws:cloudformation:stack-name": "shop" })).toContain("CloudFormation");
  });

  it("answers the same for a plain record as for a listing", async () => {
    const { open } = cannedCalls(plainRegion(tagged([{ Key: "aws:ec2:fleet-id", Value: "fleet-1" }])));
    const seen = (await readInstances(await open("reads"), [id])).byId.get(id);
    expect(seen && ownersByTag(seen.record.id, Object.entries(seen.record.tags), ownerMarks)).toMatchObject([
      { instanceId: id, node: { kind: "fleet", id: "fleet-1" } },
    ]);
  });
});

describe("services that operate instances", () => {
  it("block, since EC2 lets nobody else end their instances", async () => {
    const Operator = { Managed: true, Principal: "eks.amazonaws.com" };
    const found = await report(tagged([], { Operator }));
    expect(found.edges.find(({ node }) => node.kind === "managed-service")).toMatchObject({
      effect: "blocks",
      node: { id: "eks.amazonaws.com" },
    });
  });

  it("does not take an operator's object for management", async () => {
    const found = await report(tagged([], { Operator: { Managed: false } }));
    expect(found.edges.some(({ node }) => node.kind === "managed-service")).toBe(false);
  });
});

describe("scaling groups", () => {
  it("have to let a member go first, since they replace what is terminated", async () => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [{ id: "web" }, { id: "free" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], replaces: true }],
    });
    const found = await listDependencies(world.open, [world.fake.id("web"), world.fake.id("free")]);
    const edges = found.edges.filter(({ node }) => node.kind === "auto-scaling-group");
    expect(edges).toMatchObject([{ instanceId: world.fake.id("web"), effect: "release-first", node: { id: "crew" } }]);
  });

  it("block where the minimum size leaves no room", async () => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], inUse: true }],
    });
    const found = await listDependencies(world.open, [world.fake.id("web")]);
    const edge = found.edges.find(({ node }) => node.kind === "auto-scaling-group");
    expect(edge?.effect).toBe("blocks");
    expect(edge?.unblock).toContain("minimum size");
  });

  it("block while a member is in the warm pool, from where it cannot be detached", async () => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [{ id: "web", state: "stopped" }],
      owners: [{ kind: "auto-scaling-group", id: "crew", members: ["web"], variant: "warm-pool" }],
    });
    const found = await listDependencies(world.open, [world.fake.id("web")]);
    expect(found.edges.find(({ node }) => node.kind === "auto-scaling-group")?.effect).toBe("blocks");
  });

  it("count by the tag where they cannot be asked, and the reading says so", async () => {
    const { "autoscaling:DescribeAutoScalingInstances": _, ...others } = plainRegion(
      tagged([{ Key: "aws:autoscaling:groupName", Value: "crew" }]),
    );
    const call = await cannedCalls(others).open("reads");
    const seen = [...(await readInstances(call, [id])).byId.values()];
    const owners = await readOwners(call, seen);
    expect(owners.unread).toMatchObject([
      { source: "autoscaling:DescribeAutoScalingInstances", problem: { code: "access-denied" } },
    ]);
    expect(owners.edges).toMatchObject([{ instanceId: id, node: { kind: "auto-scaling-group", id: "crew" } }]);
  });

  it("are asked, not their tag, where they can be: a detached instance may still carry it", async () => {
    const found = await report(tagged([{ Key: "aws:autoscaling:groupName", Value: "crew" }]));
    expect(found.edges.filter(({ effect }) => effect !== "report")).toEqual([]);
  });
});

describe("Spot requests", () => {
  it.each([
    [true, "release-first"],
    [false, "report"],
  ] as const)("persistent: %s is %s", async (replaces, effect) => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [{ id: "web", billing: "spot" }],
      owners: [{ kind: "spot-request", id: "request", members: ["web"], replaces }],
    });
    const found = await listDependencies(world.open, [world.fake.id("web")]);
    expect(found.edges.filter(({ node }) => node.kind === "spot-request")).toMatchObject([{ effect }]);
  });

  it("are not asked about for instances that are on demand", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    const { byApi } = await world.counted(() => listDependencies(world.open, [world.fake.id("web")]));
    expect(byApi["ec2:DescribeSpotInstanceRequests"]).toBeUndefined();
  });

  it("leave a gap where a Spot instance has none that is listed", async () => {
    const spot = tagged([], { InstanceLifecycle: "spot", SpotInstanceRequestId: "sir-1" });
    const found = await report({ ...spot, "ec2:DescribeSpotInstanceRequests": { SpotInstanceRequests: [] } });
    expect(found.coverage.find(({ kind }) => kind === "spot-request")).toMatchObject({
      status: "partial",
      gate: "required",
      instanceIds: [id],
    });
  });

  it("count as persistent where they cannot be read", async () => {
    const spot = tagged([], { InstanceLifecycle: "spot", SpotInstanceRequestId: "sir-1" });
    const answers = {
      ...plainRegion(spot),
      "ec2:DescribeSpotInstanceRequests": sdkError("UnauthorizedOperation", 403),
    };
    const call = await cannedCalls(answers).open("reads");
    const owners = await readOwners(call, [...(await readInstances(call, [id])).byId.values()]);
    expect(owners.edges).toMatchObject([{ node: { kind: "spot-request", id: "sir-1" }, effect: "release-first" }]);
  });
});
