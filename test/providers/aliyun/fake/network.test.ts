import { describe, expect, it } from "vitest";
import { at, codeOf, each, errorOf, listAt, minute, openFake, repeat } from "./open.js";

describe("elastic addresses", () => {
  it("say what they are bound to, and nothing when they are free", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: [
        { id: "web", privateIps: ["172.16.5.5"], addresses: [{ id: "front", kind: "elastic", ip: "47.96.7.7" }] },
        { id: "two", extraInterfaces: [{ id: "card", addresses: [{ id: "side", kind: "elastic" }] }] },
      ],
      addresses: [{ id: "idle", kind: "elastic", billing: "prepaid" }],
    });
    const all = listAt(await inRegion("vpc", "DescribeEipAddresses"), "EipAddresses.EipAddress");
    expect(all).toMatchObject([
      {
        AllocationId: cloud.id("front"),
        Status: "InUse",
        InstanceType: "EcsInstance",
        InstanceId: cloud.id("web"),
        IpAddress: "47.96.7.7",
        PrivateIpAddress: "172.16.5.5",
        Bandwidth: "5",
      },
      {
        AllocationId: cloud.id("side"),
        Status: "InUse",
        InstanceType: "NetworkInterface",
        InstanceId: cloud.id("card"),
      },
      { AllocationId: cloud.id("idle"), Status: "Available", InstanceType: "", InstanceId: "", ChargeType: "PrePaid" },
    ]);
    const bound = await inRegion("vpc", "DescribeEipAddresses", {
      AssociatedInstanceType: "EcsInstance",
      AssociatedInstanceId: cloud.id("web"),
    });
    expect(bound).toMatchObject({ TotalCount: 1, Code: "200", Success: true });
    const cards = await inRegion("ecs", "DescribeNetworkInterfaces", { InstanceId: cloud.id("two") });
    expect(at(cards, "NetworkInterfaceSets.NetworkInterfaceSet.1.AssociatedPublicIp.AllocationId")).toBe(
      cloud.id("side"),
    );
  });

  it("are unbound in a moment, and released only when they are free, paid as they go and unprotected", async () => {
    const { cloud, call } = await openFake();
    cloud.seed({
      instances: [{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }],
      addresses: [{ id: "paid", kind: "elastic", billing: "prepaid" }],
    });
    const release = (name: string) => call("vpc", "ReleaseEipAddress", { AllocationId: cloud.id(name) });
    const protect = (on: boolean) =>
      call("vpc", "DeletionProtection", { InstanceId: cloud.id("front"), Type: "EIP", ProtectionEnable: String(on) });
    expect(await errorOf(release("front"))).toEqual({ code: "IncorrectEipStatus", status: 400 });
    expect(await errorOf(release("paid"))).toEqual({ code: "Forbidden.ChargeTypeIsPrepaid", status: 403 });
    await call("vpc", "UnassociateEipAddress", { AllocationId: cloud.id("front"), InstanceId: cloud.id("web") });
    expect(await codeOf(release("front"))).toBe("IncorrectEipStatus");
    await cloud.clock.advance(minute);
    await protect(true);
    expect(await codeOf(release("front"))).toBe("InvalidOperation.DeletionProtection");
    await protect(false);
    await release("front");
    expect(await errorOf(release("front"))).toEqual({ code: "InvalidAllocationId.NotFound", status: 404 });
  });

  it("go back to where they were", async () => {
    const { cloud, call, inRegion } = await openFake();
    cloud.seed([{ id: "web", addresses: [{ id: "front", kind: "elastic" }] }, { id: "db" }]);
    const bind = (name: string) =>
      call("vpc", "AssociateEipAddress", {
        AllocationId: cloud.id("front"),
        InstanceId: cloud.id(name),
        InstanceType: "EcsInstance",
      });
    expect(await codeOf(bind("db"))).toBe("IncorrectEipStatus");
    await call("vpc", "UnassociateEipAddress", { AllocationId: cloud.id("front") });
    await cloud.clock.advance(minute);
    await bind("web");
    expect(at(await inRegion("ecs", "DescribeInstances"), "Instances.Instance.0.EipAddress.AllocationId")).toBe(
      cloud.id("front"),
    );
  });

  it("are not found any longer once they are somebody else's", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({ addresses: [{ id: "front", kind: "elastic" }] });
    cloud.meddle({ giveAddressAway: "front" });
    expect(await inRegion("vpc", "DescribeEipAddresses")).toMatchObject({ TotalCount: 0 });
    expect(cloud.holds("front")).toBe(false);
    expect(cloud.view().addresses).toMatchObject([{ id: cloud.id("front"), ours: false }]);
  });
});

