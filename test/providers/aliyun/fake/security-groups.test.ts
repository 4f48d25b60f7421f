import { describe, expect, it } from "vitest";
import type { SeedRule } from "../../../../src/testing/seed.js";
import { at, codeOf, each, errorOf, type Fake, listAt, minute, openFake, repeat } from "./open.js";

const host = (ip: string): SeedRule["peer"] => ({ kind: "cidr", cidr: `${ip}/32`, family: "ipv4" });
const ssh = (ip: string, description: string): SeedRule => ({
  direction: "ingress",
  peer: host(ip),
  ports: { kind: "ranges", ranges: [{ from: 22, to: 22 }] },
  description,
});
const permissions = "Permissions.Permission";

async function rulesOf({ cloud, inRegion }: Fake, name: string, over: Record<string, string> = {}) {
  const answer = await inRegion("ecs", "DescribeSecurityGroupAttribute", { SecurityGroupId: cloud.id(name), ...over });
  return listAt(answer, permissions);
}
async function idsOf(fake: Fake, name: string, Direction = "all") {
  return (await rulesOf(fake, name, { Direction })).map((rule) => String(at(rule, "SecurityGroupRuleId")));
}

describe("rules", () => {
  it("are listed with every field as a text, priority too, policy in capitals", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      securityGroups: [
        { id: "app", rules: [{ ...ssh("10.0.0.9", "door"), action: "deny", priority: 7, local: host("10.0.0.1") }] },
        { id: "db", rules: [{ direction: "egress", peer: { kind: "security-group", groupId: "app" } }] },
      ],
    });
    expect(await rulesOf(fake, "app")).toEqual([
      expect.objectContaining({
        SecurityGroupRuleId: expect.stringMatching(/^sgr-/),
        Direction: "ingress",
        IpProtocol: "TCP",
        PortRange: "22/22",
        SourcePortRange: "",
        SourceCidrIp: "10.0.0.9/32",
        DestCidrIp: "10.0.0.1/32",
        Ipv6SourceCidrIp: "",
        SourceGroupId: "",
        SourcePrefixListId: "",
        Policy: "Drop",
        Priority: "7",
        NicType: "intranet",
        Description: "door",
      }),
    ]);
    const [outward] = await rulesOf(fake, "db");
    expect(outward).toMatchObject({
      Direction: "egress",
      IpProtocol: "ALL",
      PortRange: "-1/-1",
      DestGroupId: fake.cloud.id("app"),
      DestGroupName: "app",
    });
    expect(fake.cloud.view().rules[0]).toEqual({
      id: expect.any(String),
      groupId: fake.cloud.id("app"),
      direction: "ingress",
      action: "deny",
      family: "ipv4",
      protocol: { unified: "tcp", raw: "TCP" },
      ports: { kind: "ranges", ranges: [{ from: 22, to: 22 }] },
      peer: host("10.0.0.9"),
      local: host("10.0.0.1"),
      priority: 7,
      nicType: "intranet",
      description: "door",
    });
  });

  it("page 500 at a time unless more are asked for", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      quotas: { rulesPerGroup: 1_000 },
      securityGroups: [
        {
          id: "app",
          rules: Array.from({ length: 520 }, (_, index) => ssh(`10.0.${index >> 8}.${index & 255}`, `${index}`)),
        },
      ],
    });
    expect(await rulesOf(fake, "app")).toHaveLength(500);
    expect(await rulesOf(fake, "app", { MaxResults: "1000" })).toHaveLength(520);
    expect(await codeOf(rulesOf(fake, "app", { MaxResults: "1001" }))).toBe("InvalidParameter");
  });

  it("go by id, and one unknown id spares all, with another code for each direction", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      securityGroups: [
        {
          id: "app",
          rules: [ssh("10.0.0.1", "one"), ssh("10.0.0.2", "two"), { ...ssh("10.0.0.3", "out"), direction: "egress" }],
        },
      ],
    });
    const SecurityGroupId = fake.cloud.id("app");
    const revoke = (action: string, ids: readonly string[]) =>
      fake.inRegion("ecs", action, { SecurityGroupId, ...repeat("SecurityGroupRuleId", ids) });
    const inward = await idsOf(fake, "app", "ingress");
    const outward = await idsOf(fake, "app", "egress");
    expect(await codeOf(revoke("RevokeSecurityGroup", [...inward, ...outward]))).toBe(
      "InvalidParam.SecurityGroupRuleId",
    );
    expect(await codeOf(revoke("RevokeSecurityGroupEgress", inward))).toBe("InvalidSecurityGroupRule.RuleNotExist");
    expect(await idsOf(fake, "app")).toHaveLength(3);
    await revoke("RevokeSecurityGroup", inward.slice(0, 1));
    expect(await codeOf(revoke("RevokeSecurityGroup", inward.slice(0, 1)))).toBe("InvalidParam.SecurityGroupRuleId");
    const many = Array.from({ length: 101 }, (_, index) => `sgr-bp1${String(index).padStart(17, "0")}`);
    expect(await codeOf(revoke("RevokeSecurityGroup", many))).toBe("InvalidParameter");
    expect(fake.cloud.view().rules.map(({ description }) => description)).toEqual(["two", "out"]);
  });

  it("go by their fields too, where a miss is a silent success", async () => {
    const fake = await openFake();
    fake.cloud.seed({ securityGroups: [{ id: "app", rules: [ssh("10.0.0.1", "one"), ssh("10.0.0.2", "two")] }] });
    const SecurityGroupId = fake.cloud.id("app");
    const fields = (ip: string, prefix: string) => ({
      [`${prefix}IpProtocol`]: "tcp",
      [`${prefix}PortRange`]: "22/22",
      [`${prefix}SourceCidrIp`]: `${ip}/32`,
      [`${prefix}Policy`]: "accept",
    });
    const revoke = (query: Record<string, string>) =>
      fake.inRegion("ecs", "RevokeSecurityGroup", { SecurityGroupId, ...query });
    await revoke(fields("10.9.9.9", "Permissions.1."));
    expect(fake.cloud.requests.at(-1)).toMatchObject({ status: 200, tookEffect: false });
    await revoke(fields("10.0.0.1", "Permissions.1."));
    expect(await idsOf(fake, "app")).toHaveLength(1);
    const [id = ""] = await idsOf(fake, "app");
    expect(
      await codeOf(revoke({ ...fields("10.0.0.2", "Permissions.1."), ...repeat("SecurityGroupRuleId", [id]) })),
    ).toBe("InvalidParameter");
    await revoke(fields("10.0.0.2", ""));
    expect(fake.cloud.view().rules).toEqual([]);
  });

  it("come back under a new id, once, and only if they can be rules", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      securityGroups: [
        { id: "app", rules: [ssh("10.0.0.1", "one")] },
        { id: "far", vpc: "another" },
      ],
    });
    const [id = ""] = await idsOf(fake, "app");
    const SecurityGroupId = fake.cloud.id("app");
    await fake.inRegion("ecs", "RevokeSecurityGroup", { SecurityGroupId, ...repeat("SecurityGroupRuleId", [id]) });
    const rule = {
      IpProtocol: "tcp",
      PortRange: "22/22",
      SourceCidrIp: "10.0.0.1/32",
      Policy: "accept",
      Priority: "1",
      Description: "one",
    };
    const put = (over: Record<string, string> = {}, action = "AuthorizeSecurityGroup") => {
      const permission = Object.entries({ ...rule, ...over }).filter(([, value]) => value !== "");
      return fake.inRegion("ecs", action, {
        SecurityGroupId,
        ...Object.fromEntries(permission.map(([name, value]) => [`Permissions.1.${name}`, value])),
      });
    };
    await put();
    await put();
    expect(fake.cloud.view().rules).toHaveLength(1);
    expect(fake.cloud.view().rules[0]?.id).not.toBe(id);
    expect(await codeOf(put({ IpProtocol: "icmp" }))).toBe("InvalidIpProtocol.Malformed");
    expect(await codeOf(put({ IpProtocol: "sctp" }))).toBe("InvalidIpProtocol.ValueNotSupported");
    expect(await codeOf(put({ SourceCidrIp: "10.0.0.1/33" }))).toBe("InvalidSourceCidrIp.Malformed");
    expect(await codeOf(put({ Priority: "0" }))).toBe("InvalidPriority.ValueNotSupported");
    expect(await codeOf(put({ SourceCidrIp: "" }))).toBe("MissingParameter.Source");
    expect(await codeOf(put({ SourceCidrIp: "" }, "AuthorizeSecurityGroupEgress"))).toBe("MissingParameter.Dest");
    expect(await codeOf(put({ SourceCidrIp: "", SourceGroupId: "sg-bp100000000000000000" }))).toBe(
      "InvalidSourceGroupId.NotFound",
    );
    expect(await codeOf(put({ SourceCidrIp: "", SourceGroupId: fake.cloud.id("far") }))).toBe(
      "InvalidSourceGroupId.Mismatch",
    );
    fake.cloud.seed({ quotas: { rulesPerGroup: 1 } });
    expect(await errorOf(put({ SourceCidrIp: "10.0.0.2/32" }))).toEqual({
      code: "AuthorizationLimitExceed",
      status: 403,
    });
  });

  it("of a group that a service made cannot be touched", async () => {
    const fake = await openFake();
    fake.cloud.seed({ securityGroups: [{ id: "app", managed: true, rules: [ssh("10.0.0.1", "one")] }] });
    const SecurityGroupId = fake.cloud.id("app");
    const ids = repeat("SecurityGroupRuleId", await idsOf(fake, "app"));
    for (const call of [
      fake.inRegion("ecs", "RevokeSecurityGroup", { SecurityGroupId, ...ids }),
      fake.inRegion("ecs", "DeleteSecurityGroup", { SecurityGroupId }),
    ])
      expect(await codeOf(call)).toBe("InvalidOperation.ResourceManagedByCloudProduct");
    const groups = await fake.inRegion("ecs", "DescribeSecurityGroups", { ServiceManaged: "true" });
    expect(each(groups, "SecurityGroups.SecurityGroup", "SecurityGroupId")).toEqual([SecurityGroupId]);
  });
});

