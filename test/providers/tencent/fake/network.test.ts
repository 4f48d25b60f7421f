import { describe, expect, it } from "vitest";
import { codeOf, openFake } from "./open.js";

const second = 1_000;

describe("public addresses", () => {
  it("are all among an instance's, but listed apart: the ordinary one only if asked for, and without an id", async () => {
    const { cloud, cvm, vpc } = await openFake();
    cloud.seed([
      { id: "plain", addresses: [{ kind: "ephemeral", ip: "198.51.100.1" }] },
      { id: "web", addresses: [{ id: "front", kind: "elastic", ip: "198.51.100.2" }] },
    ]);
    const { InstanceSet } = await cvm.DescribeInstances({});
    expect(InstanceSet?.map(({ PublicIpAddresses }) => PublicIpAddresses)).toEqual([
      ["198.51.100.1"],
      ["198.51.100.2"],
    ]);
    expect(await vpc.DescribeAddresses({})).toMatchObject({
      TotalCount: 1,
      AddressSet: [{ AddressId: cloud.id("front") }],
    });
    const { AddressSet } = await vpc.DescribeAddresses({ Filters: [{ Name: "address-type", Values: ["WanIP"] }] });
    expect(AddressSet).toMatchObject([{ AddressId: "", AddressIp: "198.51.100.1", InstanceId: cloud.id("plain") }]);
  });

  it("stay, unbound, when their instance ends; ReleaseAddress does nothing for plain ones", async () => {
    const { cloud, cvm, vpc } = await openFake();
    cloud.seed([
      {
        id: "web",
        addresses: [{ id: "front", kind: "elastic" }],
        extraInterfaces: [{ addresses: [{ id: "back", kind: "elastic" }] }],
      },
      { id: "other", addresses: [{ id: "cascading", kind: "elastic", releasedWithInstance: true }] },
    ]);
    await cvm.TerminateInstances({ InstanceIds: [cloud.id("web"), cloud.id("other")], ReleaseAddress: true });
    await cloud.clock.advance(10 * second);
    const { AddressSet } = await vpc.DescribeAddresses({});
    expect(AddressSet).toMatchObject([
      { AddressId: cloud.id("front"), AddressStatus: "UNBIND", InstanceId: null, NetworkInterfaceId: null },
      { AddressId: cloud.id("back"), AddressStatus: "BIND_ENI", InstanceId: null },
    ]);
  });

  it("are unbound and released by tasks, and only released while UNBIND", async () => {
    const { cloud, vpc } = await openFake();
    cloud.seed([{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }]);
    const AddressId = cloud.id("front");
    const release = () => vpc.ReleaseAddresses({ AddressIds: [AddressId] });
    expect(await codeOf(release())).toBe("UnsupportedOperation.AddressStatusNotPermit");
    const { TaskId } = await vpc.DisassociateAddress({ AddressId });
    expect(TaskId).toEqual(expect.any(String));
    const result = () => vpc.DescribeTaskResult({ TaskId: Number(TaskId) });
    expect(await result()).toMatchObject({ Result: "RUNNING" });
    expect(await codeOf(release())).toBe("UnsupportedOperation.AddressStatusNotPermit");
    expect(await codeOf(vpc.DisassociateAddress({ AddressId }))).toBe("InvalidAddressIdStatus.NotPermit");
    await cloud.clock.advance(3 * second);
    expect(await result()).toMatchObject({ Result: "SUCCESS" });
    await release();
    expect(cloud.holds("front")).toBe(false);
    await cloud.clock.advance(3 * second);
    expect(await codeOf(release())).toBe("InvalidAddressId.NotFound");
    expect(await vpc.DescribeAddresses({ AddressIds: [AddressId] })).toMatchObject({ AddressSet: [] });
  });

  it("that are prepaid are isolated by the first release and gone after the second", async () => {
    const { cloud, vpc } = await openFake();
    cloud.seed({ addresses: [{ id: "paid", kind: "elastic", billing: "prepaid" }] });
    const AddressIds = [cloud.id("paid")];
    await vpc.ReleaseAddresses({ AddressIds });
    await cloud.clock.advance(3 * second);
    expect(await vpc.DescribeAddresses({ AddressIds })).toMatchObject({ AddressSet: [{ IsArrears: true }] });
    await vpc.ReleaseAddresses({ AddressIds });
    await cloud.clock.advance(3 * second);
    expect(await vpc.DescribeAddresses({ AddressIds })).toMatchObject({ AddressSet: [] });
    expect(cloud.view().effects.map(({ id }) => id)).toEqual([AddressIds[0], `${AddressIds[0]}/second-stage`]);
  });

  it("can be bound again, to what has none", async () => {
    const { cloud, vpc } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }, { id: "taken", addresses: [{ kind: "ephemeral" }] }],
      addresses: [{ id: "free", kind: "elastic" }],
    });
    const bind = (name: string) => vpc.AssociateAddress({ AddressId: cloud.id("free"), InstanceId: cloud.id(name) });
    expect(await codeOf(bind("taken"))).toBe("InvalidInstanceId.AlreadyBindEip");
    await bind("web");
    await cloud.clock.advance(3 * second);
    expect(cloud.view().addresses).toContainEqual(
      expect.objectContaining({ id: cloud.id("free"), instanceId: cloud.id("web"), ours: true }),
    );
  });
});

