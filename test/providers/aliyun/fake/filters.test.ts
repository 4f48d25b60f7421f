import { describe, expect, it } from "vitest";
import { codeOf, each, type Fake, openFake, repeat, type ServiceName } from "./open.js";

/** What a list answers to a query: the names of what it keeps. */
type Case = readonly [
  service: ServiceName,
  action: string,
  list: string,
  id: string,
  cases: Readonly<Record<string, (id: (name: string) => string) => readonly [Record<string, string>, ...string[]]>>,
];

const lists: readonly Case[] = [
  [
    "ecs",
    "DescribeDisks",
    "Disks.Disk",
    "DiskId",
    {
      ids: (id) => [{ DiskIds: JSON.stringify([id("free")]) }, "free"],
      zone: () => [{ ZoneId: "cn-hangzhou-k" }, "far-root"],
      category: () => [{ Category: "cloud_efficiency" }, "basic"],
      "every category": () => [{ Category: "all" }, "root", "basic", "scratch", "far-root", "free"],
      type: () => [{ DiskType: "system" }, "root", "far-root"],
      billing: () => [{ DiskChargeType: "PrePaid" }, "far-root"],
      status: () => [{ Status: "Available" }, "free"],
      flag: () => [{ DeleteWithInstance: "false" }, "basic", "free"],
      "automatic snapshots": () => [{ DeleteAutoSnapshot: "true" }, "basic"],
      portable: () => [{ Portable: "false" }, "scratch", "far-root"],
    },
  ],
  [
    "ecs",
    "DescribeSnapshots",
    "Snapshots.Snapshot",
    "SnapshotId",
    {
      ids: (id) => [{ SnapshotIds: JSON.stringify([id("copy")]) }, "copy"],
      disk: (id) => [{ DiskId: id("basic") }, "auto"],
      instance: (id) => [{ InstanceId: id("web") }, "copy", "auto"],
      "gone instance": () => [{ InstanceId: "i-bp100000000000000000" }],
      type: () => [{ SnapshotType: "auto" }, "auto"],
      status: () => [{ Status: "progressing" }],
      "disk type": () => [{ SourceDiskType: "SYSTEM" }, "copy"],
      encrypted: () => [{ Encrypted: "false" }, "copy", "auto"],
    },
  ],
  [
    "ecs",
    "DescribeSecurityGroups",
    "SecurityGroups.SecurityGroup",
    "SecurityGroupId",
    {
      id: (id) => [{ SecurityGroupId: id("app") }, "app"],
      ids: (id) => [{ SecurityGroupIds: JSON.stringify([id("app"), id("ops")]) }, "app", "ops"],
      name: () => [{ SecurityGroupName: "ops" }, "ops"],
      network: (id) => [{ VpcId: id("back") }, "ops"],
      service: () => [{ ServiceManaged: "true" }, "theirs"],
    },
  ],
  [
    "ecs",
    "DescribeNetworkInterfaces",
    "NetworkInterfaceSets.NetworkInterfaceSet",
    "NetworkInterfaceId",
    {
      ids: (id) => [repeat("NetworkInterfaceId", [id("card")]), "card"],
      instance: (id) => [{ InstanceId: id("far"), Type: "Secondary" }, "card"],
      network: (id) => [{ VpcId: id("back"), Type: "Secondary" }, "card"],
      status: () => [{ Status: "Available" }],
      address: () => [{ PrimaryIpAddress: "10.1.2.3" }],
      addresses: () => [repeat("PrivateIpAddress", ["10.1.2.3"])],
      service: () => [{ ServiceManaged: "true" }],
    },
  ],
  [
    "vpc",
    "DescribeEipAddresses",
    "EipAddresses.EipAddress",
    "AllocationId",
    {
      id: (id) => [{ AllocationId: id("idle") }, "idle"],
      ip: () => [{ EipAddress: "47.96.7.7" }, "front"],
      status: () => [{ Status: "InUse" }, "front"],
      holder: (id) => [{ AssociatedInstanceType: "EcsInstance", AssociatedInstanceId: id("web") }, "front"],
    },
  ],
  [
    "vpc",
    "DescribeVpcs",
    "Vpcs.Vpc",
    "VpcId",
    {
      ids: (id) => [{ VpcId: `${id("back")},vpc-bp100000000000000000` }, "back"],
      other: () => [{ IsDefault: "false" }, "back"],
    },
  ],
  [
    "ecs",
    "DescribeImages",
    "Images.Image",
    "ImageId",
    {
      id: (id) => [{ ImageId: id("golden") }, "golden"],
      own: () => [{ ImageOwnerAlias: "self" }, "golden"],
      others: () => [{ ImageOwnerAlias: "system" }],
      status: () => [{ Status: "UnAvailable" }],
    },
  ],
  [
    "ecs",
    "DescribePrefixLists",
    "PrefixLists.PrefixList",
    "PrefixListId",
    { id: (id) => [repeat("PrefixListId", [id("office")]), "office"], name: () => [{ PrefixListName: "home" }] },
  ],
  [
    "alb",
    "ListServerGroups",
    "ServerGroups",
    "ServerGroupId",
    {
      ids: (id) => [repeat("ServerGroupIds", [id("pool")]), "pool"],
      type: () => [{ ServerGroupType: "Ip" }],
      network: (id) => [{ VpcId: id("back") }],
    },
  ],
  [
    "ess",
    "DescribeScalingInstances",
    "ScalingInstances",
    "InstanceId",
    {
      group: (id) => [{ ScalingGroupId: id("crew") }, "web"],
      state: () => [{ LifecycleState: "Protected" }],
      creation: () => [{ CreationType: "Attached" }],
    },
  ],
];

