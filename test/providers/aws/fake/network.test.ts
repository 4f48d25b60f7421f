import {
  AssociateAddressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeAddressesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupReferencesCommand,
  DescribeSecurityGroupRulesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSecurityGroupVpcAssociationsCommand,
  DisassociateAddressCommand,
  ModifyInstanceAttributeCommand,
  ModifyNetworkInterfaceAttributeCommand,
  ReleaseAddressCommand,
  RevokeSecurityGroupEgressCommand,
  RevokeSecurityGroupIngressCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import { fakeAws } from "../../../../providers/aws/fake/index.js";
import type { SeedRule } from "../../../../src/testing/seed.js";
import { codeOf, openFake } from "./open.js";

const tcp = (port: number, cidr: string, more: Partial<SeedRule> = {}): SeedRule => ({
  direction: "ingress",
  protocol: { unified: "tcp", raw: "tcp" },
  ports: { kind: "ranges", ranges: [{ from: port, to: port }] },
  peer: { kind: "cidr", cidr, family: "ipv4" },
  ...more,
});

describe("security group rules", () => {
  it("have ids, one peer each, and are told apart by direction", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({
      securityGroups: [
        { id: "app" },
        {
          id: "db",
          rules: [
            tcp(5432, "10.0.0.5/32", { description: "app server" }),
            { direction: "egress", peer: { kind: "any" } },
            { direction: "ingress", peer: { kind: "security-group", groupId: "app" }, description: "from app" },
          ],
        },
      ],
    });
    const rules = await ec2.send(
      new DescribeSecurityGroupRulesCommand({ Filters: [{ Name: "group-id", Values: [cloud.id("db")] }] }),
    );
    expect(rules.SecurityGroupRules).toEqual([
      expect.objectContaining({
        IsEgress: false,
        IpProtocol: "tcp",
        FromPort: 5432,
        CidrIpv4: "10.0.0.5/32",
        Description: "app server",
      }),
      expect.objectContaining({ IsEgress: true, IpProtocol: "-1", FromPort: -1, CidrIpv4: "0.0.0.0/0" }),
      expect.objectContaining({ ReferencedGroupInfo: { GroupId: cloud.id("app"), UserId: "123456789012" } }),
    ]);
  });

  it("can be found by the group or the exact address they name, egress apart", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({
      securityGroups: [
        { id: "app" },
        { id: "in", rules: [{ direction: "ingress", peer: { kind: "security-group", groupId: "app" } }] },
        { id: "out", rules: [{ direction: "egress", peer: { kind: "security-group", groupId: "app" } }] },
        { id: "address", rules: [tcp(22, "10.0.0.5/32")] },
      ],
    });
    const by = async (Name: string, value: string) =>
      (await ec2.send(new DescribeSecurityGroupsCommand({ Filters: [{ Name, Values: [value] }] }))).SecurityGroups?.map(
        ({ GroupName }) => GroupName,
      );
    expect(await by("ip-permission.group-id", cloud.id("app"))).toEqual(["in"]);
    expect(await by("egress.ip-permission.group-id", cloud.id("app"))).toEqual(["out"]);
    expect(await by("ip-permission.cidr", "10.0.0.5/32")).toEqual(["address"]);
    expect(await by("ip-permission.cidr", "10.0.0.0/24")).toEqual([]);
  });

  it("go by id all together or not at all", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({ securityGroups: [{ id: "db", rules: [tcp(1, "10.0.0.1/32"), tcp(2, "10.0.0.2/32")] }] });
    const GroupId = cloud.id("db");
    const [one = "", two = ""] = cloud.view().rules.map(({ id = "" }) => id);
    const revoke = (...SecurityGroupRuleIds: string[]) =>
      ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId, SecurityGroupRuleIds }));
    expect(await codeOf(revoke(one, "sgr-0aaaaaaaaaaaaaaaa"))).toBe("InvalidSecurityGroupRuleId.NotFound");
    const wrongSide = new RevokeSecurityGroupEgressCommand({ GroupId, SecurityGroupRuleIds: [one] });
    expect(await codeOf(ec2.send(wrongSide))).toBe("InvalidSecurityGroupRuleId.NotFound");
    expect(cloud.view().rules).toHaveLength(2);
    expect((await revoke(one, two)).RevokedSecurityGroupRules).toHaveLength(2);
    expect(cloud.view().rules).toEqual([]);
    expect(await codeOf(revoke(one))).toBe("InvalidSecurityGroupRuleId.NotFound");
  });

  it("forgive a mismatch by properties in a default VPC alone", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({ securityGroups: [{ id: "here" }, { id: "there", vpc: "other" }] });
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: "10.0.0.1/32" }] }];
    const revoke = (name: string) =>
      ec2.send(new RevokeSecurityGroupIngressCommand({ GroupId: cloud.id(name), IpPermissions }));
    expect(await revoke("here")).toMatchObject({ Return: true, UnknownIpPermissions: [{ FromPort: 22 }] });
    expect(await codeOf(revoke("there"))).toBe("InvalidPermission.NotFound");
  });

  it("come back with new ids and their tags, once", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({ securityGroups: [{ id: "db" }], quotas: { rulesPerGroup: 1 } });
    const authorize = (CidrIp: string) =>
      ec2.send(
        new AuthorizeSecurityGroupIngressCommand({
          GroupId: cloud.id("db"),
          IpPermissions: [{ IpProtocol: "6", FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp, Description: "back" }] }],
          TagSpecifications: [{ ResourceType: "security-group-rule", Tags: [{ Key: "a", Value: "b" }] }],
        }),
      );
    expect((await authorize("100.68.0.18/18")).SecurityGroupRules).toEqual([
      expect.objectContaining({ CidrIpv4: "100.68.0.0/18", IpProtocol: "tcp", Tags: [{ Key: "a", Value: "b" }] }),
    ]);
    expect(await codeOf(authorize("100.68.0.0/18"))).toBe("InvalidPermission.Duplicate");
    expect(await codeOf(authorize("10.0.0.0/8"))).toBe("RulesPerSecurityGroupLimitExceeded");
    expect(await codeOf(authorize("10.0.0.300/8"))).toBe("InvalidParameterValue");
  });
});

