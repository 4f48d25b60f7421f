import { describe, expect, it } from "vitest";
import { readGroupUsers } from "../../../providers/aws/dependencies/group-users.js";
import { meaning } from "../../../providers/aws/dependencies/target-groups.js";
import { listDependencies } from "../../../providers/aws/dependencies.js";
import type { DependencyReport } from "../../../src/dependencies.js";
import type { SeedSecurityGroup } from "../../../src/testing/seed.js";
import { cannedCalls, cannedInstance, plainRegion } from "./canned.js";
import { readingWorld } from "./reading-world.js";

const id = "i-0123456789abcdef0";

async function report(over: Parameters<typeof plainRegion>[0]): Promise<DependencyReport> {
  return await listDependencies(cannedCalls(plainRegion(over)).open, [id]);
}

const publicIp = (IpOwnerId: string) => ({
  "ec2:DescribeInstances": {
    Reservations: [
      {
        Instances: [
          cannedInstance({
            NetworkInterfaces: [
              {
                NetworkInterfaceId: "eni-0123456789abcdef0",
                PrivateIpAddress: "10.0.0.5",
                PrivateIpAddresses: [],
                Groups: [],
                Attachment: { DeviceIndex: 0, DeleteOnTermination: true },
                Association: { PublicIp: "203.0.113.7", IpOwnerId },
              },
            ],
          }),
        ],
      },
    ],
  },
});

const prefixList = (cidr: string) => ({
  "ec2:DescribeManagedPrefixLists": {
    PrefixLists: [
      { PrefixListId: "pl-0123456789abcdef0", PrefixListName: "partners", OwnerId: "123456789012" },
      { PrefixListId: "pl-6da54004", PrefixListName: "com.amazonaws.eu-west-1.s3", OwnerId: "AWS" },
    ],
  },
  "ec2:GetManagedPrefixListEntries": { Entries: [{ Cidr: cidr }] },
});

describe("addresses", () => {
  it("tells an Elastic IP, which stays and bills, from one that AWS takes back", async () => {
    const world = await readingWorld();
    world.fake.seed([
      { id: "web", addresses: [{ id: "front", kind: "elastic" }] },
      { id: "job", addresses: [{ kind: "ephemeral" }] },
    ]);
    const found = await listDependencies(world.open, [world.fake.id("web"), world.fake.id("job")]);
    const edges = found.edges.filter(({ node }) => node.kind === "public-address");
    expect(edges).toMatchObject([
      { instanceId: world.fake.id("job"), atTermination: "deleted", source: "ec2:DescribeInstances" },
      {
        instanceId: world.fake.id("web"),
        node: { id: world.fake.id("front") },
        atTermination: "detached",
        source: "ec2:DescribeAddresses",
      },
    ]);
    const [web] = found.instances;
    expect(web?.status === "found" && web.record.publicAddresses).toMatchObject([
      { id: world.fake.id("front"), kind: "elastic", releasedWithInstance: false },
    ]);
  });

  it("calls an address of the account elastic though its list may not be read, and says so", async () => {
    const { "ec2:DescribeAddresses": _, ...others } = plainRegion(publicIp("123456789012"));
    const found = await listDependencies(cannedCalls(others).open, [id]);
    expect(found.edges.find(({ node }) => node.kind === "public-address")).toMatchObject({
      node: { id: "203.0.113.7" },
      atTermination: "detached",
    });
    expect(found.coverage.find(({ source }) => source === "ec2:DescribeAddresses")).toMatchObject({ status: "denied" });
  });

  it("does not ask about Elastic IPs where no instance holds one", async () => {
    const { open, sent } = cannedCalls(plainRegion(publicIp("amazon")));
    await listDependencies(open, [id]);
    expect(sent.map(({ api }) => api)).not.toContain("ec2:DescribeAddresses");
  });
});