describe("network interfaces", () => {
  it("that are secondary stay, free, and the primary one goes; its address is taken for a while", async () => {
    const { cloud, cvm, vpc } = await openFake();
    cloud.seed([{ id: "web", privateIps: ["172.16.9.9"], extraInterfaces: [{ id: "second" }] }]);
    const { NetworkInterfaceSet: before = [] } = await vpc.DescribeNetworkInterfaces({
      Filters: [{ Name: "attachment.instance-id", Values: [cloud.id("web")] }],
    });
    expect(before.map(({ Primary, EniType }) => [Primary, EniType])).toEqual([
      [true, 1],
      [false, 0],
    ]);
    await cvm.TerminateInstances({ InstanceIds: [cloud.id("web")] });
    await cloud.clock.advance(10 * second);
    const after = await vpc.DescribeNetworkInterfaces({});
    expect(after).toMatchObject({
      NetworkInterfaceSet: [{ NetworkInterfaceId: cloud.id("second"), State: "AVAILABLE", Attachment: null }],
    });
    const ids = { NetworkInterfaceIds: before.map(({ NetworkInterfaceId = "" }) => NetworkInterfaceId) };
    expect(await codeOf(vpc.DescribeNetworkInterfaces(ids))).toBe("ResourceNotFound");
    const used = () => vpc.DescribeUsedIpAddress({ VpcId: "vpc-default1", IpAddresses: ["172.16.9.9"] });
    expect(await used()).toMatchObject({ TotalCount: 1 });
    await cloud.clock.advance(60 * second);
    expect(await used()).toMatchObject({ TotalCount: 0, IpAddressStates: [] });
  });

  it("are detached and deleted by tasks named by their request", async () => {
    const { cloud, vpc } = await openFake();
    cloud.seed([{ id: "web", extraInterfaces: [{ id: "second" }] }]);
    const NetworkInterfaceId = cloud.id("second");
    expect(await codeOf(vpc.DeleteNetworkInterface({ NetworkInterfaceId }))).toBe("ResourceInUse");
    const { RequestId = "" } = await vpc.DetachNetworkInterface({ NetworkInterfaceId, InstanceId: cloud.id("web") });
    const result = () => vpc.DescribeVpcTaskResult({ TaskId: RequestId });
    expect(await result()).toMatchObject({ Status: "RUNNING" });
    expect(await codeOf(vpc.DeleteNetworkInterface({ NetworkInterfaceId }))).toBe("ResourceInUse");
    await cloud.clock.advance(3 * second);
    expect(await result()).toMatchObject({ Status: "SUCCESS", Result: [{ ResourceId: NetworkInterfaceId }] });
    await vpc.DeleteNetworkInterface({ NetworkInterfaceId });
    await cloud.clock.advance(3 * second);
    expect(cloud.holds("second")).toBe(false);
  });

  it("are not detached from an instance that holds a virtual address, which loses its holder with it", async () => {
    const { cloud, cvm, vpc } = await openFake();
    cloud.seed({
      instances: [{ id: "web", extraInterfaces: [{ id: "second" }] }],
      owners: [{ kind: "virtual-ip", id: "vip", members: ["web"] }],
    });
    const InstanceId = cloud.id("web");
    const Filters = [{ Name: "havip-association.instance-id", Values: [InstanceId] }];
    expect(await vpc.DescribeHaVips({ Filters })).toMatchObject({ HaVipSet: [{ InstanceId }] });
    const detached = vpc.DetachNetworkInterface({ NetworkInterfaceId: cloud.id("second"), InstanceId });
    expect(await codeOf(detached)).toBe("UnsupportedOperation.InstanceAssociateHavip");
    await cvm.TerminateInstances({ InstanceIds: [InstanceId] });
    await cloud.clock.advance(10 * second);
    expect(await vpc.DescribeHaVips({})).toMatchObject({ HaVipSet: [{ InstanceId: "", State: "UNBOUND" }] });
  });
});

