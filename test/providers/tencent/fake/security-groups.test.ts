import { describe, expect, it } from "vitest";
import type { SeedRule } from "../../../../src/testing/seed.js";
import { codeOf, openFake } from "./open.js";

const second = 1_000;
const tcp = { unified: "tcp", raw: "tcp" } as const;

/** A rule that lets one address in. */
function from(cidr: string, over: Partial<SeedRule> = {}): SeedRule {
  return {
    direction: "ingress",
    peer: { kind: "cidr", cidr, family: "ipv4" },
    protocol: tcp,
    ports: { kind: "ranges", ranges: [{ from: 22, to: 22 }] },
    ...over,
  };
}

async function openGroup(rules: readonly SeedRule[]) {
  const fake = await openFake();
  fake.cloud.seed({ securityGroups: [{ id: "app", rules }] });
  const SecurityGroupId = fake.cloud.id("app");
  const read = async () => {
    const { SecurityGroupPolicySet } = await fake.vpc.DescribeSecurityGroupPolicies({ SecurityGroupId });
    return SecurityGroupPolicySet ?? {};
  };
  return {
    ...fake,
    SecurityGroupId,
    read,
    cidrs: async () => (await read()).Ingress?.map(({ CidrBlock }) => CidrBlock),
    remove: (set: object) =>
      fake.call("vpc:DeleteSecurityGroupPolicies", { SecurityGroupId, SecurityGroupPolicySet: set }),
    add: (set: object) =>
      fake.call("vpc:CreateSecurityGroupPolicies", { SecurityGroupId, SecurityGroupPolicySet: set }),
  };
}