function seed({ cloud }: Fake): void {
  cloud.seed({
    securityGroups: [{ id: "app" }, { id: "ops", vpc: "back" }, { id: "theirs", managed: true }],
    instances: [
      {
        id: "web",
        securityGroups: ["app"],
        addresses: [{ id: "front", kind: "elastic", ip: "47.96.7.7" }],
        disks: [
          { id: "root" },
          { id: "basic", role: "data", medium: "basic", autoSnapshotsDeletedWithDisk: true },
          { id: "scratch", role: "data", medium: "local" },
        ],
      },
      {
        id: "far",
        vpc: "back",
        zone: "cn-hangzhou-k",
        billing: "prepaid",
        securityGroups: ["ops"],
        disks: [{ id: "far-root" }],
        extraInterfaces: [{ id: "card" }],
      },
    ],
    disks: [{ id: "free" }],
    addresses: [{ id: "idle", kind: "elastic" }],
    owners: [
      { kind: "snapshot", id: "copy", members: ["root"] },
      { kind: "snapshot", id: "auto", members: ["basic"], variant: "auto" },
      { kind: "address-list", id: "office", members: ["web"] },
      { kind: "load-balancer-target", id: "pool", members: ["web"] },
      { kind: "auto-scaling-group", id: "crew", members: ["web"] },
    ],
  });
}

describe("filters", () => {
  for (const [service, action, list, id, cases] of lists) {
    it.each(Object.entries(cases))(`of ${action} keep by %s what fits, and nothing else`, async (_, make) => {
      const fake = await openFake();
      seed(fake);
      const { cloud, inRegion } = fake;
      if (action === "DescribeImages") cloud.seed({ owners: [{ kind: "image", id: "golden", members: ["free"] }] });
      const [query, ...names] = make((name) => cloud.id(name));
      const answer = each(await inRegion(service, action, query), list, id);
      expect(answer).toEqual(names.map((name) => cloud.id(name)));
    });
  }

  it.each([
    ["DescribeDisks", { Category: "floppy" }, "InvalidCategory.ValueNotSupported"],
    ["DescribeDisks", { Status: "Lost" }, "InvalidStatus.ValueNotSupported"],
    ["DescribeDisks", { DiskIds: '["root"]' }, "InvalidDiskIds.ValueNotSupported"],
    ["DescribeSnapshots", { Status: "done" }, "InvalidStatus.NotFound"],
    ["DescribeSnapshots", { SnapshotType: "any" }, "InvalidSnapshotType.NotFound"],
    ["DescribeSnapshotGroups", { "Status.1": "done" }, "InvalidStatus.ValueNotSupported"],
    ["DescribeNetworkInterfaces", { Type: "Tertiary" }, "InvalidParameter"],
    ["DescribeImages", { ImageOwnerAlias: "me" }, "InvalidImageOwnerAlias.ValueNotSupported"],
    ["DescribeSecurityGroupAttribute", { SecurityGroupId: "app" }, "InvalidSecurityGroupId.Malformed"],
    ["DescribeLaunchTemplateVersions", { LaunchTemplateName: "none" }, "InvalidLaunchTemplate.NotFound"],
    ["ListTagResources", { ResourceType: "table", "ResourceId.1": "x" }, "InvalidResourceType.NotFound"],
    ["DescribeInstanceRamRole", {}, "InvalidParameter.AllEmpty"],
    ["DescribeInstanceAutoRenewAttribute", {}, "InvalidParameter.RenewalStatusInstanceId"],
  ] as const)("of %s refuse %o", async (action, query, code) => {
    const { inRegion } = await openFake();
    expect(await codeOf(inRegion("ecs", action, query))).toBe(code);
  });
});