describe("interfaces", () => {
  it("go or stay by a flag that the primary one does not have", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([{ id: "web", extraInterfaces: [{ id: "card" }] }]);
    const cards = listAt(
      await inRegion("ecs", "DescribeNetworkInterfaces"),
      "NetworkInterfaceSets.NetworkInterfaceSet",
    );
    expect(cards).toMatchObject([
      { Type: "Primary", DeleteOnRelease: true },
      { Type: "Secondary", DeleteOnRelease: true, Status: "InUse" },
    ]);
    const keep = (NetworkInterfaceId: string) =>
      inRegion("ecs", "ModifyNetworkInterfaceAttribute", { NetworkInterfaceId, DeleteOnRelease: "false" });
    expect(await codeOf(keep(String(at(cards[0], "NetworkInterfaceId"))))).toBe("InvalidOperation.InvalidEniType");
    await keep(cloud.id("card"));
    const after = await inRegion("ecs", "DescribeNetworkInterfaces", repeat("NetworkInterfaceId", [cloud.id("card")]));
    expect(each(after, "NetworkInterfaceSets.NetworkInterfaceSet", "DeleteOnRelease")).toEqual([false]);
  });

  it("are deleted once they are detached", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed([
      { id: "web", extraInterfaces: [{ id: "card" }] },
      { id: "node", managedBy: "service", extraInterfaces: [{ id: "theirs" }] },
    ]);
    const remove = (name: string) => inRegion("ecs", "DeleteNetworkInterface", { NetworkInterfaceId: cloud.id(name) });
    expect(await codeOf(remove("card"))).toBe("InvalidOperation.InvalidEniState");
    expect(await codeOf(remove("theirs"))).toBe("InvalidOperation.EniServiceManaged");
    await inRegion("ecs", "DetachNetworkInterface", {
      NetworkInterfaceId: cloud.id("card"),
      InstanceId: cloud.id("web"),
    });
    await cloud.clock.advance(minute);
    await remove("card");
    expect(await errorOf(remove("card"))).toEqual({ code: "InvalidEniId.NotFound", status: 404 });
  });
});