describe("the rules of a group", () => {
  it("show every selector a rule does not use as an empty text, as was recorded", async () => {
    const { read } = await openGroup([from("10.0.0.1/32", { description: "ssh" })]);
    const { Ingress, Egress, Version } = await read();
    expect({ Egress, Version }).toEqual({ Egress: [], Version: "1" });
    expect(Ingress).toMatchObject([
      {
        PolicyIndex: 0,
        Protocol: "tcp",
        Port: "22",
        CidrBlock: "10.0.0.1/32",
        Ipv6CidrBlock: "",
        SecurityGroupId: "",
        Action: "ACCEPT",
        PolicyDescription: "ssh",
        ServiceTemplate: { ServiceId: "", ServiceGroupId: "" },
        AddressTemplate: { AddressId: "", AddressGroupId: "" },
      },
    ]);
  });

  it("shift when one goes, so that an index without its version hits another rule", async () => {
    const { remove, cidrs, read } = await openGroup(
      ["10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32"].map((cidr) => from(cidr)),
    );
    await remove({ Version: "1", Ingress: [{ PolicyIndex: 0 }] });
    expect((await read()).Version).toBe("2");
    expect(await codeOf(remove({ Version: "1", Ingress: [{ PolicyIndex: 1 }] }))).toBe(
      "UnsupportedOperation.VersionMismatch",
    );
    await remove({ Ingress: [{ PolicyIndex: 1 }] });
    expect(await cidrs()).toEqual(["10.0.0.2/32"]);
  });

  it("go by several indexes at once, or by content, never by both or in both directions", async () => {
    const { remove, cidrs, cloud } = await openGroup(
      ["10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32"].map((cidr) => from(cidr)),
    );
    const content = { Action: "ACCEPT", Protocol: "tcp", Port: "22", CidrBlock: "10.0.0.2/32" };
    expect(await codeOf(remove({ Ingress: [{ PolicyIndex: 0 }, content] }))).toBe("InvalidParameter.Coexist");
    expect(await codeOf(remove({ Ingress: [{ PolicyIndex: 0, ...content }] }))).toBe("InvalidParameter.Coexist");
    expect(await codeOf(remove({ Ingress: [{ PolicyIndex: 0 }], Egress: [{ PolicyIndex: 0 }] }))).toBe(
      "InvalidParameter.Coexist",
    );
    expect(await codeOf(remove({ Ingress: [{ PolicyIndex: 3 }] }))).toBe("InvalidParameterValue.Range");
    expect(await codeOf(remove({ Ingress: [] }))).toBe("InvalidParameterValue.Empty");
    expect(await codeOf(remove({ Ingress: [{ ...content, CidrBlock: "10.9.9.9/32" }] }))).toBe("ResourceNotFound");
    expect(cloud.view().effects).toEqual([]);
    await remove({ Ingress: [content] });
    await remove({ Version: "2", Ingress: [{ PolicyIndex: 1 }, { PolicyIndex: 0 }] });
    expect(await cidrs()).toEqual([]);
  });

  it("come back at their index, one index a request, without the empty selectors of a read", async () => {
    const { add, read, cidrs, cloud } = await openGroup([from("10.0.0.1/32"), from("10.0.0.3/32")]);
    const rule = (last: number) => ({ Action: "ACCEPT", Protocol: "TCP", Port: "22", CidrBlock: `10.0.0.${last}/32` });
    const [shown] = (await read()).Ingress ?? [];
    expect(await codeOf(add({ Ingress: [{ ...shown, CidrBlock: "10.0.0.9/32" }] }))).toBe("InvalidParameter.Coexist");
    expect(
      await codeOf(
        add({
          Ingress: [
            { ...rule(2), PolicyIndex: 1 },
            { ...rule(4), PolicyIndex: 3 },
          ],
        }),
      ),
    ).toBe("InvalidParameterValue");
    expect(await codeOf(add({ Ingress: [rule(1)] }))).toBe("UnsupportedOperation.DuplicatePolicy");
    await add({ Version: "1", Ingress: [{ ...rule(2), PolicyIndex: 1 }] });
    await add({ Version: "2", Ingress: [rule(4), rule(5)] });
    expect(await cidrs()).toEqual([1, 2, 3, 4, 5].map((last) => `10.0.0.${last}/32`));
    expect(cloud.view().rules.map(({ position }) => position?.index)).toEqual([0, 1, 2, 3, 4]);
  });

  it("are all reset by ModifySecurityGroupPolicies, and cleared by version 0", async () => {
    const { call, SecurityGroupId, cidrs } = await openGroup([from("10.0.0.1/32"), from("10.0.0.2/32")]);
    const modify = (set: object) =>
      call("vpc:ModifySecurityGroupPolicies", { SecurityGroupId, SecurityGroupPolicySet: set });
    const kept = { Action: "ACCEPT", Protocol: "TCP", Port: "22", CidrBlock: "10.0.0.2/32" };
    expect(await codeOf(modify({ Ingress: [kept] }))).toBe("InvalidParameterValue.Empty");
    await modify({ Ingress: [kept], Egress: [] });
    expect(await cidrs()).toEqual(["10.0.0.2/32"]);
    await modify({ Version: "0" });
    expect(await cidrs()).toEqual([]);
  });

  it("are refused above the limit, and with words the cloud does not know", async () => {
    const { cloud, add } = await openGroup([from("10.0.0.1/32")]);
    cloud.seed({ quotas: { rulesPerGroup: 2 } });
    const rule = (over: object) => ({
      Action: "ACCEPT",
      Protocol: "TCP",
      Port: "22",
      CidrBlock: "10.0.0.2/32",
      ...over,
    });
    expect(await codeOf(add({ Ingress: [rule({ Protocol: "ICMP", Port: "22" })] }))).toBe("InvalidParameter.Coexist");
    expect(await codeOf(add({ Ingress: [rule({ Action: "ALLOW" })] }))).toBe("InvalidParameterValue");
    expect(await codeOf(add({ Ingress: [rule({ SecurityGroupId: "sg-default1" })] }))).toBe("InvalidParameter.Coexist");
    expect(await codeOf(add({ Ingress: [rule({}), rule({ CidrBlock: "10.0.0.3/32" })] }))).toBe(
      "LimitExceeded.SecurityGroupPolicySet",
    );
  });
});