describe("prefix lists", () => {
  it("S26 block where they name an address that is given up with the instance", async () => {
    const found = await report({ ...publicIp("amazon"), ...prefixList("203.0.113.7/32") });
    expect(found.edges.find(({ node }) => node.kind === "address-list")).toMatchObject({
      effect: "blocks",
      node: { id: "pl-0123456789abcdef0" },
    });
  });

  it("are shown where they name an address that stays", async () => {
    const Addresses = [{ PublicIp: "203.0.113.7", AllocationId: "eipalloc-1" }];
    const elastic = { ...publicIp("123456789012"), "ec2:DescribeAddresses": { Addresses } };
    const found = await report({ ...elastic, ...prefixList("203.0.113.7/32") });
    expect(found.edges.find(({ node }) => node.kind === "address-list")).toMatchObject({ effect: "report" });
  });

  it("do not name a server by a range around it", async () => {
    const found = await report({ ...publicIp("amazon"), ...prefixList("203.0.113.0/24") });
    expect(found.edges.some(({ node }) => node.kind === "address-list")).toBe(false);
  });

  it("of AWS itself are not read: they hold ranges of its services", async () => {
    const { open, sent } = cannedCalls(plainRegion(prefixList("203.0.113.7/32")));
    await listDependencies(open, [id]);
    const asked = sent.filter(({ api }) => api === "ec2:GetManagedPrefixListEntries");
    expect(asked.map(({ input }) => input.PrefixListId)).toEqual(["pl-0123456789abcdef0"]);
  });

  it("leave a required gap when their entries are denied", async () => {
    const { "ec2:GetManagedPrefixListEntries": _, ...denied } = prefixList("203.0.113.7/32");
    const found = await report(denied as Parameters<typeof plainRegion>[0]);
    expect(found.coverage.find(({ kind }) => kind === "address-list")).toMatchObject({
      gate: "required",
      status: "denied",
    });
  });
});

describe("routes", () => {
  it.each(["instance", "interface"])("that lead to the %s block, for their traffic would be lost", async (variant) => {
    const world = await readingWorld();
    world.fake.seed({ instances: [{ id: "nat" }], owners: [{ kind: "route", id: "rtb", members: ["nat"], variant }] });
    const found = await listDependencies(world.open, [world.fake.id("nat")]);
    const edge = found.edges.find(({ source }) => source === "ec2:DescribeRouteTables");
    expect(edge).toMatchObject({ effect: "blocks", node: { id: `${world.fake.id("rtb")}/0.0.0.0/0` } });
  });

  it("are guessed at, never blocked for, where only the source check is off", async () => {
    const Instances = [cannedInstance({ SourceDestCheck: false })];
    const found = await report({ "ec2:DescribeInstances": { Reservations: [{ Instances }] } });
    expect(found.edges.find(({ node }) => node.kind === "route")).toMatchObject({
      relation: "inferred",
      effect: "report",
    });
  });
});