describe("routes, translations and shared addresses", () => {
  it("list routes by one type of next hop at a time, instances unless told", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "router" }, { id: "other" }],
      owners: [
        { kind: "route", id: "way", members: ["router"] },
        { kind: "route", id: "by-card", members: ["other"], variant: "interface" },
      ],
    });
    const [table] = listAt(await inRegion("vpc", "DescribeRouteTableList"), "RouterTableList.RouterTableListType");
    const RouteTableId = String(at(table, "RouteTableId"));
    const hops = async (over: Record<string, string> = {}) =>
      each(
        await inRegion("vpc", "DescribeRouteEntryList", { RouteTableId, RouteEntryType: "Custom", ...over }),
        "RouteEntrys.RouteEntry",
        "RouteEntryId",
      );
    expect(await hops()).toEqual([cloud.id("way")]);
    expect(await hops({ NextHopType: "NetworkInterface" })).toEqual([cloud.id("by-card")]);
    expect(await hops({ NextHopType: "HaVip" })).toEqual([]);
    expect(await codeOf(hops({ MaxResult: "101" }))).toBe("InvalidParameter");
    const remove = () =>
      inRegion("vpc", "DeleteRouteEntry", {
        RouteTableId,
        DestinationCidrBlock: "192.168.0.0/24",
        NextHopId: cloud.id("router"),
      });
    await remove();
    expect(await errorOf(remove())).toEqual({ code: "InvalidRouteEntry.NotFound", status: 404 });
  });

  it("list forward and source entries by gateway, and give forward entries up and back", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "web", privateIps: ["172.16.3.3"] }],
      owners: [
        { kind: "nat-rule", id: "door", members: ["web"], ports: [443] },
        { kind: "nat-rule", id: "way-out", members: ["web"], variant: "snat" },
      ],
    });
    const [gateway] = listAt(await inRegion("vpc", "DescribeNatGateways"), "NatGateways.NatGateway");
    const NatGatewayId = String(at(gateway, "NatGatewayId"));
    const ForwardTableId = String(at(gateway, "ForwardTableIds.ForwardTableId.0"));
    const forwards = async (over: Record<string, string> = {}) =>
      listAt(
        await inRegion("vpc", "DescribeForwardTableEntries", { NatGatewayId, ...over }),
        "ForwardTableEntries.ForwardTableEntry",
      );
    const [entry] = await forwards({ InternalIp: "172.16.3.3" });
    expect(entry).toMatchObject({ ForwardEntryId: cloud.id("door"), InternalPort: "443", ForwardTableId });
    const sources = await inRegion("vpc", "DescribeSnatTableEntries", { NatGatewayId, SourceCIDR: "172.16.3.3/32" });
    expect(each(sources, "SnatTableEntries.SnatTableEntry", "SnatEntryId")).toEqual([cloud.id("way-out")]);
    expect(await codeOf(inRegion("vpc", "DescribeForwardTableEntries"))).toBe("MissingForwardTableId");
    await inRegion("vpc", "DeleteForwardEntry", { ForwardTableId, ForwardEntryId: cloud.id("door") });
    expect(await forwards()).toEqual([]);
    const fields = {
      ExternalIp: String(at(entry, "ExternalIp")),
      ExternalPort: "443",
      InternalIp: "172.16.3.3",
      InternalPort: "443",
      IpProtocol: "TCP",
    };
    await inRegion("vpc", "CreateForwardEntry", { ForwardTableId, ...fields });
    expect(await forwards()).toMatchObject([{ InternalIp: "172.16.3.3", IpProtocol: "tcp" }]);
  });

  it("name the members of a shared address under a key of its own, the active one going only by force", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({
      instances: [{ id: "one" }, { id: "two" }],
      owners: [{ kind: "virtual-ip", id: "shared", members: ["one", "two"] }],
    });
    const [address] = listAt(await inRegion("vpc", "DescribeHaVips"), "HaVips.HaVip");
    expect(at(address, "AssociatedInstances.associatedInstance")).toEqual([cloud.id("one"), cloud.id("two")]);
    expect(at(address, "MasterInstanceId")).toBe(cloud.id("one"));
    const part = (name: string, over: Record<string, string> = {}) =>
      inRegion("vpc", "UnassociateHaVip", { HaVipId: cloud.id("shared"), InstanceId: cloud.id(name), ...over });
    await part("two");
    expect(await codeOf(part("one"))).toBe("IncorrectHaVipStatus");
    await part("one", { Force: "True" });
    expect(cloud.view().memberships).toEqual([]);
  });

  it("tell networks and which are peered", async () => {
    const { cloud, inRegion } = await openFake();
    cloud.seed({ instances: [{ id: "web" }, { id: "db", vpc: "back" }], peeredVpcs: [["back", "office"]] });
    const vpcs = await inRegion("vpc", "DescribeVpcs");
    expect(each(vpcs, "Vpcs.Vpc", "IsDefault").filter(Boolean)).toHaveLength(1);
    const peerings = await inRegion("vpcpeer", "ListVpcPeerConnections", repeat("VpcId", [cloud.id("office")]));
    const [peering] = listAt(peerings, "VpcPeerConnects");
    expect(new Set([at(peering, "Vpc.VpcId"), at(peering, "AcceptingVpc.VpcId")])).toEqual(
      new Set([cloud.id("back"), cloud.id("office")]),
    );
  });
});