describe("the users of a group", () => {
  it("count by product; the flat counters overlook a database that is no MySQL", async () => {
    const { cloud, vpc } = await openFake();
    cloud.seed({
      securityGroups: [{ id: "app", foreignUsers: ["database"] }],
      instances: [{ id: "web", securityGroups: ["app"], extraInterfaces: [{ securityGroups: ["app"] }] }],
    });
    const { SecurityGroupAssociationStatisticsSet } = await vpc.DescribeSecurityGroupAssociationStatistics({
      SecurityGroupIds: [cloud.id("app")],
    });
    const [statistics] = SecurityGroupAssociationStatisticsSet ?? [];
    expect(statistics).toMatchObject({ CVM: 1, CDB: 0, ENI: 1, CLB: 0, SG: 0, TotalCount: 3 });
    expect(statistics?.InstanceStatistics).toHaveLength(27);
    expect(statistics?.InstanceStatistics).toContainEqual({ InstanceType: "Redis", InstanceCount: 1 });
  });

  it("hide in launch templates and configurations, which no statistics count", async () => {
    const { cloud, vpc, cvm, as } = await openFake();
    cloud.seed({ securityGroups: [{ id: "app", foreignUsers: ["template", "scaling-group"] }] });
    const SecurityGroupIds = [cloud.id("app")];
    const { SecurityGroupAssociationStatisticsSet } = await vpc.DescribeSecurityGroupAssociationStatistics({
      SecurityGroupIds,
    });
    expect(SecurityGroupAssociationStatisticsSet).toMatchObject([{ TotalCount: 0 }]);
    const { LaunchTemplateSet } = await cvm.DescribeLaunchTemplates({});
    const LaunchTemplateId = LaunchTemplateSet?.[0]?.LaunchTemplateId ?? "";
    expect(await cvm.DescribeLaunchTemplateVersions({ LaunchTemplateId })).toMatchObject({
      LaunchTemplateVersionSet: [{ LaunchTemplateVersionData: { SecurityGroupIds } }],
    });
    expect(await as.DescribeLaunchConfigurations({})).toMatchObject({ LaunchConfigurationSet: [{ SecurityGroupIds }] });
  });

  it("still count an instance in the bin", async () => {
    const { cloud, vpc } = await openFake();
    cloud.seed([{ id: "paid", billing: "prepaid", state: "recycled", securityGroups: ["app"] }]);
    expect(await vpc.DescribeSecurityGroupAssociationStatistics({ SecurityGroupIds: [cloud.id("app")] })).toMatchObject(
      { SecurityGroupAssociationStatisticsSet: [{ CVM: 1 }] },
    );
  });

  it("keep a group from being deleted, as do references and the minutes after the last instance", async () => {
    const { cloud, vpc, cvm } = await openFake();
    cloud.seed({
      securityGroups: [
        { id: "referred" },
        { id: "referring", rules: [from("", { peer: { kind: "security-group", groupId: "referred" } })] },
      ],
      instances: [{ id: "web", securityGroups: ["app"] }],
    });
    const remove = (name: string) => vpc.DeleteSecurityGroup({ SecurityGroupId: cloud.id(name) });
    expect(await vpc.DescribeSecurityGroupReferences({ SecurityGroupIds: [cloud.id("referred")] })).toMatchObject({
      ReferredSecurityGroupSet: [{ ReferredSecurityGroupIds: [cloud.id("referring")] }],
    });
    expect(await codeOf(remove("referred"))).toBe("ResourceInUse");
    expect(await codeOf(vpc.DeleteSecurityGroup({ SecurityGroupId: "sg-default1" }))).toBe("UnsupportedOperation");
    expect(await codeOf(remove("app"))).toBe("ResourceInUse");
    await cvm.TerminateInstances({ InstanceIds: [cloud.id("web")] });
    await cloud.clock.advance(10 * second);
    expect(await codeOf(remove("app"))).toBe("ResourceInUse");
    await cloud.clock.advance(120 * second);
    await remove("app");
    await remove("referring");
    await remove("referred");
  });

  it("include one group at least for every instance, and five at most", async () => {
    const { cloud, cvm } = await openFake();
    cloud.seed({
      securityGroups: ["a", "b", "c", "d", "e", "f"].map((id) => ({ id })),
      instances: [{ id: "web", securityGroups: ["a"] }],
    });
    const InstanceIds = [cloud.id("web")];
    const groups = (...names: string[]) => names.map((name) => cloud.id(name));
    expect(await codeOf(cvm.DisassociateSecurityGroups({ InstanceIds, SecurityGroupIds: groups("a") }))).toBe(
      "FailedOperation.SecurityGroupActionFailed",
    );
    const swap = (...names: string[]) =>
      cvm.ModifyInstancesAttribute({ InstanceIds, SecurityGroups: groups(...names) });
    expect(await codeOf(swap("a", "b", "c", "d", "e", "f"))).toBe("LimitExceeded.AssociateUSGLimitExceeded");
    expect(await codeOf(cvm.ModifyInstancesAttribute({ InstanceIds, SecurityGroups: ["sg-00000000"] }))).toBe(
      "InvalidSecurityGroupId.NotFound",
    );
    expect(
      await codeOf(cvm.ModifyInstancesAttribute({ InstanceIds, SecurityGroups: groups("b"), InstanceName: "x" })),
    ).toBe("InvalidParameterValue");
    await swap("b", "c");
    expect(cloud.view().instances[0]?.securityGroupIds).toEqual(groups("b", "c"));
  });
});