describe("target groups", () => {
  it.each(["instance", "ip"])("hold an instance registered by %s until it is deregistered", async (variant) => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"], ports: [80, 443], variant }],
    });
    const found = await listDependencies(world.open, [world.fake.id("web")]);
    const edges = found.edges.filter(({ node }) => node.kind === "load-balancer-target");
    expect(edges).toMatchObject([{ effect: "release-first", node: { id: world.fake.id("pool") } }]);
    expect(edges[0]?.atTermination).toBe(variant === "ip" ? "kept" : "detached");
    expect(edges[0]?.why).toContain(":443");
  });

  it("of another network are not asked when they hold instances", async () => {
    const other = { TargetGroupArn: "arn:tg/1", TargetGroupName: "a", TargetType: "instance", VpcId: "vpc-other" };
    const lambda = { TargetGroupArn: "arn:tg/2", TargetGroupName: "b", TargetType: "lambda" };
    const { open, sent } = cannedCalls(
      plainRegion({ "elasticloadbalancing:DescribeTargetGroups": { TargetGroups: [other, lambda] } }),
    );
    await listDependencies(open, [id]);
    expect(sent.map(({ api }) => api)).not.toContain("elasticloadbalancing:DescribeTargetHealth");
  });

  it("are asked where they do not say their network, or hold what nobody knows, or the instance tells no network", async () => {
    const asked = async (group: object, instance: Readonly<Record<string, unknown>> = {}) => {
      const TargetGroups = [{ TargetGroupArn: "arn:tg/1", TargetGroupName: "a", ...group }];
      const { open, sent } = cannedCalls(
        plainRegion({
          "ec2:DescribeInstances": { Reservations: [{ Instances: [cannedInstance(instance)] }] },
          "elasticloadbalancing:DescribeTargetGroups": { TargetGroups },
          "elasticloadbalancing:DescribeTargetHealth": { TargetHealthDescriptions: [] },
        }),
      );
      await listDependencies(open, [id]);
      return sent.some(({ api }) => api === "elasticloadbalancing:DescribeTargetHealth");
    };
    expect(await asked({ TargetType: "instance" })).toBe(true);
    expect(await asked({ TargetType: "of-next-year", VpcId: "vpc-other" })).toBe(true);
    expect(await asked({ TargetType: "instance", VpcId: "vpc-other" }, { VpcId: "" })).toBe(true);
    expect(await asked({ TargetType: "alb" })).toBe(false);
  });

  it("S25 mean an instance by its address in their own network alone", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web" }]);
    const record = await world.record("web");
    const target = { id: record.privateIps[0] ?? "" };
    const at = (vpcId: string | undefined, zone?: string) =>
      meaning({ targetType: "ip", ...(vpcId ? { vpcId } : {}) }, { ...target, ...(zone ? { zone } : {}) }, record);
    expect(at(record.vpcId)).toBe("yes");
    expect(at("vpc-other")).toBe("no");
    expect(at("vpc-other", "all")).toBe("maybe");
    expect(at(record.vpcId, "all")).toBe("no");
    expect(at(undefined)).toBe("maybe");
  });

  it("leave a required gap when one of them may not be looked into", async () => {
    const world = await readingWorld();
    world.fake.seed({
      instances: [{ id: "web" }],
      owners: [{ kind: "load-balancer-target", id: "pool", members: ["web"] }],
    });
    world.fake.faults.add({ fault: "deny", api: "elasticloadbalancing:DescribeTargetHealth" });
    const found = await listDependencies(world.open, [world.fake.id("web")]);
    expect(found.coverage.find(({ kind }) => kind === "load-balancer-target")).toMatchObject({
      gate: "required",
      status: "denied",
    });
  });
});