describe("security groups", () => {
  it("cannot be deleted while in use, named, shared or default", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({
      securityGroups: [
        { id: "used" },
        { id: "named" },
        { id: "namer", rules: [{ direction: "ingress", peer: { kind: "security-group", groupId: "named" } }] },
        { id: "shared", foreignUsers: ["share"] },
        { id: "default-one", isDefault: true },
        { id: "free", rules: [{ direction: "ingress", peer: { kind: "security-group", groupId: "free" } }] },
      ],
      instances: [{ id: "web", securityGroups: ["used"] }],
    });
    const remove = (name: string) => ec2.send(new DeleteSecurityGroupCommand({ GroupId: cloud.id(name) }));
    for (const name of ["used", "named", "shared"]) expect(await codeOf(remove(name))).toBe("DependencyViolation");
    expect(await codeOf(remove("default-one"))).toBe("CannotDelete");
    await remove("free");
    await remove("namer");
    await remove("named");
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [cloud.id("web")] }));
    await cloud.clock.advance(31_000);
    // The interface is held a little longer than the instance.
    expect(await codeOf(remove("used"))).toBe("DependencyViolation");
    await cloud.clock.advance(10_000);
    await remove("used");
    expect(await codeOf(remove("used"))).toBe("InvalidGroup.NotFound");
  });

  it("are made with a rule that lets everything out", async () => {
    const { cloud, ec2 } = await openFake();
    const make = () => ec2.send(new CreateSecurityGroupCommand({ GroupName: "new", Description: "new" }));
    const { GroupId } = await make();
    expect(cloud.view().rules).toEqual([expect.objectContaining({ groupId: GroupId, direction: "egress" })]);
    expect(await codeOf(make())).toBe("InvalidGroup.Duplicate");
  });

  it("show every seeded outsider in some API", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({
      peeredVpcs: [["home", "away"]],
      securityGroups: [
        {
          id: "app",
          vpc: "home",
          foreignUsers: ["load-balancer", "database", "interface", "managed-service", "share"],
        },
        { id: "far", vpc: "away", rules: [{ direction: "ingress", peer: { kind: "security-group", groupId: "app" } }] },
      ],
    });
    const group = [cloud.id("app")];
    const cards = await ec2.send(
      new DescribeNetworkInterfacesCommand({ Filters: [{ Name: "group-id", Values: group }] }),
    );
    expect(
      cards.NetworkInterfaces?.map(({ RequesterId, Attachment }) => [RequesterId, Attachment?.InstanceId]),
    ).toEqual([
      ["amazon-elb", undefined],
      ["amazon-rds", undefined],
      [undefined, undefined],
      ["AROASEEDED:lambda", undefined],
    ]);
    const references = await ec2.send(new DescribeSecurityGroupReferencesCommand({ GroupId: group }));
    expect(references.SecurityGroupReferenceSet).toEqual([
      { GroupId: group[0], ReferencingVpcId: cloud.id("away"), VpcPeeringConnectionId: expect.stringMatching(/^pcx-/) },
    ]);
    const shares = await ec2.send(new DescribeSecurityGroupVpcAssociationsCommand({}));
    expect(shares.SecurityGroupVpcAssociations).toHaveLength(1);
  });
});