describe("what names an instance", () => {
  it("stays and leads nowhere: routes, NAT rules, DNS records, templates, alarms, file systems", async () => {
    const { cloud, cvm, vpc, call } = await openFake();
    const member = { members: ["web"] };
    cloud.seed({
      instances: [{ id: "web", privateIps: ["172.16.9.9"] }],
      owners: [
        { kind: "route", id: "route", ...member },
        { kind: "nat-rule", id: "dnat", ports: [8080], ...member },
        { kind: "dns-record", id: "www", ...member },
        { kind: "dns-record", id: "inner", variant: "private", ...member },
        { kind: "address-list", id: "list", ...member },
        { kind: "alarm", id: "cpu", ...member },
        { kind: "file-system", id: "share", ...member },
      ],
    });
    await cvm.TerminateInstances({ InstanceIds: [cloud.id("web")] });
    await cloud.clock.advance(60 * second);
    const ip = "172.16.9.9";
    expect(await vpc.DescribeRouteTables({})).toMatchObject({
      RouteTableSet: [{ RouteSet: [{ GatewayType: "NORMAL_CVM", GatewayId: ip }] }],
    });
    expect(await vpc.DescribeNatGatewayDestinationIpPortTranslationNatRules({})).toMatchObject({
      NatGatewayDestinationIpPortTranslationNatRuleSet: [{ PrivateIpAddress: ip, PublicPort: 8080 }],
    });
    expect(await vpc.DescribeAddressTemplates({ Filters: [{ Name: "address-ip", Values: [ip] }] })).toMatchObject({
      AddressTemplateSet: [{ AddressSet: [ip] }],
    });
    expect(await call("dnspod:DescribeRecordFilterList", { Domain: "example.com" })).toMatchObject({
      RecordList: [{ Type: "A", Value: ip }],
    });
    const Dimensions = JSON.stringify([[{ name: "unInstanceId", value: cloud.id("web") }]]);
    const alarms = { Module: "monitor", MonitorTypes: ["MT_QCE"], Namespaces: ["cvm_device"], Dimensions };
    expect(await call("monitor:DescribeAlarmPolicies", alarms)).toMatchObject({ TotalCount: 1 });
    expect(await call("cfs:DescribeCfsRules", { PGroupId: cloud.id("share") })).toMatchObject({
      RuleList: [{ AuthClientIp: ip }],
    });
    expect(cloud.view().memberships.map(({ kind }) => kind)).toEqual([
      "route",
      "nat-rule",
      "dns-record",
      "dns-record",
      "address-list",
      "alarm",
      "file-system",
    ]);
  });

  it("can be taken away, and a list of records that is empty then is an error", async () => {
    const { cloud, vpc, call } = await openFake();
    cloud.seed({
      instances: [{ id: "web" }],
      owners: [
        { kind: "dns-record", id: "www", members: ["web"] },
        { kind: "nat-rule", id: "dnat", members: ["web"] },
      ],
    });
    const records = () => call("dnspod:DescribeRecordFilterList", { Domain: "example.com" });
    await call("dnspod:DeleteRecord", { Domain: "example.com", RecordId: Number(cloud.id("www")) });
    expect(await codeOf(records())).toBe("ResourceNotFound.NoDataOfRecord");
    const quiet = { Domain: "example.com", ErrorOnEmpty: "no" };
    expect(await call("dnspod:DescribeRecordList", quiet)).toMatchObject({ RecordList: [] });
    const rules = await vpc.DescribeNatGatewayDestinationIpPortTranslationNatRules({});
    const [rule] = rules.NatGatewayDestinationIpPortTranslationNatRuleSet ?? [];
    if (!rule) throw new Error("There is no rule.");
    const { IpProtocol = "", PublicIpAddress = "", PublicPort = 0, PrivateIpAddress = "", PrivatePort = 0 } = rule;
    const named = {
      NatGatewayId: rule.NatGatewayId ?? "",
      DestinationIpPortTranslationNatRules: [
        { IpProtocol, PublicIpAddress, PublicPort, PrivateIpAddress, PrivatePort },
      ],
    };
    await vpc.DeleteNatGatewayDestinationIpPortTranslationNatRule(named);
    expect(await codeOf(vpc.DeleteNatGatewayDestinationIpPortTranslationNatRule(named))).toBe(
      "InvalidParameterValue.NatGatewayDnatRuleNotExists",
    );
    expect(cloud.view().memberships).toEqual([]);
    await vpc.CreateNatGatewayDestinationIpPortTranslationNatRule(named);
    expect(cloud.view().memberships).toMatchObject([{ kind: "nat-rule", member: cloud.id("web") }]);
  });
});