describe("security groups", () => {
  type Foreign = NonNullable<SeedSecurityGroup["foreignUsers"]>[number];
  const users: readonly Foreign[] = [
    "load-balancer",
    "database",
    "interface",
    "template",
    "scaling-group",
    "managed-service",
    "share",
  ];

  it.each(users)("S22 have another user: %s", async (user) => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "app", foreignUsers: [user] }],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const call = await world.open("reads");
    const { uses, unchecked } = await readGroupUsers(call, [{ id: world.fake.id("app"), name: "app" }]);
    expect(unchecked).toEqual([]);
    expect(uses.filter(({ instanceId }) => instanceId !== world.fake.id("web"))).not.toEqual([]);
  });

  it("S22 have no other user where there is none", async () => {
    const world = await readingWorld();
    world.fake.seed({ securityGroups: [{ id: "app" }], instances: [{ id: "web", securityGroups: ["app"] }] });
    const call = await world.open("reads");
    const { uses, unchecked } = await readGroupUsers(call, [{ id: world.fake.id("app"), name: "app" }]);
    expect(unchecked).toEqual([]);
    expect(uses.map(({ instanceId }) => instanceId)).toEqual([world.fake.id("web")]);
  });

  it.each([
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeLaunchTemplateVersions",
    "autoscaling:DescribeLaunchConfigurations",
    "ec2:DescribeSecurityGroupReferences",
    "ec2:DescribeSecurityGroupVpcAssociations",
    "ram:ListResources",
  ])("S22 are not called unused while %s is denied", async (api) => {
    const world = await readingWorld();
    world.fake.seed({
      securityGroups: [{ id: "app", rules: [{ direction: "ingress", peer: { kind: "any" } }] }],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const whole = await listDependencies(world.open, [world.fake.id("web")]);
    expect(whole.edges.some(({ node }) => node.kind === "security-rule")).toBe(true);
    world.fake.faults.add({ fault: "deny", api });
    const found = await listDependencies(world.open, [world.fake.id("web")]);
    const lines = found.coverage.filter(({ kind, status }) => kind === "security-group" && status === "denied");
    expect(lines.map(({ source }) => source)).toEqual([api]);
    expect(found.edges.find(({ node }) => node.kind === "security-group")?.why).toContain("not every source");
    expect(found.edges.some(({ node }) => node.kind === "security-rule")).toBe(false);
  });

  it("S22 have a user in a template version that only a scaling group names", async () => {
    const template = "lt-0123456789abcdef0";
    const versions = (input: Readonly<Record<string, unknown>>) => ({
      LaunchTemplateVersions: [
        input.LaunchTemplateId === template
          ? { LaunchTemplateId: template, VersionNumber: 3, LaunchTemplateData: { SecurityGroupIds: ["sg-1"] } }
          : { LaunchTemplateId: template, VersionNumber: 9, LaunchTemplateData: { SecurityGroupIds: [] } },
      ],
    });
    const group = {
      AutoScalingGroupName: "idle",
      MinSize: 0,
      DesiredCapacity: 0,
      LaunchTemplate: { LaunchTemplateId: template, Version: "3" },
    };
    const { open } = cannedCalls(
      plainRegion({
        "ec2:DescribeLaunchTemplateVersions": versions,
        "autoscaling:DescribeAutoScalingGroups": { AutoScalingGroups: [group] },
      }),
    );
    const { uses } = await readGroupUsers(await open("reads"), [{ id: "sg-1", name: "app" }]);
    expect(uses).toMatchObject([{ kind: "launch-template", id: template }]);
  });

  it("S22 have a user that names them by name", async () => {
    const LaunchTemplateVersions = [
      { LaunchTemplateId: "lt-1", VersionNumber: 1, LaunchTemplateData: { SecurityGroups: ["app"] } },
    ];
    const { open } = cannedCalls(plainRegion({ "ec2:DescribeLaunchTemplateVersions": { LaunchTemplateVersions } }));
    const { uses } = await readGroupUsers(await open("reads"), [{ id: "sg-1", name: "app" }]);
    expect(uses).toMatchObject([{ kind: "launch-template", groupId: "sg-1" }]);
  });
});

describe("security rules", () => {
  it("are shown where they name one address of an instance, wherever they are", async () => {
    const world = await readingWorld();
    world.fake.seed([{ id: "web", privateIps: ["172.31.0.50"] }]);
    world.fake.seed({
      securityGroups: [
        {
          id: "db",
          rules: [
            {
              direction: "ingress",
              peer: { kind: "cidr", cidr: "172.31.0.50/32", family: "ipv4" },
              description: "web",
            },
            { direction: "ingress", peer: { kind: "cidr", cidr: "172.31.0.0/16", family: "ipv4" }, description: "all" },
          ],
        },
      ],
    });
    const found = await listDependencies(world.open, [world.fake.id("web")]);
    const named = found.nodes.filter(({ kind }) => kind === "security-rule").map(({ name }) => name);
    expect(named).toContain("web");
    expect(named).not.toContain("all");
  });
});