describe("users of a group", () => {
  it("are told in the shape of the SDK's model, with the account, ten groups a call", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      securityGroups: [
        { id: "app", foreignUsers: ["share"] },
        { id: "db", rules: [{ direction: "ingress", peer: { kind: "security-group", groupId: "app" } }] },
        { id: "lonely" },
      ],
    });
    const ask = (names: readonly string[]) =>
      fake.inRegion(
        "ecs",
        "DescribeSecurityGroupReferences",
        repeat(
          "SecurityGroupId",
          names.map((name) => fake.cloud.id(name)),
        ),
      );
    expect(at(await ask(["app", "lonely"]), "SecurityGroupReferences.SecurityGroupReference")).toEqual([
      {
        SecurityGroupId: fake.cloud.id("app"),
        ReferencingSecurityGroups: {
          ReferencingSecurityGroup: [
            { SecurityGroupId: fake.cloud.id("db"), AliUid: "1234567890123456" },
            { SecurityGroupId: expect.stringMatching(/^sg-/), AliUid: "9876543210987654" },
          ],
        },
      },
    ]);
    expect(await errorOf(ask(Array.from({ length: 11 }, () => "app")))).toEqual({
      code: "InvalidSecurityGroupId.Malformed",
      status: 400,
    });
  });

  it("show on primary interfaces in one list and on secondary ones in the other", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      securityGroups: [
        { id: "app", foreignUsers: ["interface", "load-balancer", "database", "template", "scaling-group"] },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const SecurityGroupId = fake.cloud.id("app");
    const instances = await fake.inRegion("ecs", "DescribeInstances", { SecurityGroupId });
    expect(each(instances, "Instances.Instance", "InstanceId")).toEqual([fake.cloud.id("web")]);
    const cards = await fake.inRegion("ecs", "DescribeNetworkInterfaces", { SecurityGroupId });
    expect(each(cards, "NetworkInterfaceSets.NetworkInterfaceSet", "Type")).toEqual(["Secondary", "Secondary"]);
    expect(each(cards, "NetworkInterfaceSets.NetworkInterfaceSet", "ServiceManaged")).toEqual([false, true]);
    const [database] = listAt(await fake.inRegion("rds", "DescribeDBInstances"), "Items.DBInstance");
    const relations = await fake.call("rds", "DescribeSecurityGroupConfiguration", {
      DBInstanceId: String(at(database, "DBInstanceId")),
    });
    expect(each(relations, "Items.EcsSecurityGroupRelation", "SecurityGroupId")).toEqual([SecurityGroupId]);
    const [template] = listAt(
      await fake.inRegion("ecs", "DescribeLaunchTemplates"),
      "LaunchTemplateSets.LaunchTemplateSet",
    );
    const versions = await fake.inRegion("ecs", "DescribeLaunchTemplateVersions", {
      LaunchTemplateId: String(at(template, "LaunchTemplateId")),
    });
    expect(
      at(versions, "LaunchTemplateVersionSets.LaunchTemplateVersionSet.0.LaunchTemplateData.SecurityGroupId"),
    ).toBe(SecurityGroupId);
    const configurations = await fake.inRegion("ess", "DescribeScalingConfigurations");
    expect(each(configurations, "ScalingConfigurations", "SecurityGroupId")).toEqual([SecurityGroupId]);
  });

  it("keep it from being deleted, those of an instance just released for a moment longer", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      securityGroups: [
        { id: "app" },
        { id: "db", rules: [{ direction: "ingress", peer: { kind: "security-group", groupId: "app" } }] },
      ],
      instances: [{ id: "web", state: "stopped", securityGroups: ["app"] }],
    });
    const remove = () => fake.inRegion("ecs", "DeleteSecurityGroup", { SecurityGroupId: fake.cloud.id("app") });
    await fake.call("ecs", "DeleteInstance", { InstanceId: fake.cloud.id("web") });
    await fake.cloud.clock.advance(16_000);
    expect(await fake.status("web")).toBeUndefined();
    expect(await errorOf(remove())).toEqual({ code: "DependencyViolation", status: 403 });
    await fake.cloud.clock.advance(minute);
    expect(await codeOf(remove())).toBe("DependencyViolation");
    const ids = repeat("SecurityGroupRuleId", await idsOf(fake, "db"));
    await fake.inRegion("ecs", "RevokeSecurityGroup", { SecurityGroupId: fake.cloud.id("db"), ...ids });
    await remove();
    expect(fake.cloud.holds("app")).toBe(false);
  });

  it("move an instance to other groups of its network, and nowhere else", async () => {
    const fake = await openFake();
    fake.cloud.seed({
      securityGroups: [{ id: "app" }, { id: "quiet" }, { id: "far", vpc: "another" }],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const move = (...names: readonly string[]) =>
      fake.call("ecs", "ModifyInstanceAttribute", {
        InstanceId: fake.cloud.id("web"),
        ...repeat(
          "SecurityGroupIds",
          names.map((name) => fake.cloud.id(name)),
        ),
      });
    expect(await codeOf(move("far"))).toBe("InvalidOperation.VpcMismatch");
    expect(await codeOf(move("quiet", "quiet"))).toBe("InvalidParameter");
    await move("quiet");
    expect(fake.cloud.view().instances[0]?.securityGroupIds).toEqual([fake.cloud.id("quiet")]);
  });
});