describe("interfaces", () => {
  it("are in the default group when in no other", () => {
    const cloud = fakeAws();
    cloud.seed([{ id: "web", securityGroups: [], extraInterfaces: [{}] }]);
    const [groupId, ...others] = cloud.view().instances[0]?.securityGroupIds ?? [];
    expect(groupId).toMatch(/^sg-/);
    expect(others).toEqual([]);
  });

  it("change groups and flags each for itself", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({
      securityGroups: [{ id: "quarantine" }],
      instances: [{ id: "plain" }, { id: "wide", extraInterfaces: [{ id: "card" }] }],
    });
    const groups = (name: string) =>
      new ModifyInstanceAttributeCommand({ InstanceId: cloud.id(name), Groups: [cloud.id("quarantine")] });
    await ec2.send(groups("plain"));
    expect(cloud.view().instances[0]?.securityGroupIds).toEqual([cloud.id("quarantine")]);
    expect(await codeOf(ec2.send(groups("wide")))).toBe("InvalidInstanceID");
    const NetworkInterfaceId = cloud.id("card");
    const [card] =
      (await ec2.send(new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [NetworkInterfaceId] })))
        .NetworkInterfaces ?? [];
    const change = (AttachmentId: string | undefined) =>
      ec2.send(
        new ModifyNetworkInterfaceAttributeCommand({
          NetworkInterfaceId,
          Attachment: { AttachmentId, DeleteOnTermination: true },
        }),
      );
    expect(await codeOf(change("eni-attach-0aaaaaaaaaaaaaaaa"))).toBe("InvalidAttachmentID.NotFound");
    await change(card?.Attachment?.AttachmentId);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [cloud.id("wide")] }));
    await cloud.clock.advance(60_000);
    expect(cloud.holds("card")).toBe(false);
  });

  it("leave a black hole where a route led through them", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({ instances: [{ id: "nat" }], owners: [{ kind: "route", id: "private", members: ["nat"] }] });
    const routes = async () =>
      (await ec2.send(new DescribeRouteTablesCommand({ RouteTableIds: [cloud.id("private")] }))).RouteTables?.[0]
        ?.Routes;
    expect(await routes()).toEqual([expect.objectContaining({ InstanceId: cloud.id("nat"), State: "active" })]);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [cloud.id("nat")] }));
    await cloud.clock.advance(60_000);
    expect((await routes())?.[0]?.State).toBe("blackhole");
  });
});

describe("Elastic IPs", () => {
  it("refuse to be released while on an instance outside the default VPC", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "web", vpc: "own", addresses: [{ id: "front", kind: "elastic" }] }]);
    const AllocationId = cloud.id("front");
    const release = () => ec2.send(new ReleaseAddressCommand({ AllocationId }));
    expect(await codeOf(release())).toBe("InvalidIPAddress.InUse");
    const [address] = (await ec2.send(new DescribeAddressesCommand({}))).Addresses ?? [];
    const takeOff = (AssociationId: string | undefined) => ec2.send(new DisassociateAddressCommand({ AssociationId }));
    await takeOff(address?.AssociationId);
    await takeOff(address?.AssociationId);
    expect(await codeOf(takeOff("eipassoc-0aaaaaaaaaaaaaaaa"))).toBe("InvalidAssociationID.NotFound");
    expect(cloud.view().effects).toContainEqual({ api: "ec2:DisassociateAddress", id: AllocationId, count: 1 });
    await release();
    expect(await codeOf(release())).toBe("InvalidAllocationID.NotFound");
    expect(cloud.holds("front")).toBe(false);
  });

  it("answer AuthFailure once they are somebody else's", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed({ addresses: [{ id: "front", kind: "elastic" }] });
    cloud.meddle({ giveAddressAway: "front" });
    const release = ec2.send(new ReleaseAddressCommand({ AllocationId: cloud.id("front") }));
    expect(await codeOf(release)).toBe("AuthFailure");
    expect(cloud.view().addresses).toEqual([expect.objectContaining({ id: cloud.id("front"), ours: false })]);
  });

  it("move only when told so", async () => {
    const { cloud, ec2 } = await openFake();
    cloud.seed([{ id: "one", addresses: [{ id: "front", kind: "elastic" }] }, { id: "two" }]);
    const move = (AllowReassociation?: boolean) =>
      ec2.send(
        new AssociateAddressCommand({
          AllocationId: cloud.id("front"),
          InstanceId: cloud.id("two"),
          AllowReassociation,
        }),
      );
    expect(await codeOf(move())).toBe("Resource.AlreadyAssociated");
    await move(true);
    expect(cloud.view().addresses[0]?.instanceId).toBe(cloud.id("two"));
  });
});
