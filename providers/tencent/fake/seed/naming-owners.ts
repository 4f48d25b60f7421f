import { text } from "../../../../src/testing/fake-json.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { networkOf, newPublicIp } from "../network.js";
import type { Instance } from "../records.js";
import { addResource, change, join, resourcesOf, type TencentContext } from "../state.js";
import { beijing, utc } from "../times.js";
import { membersOf, type OwnerSeeder, privateIpOf, publicIpOf, variantOf } from "./members.js";

/** What names instances by id or address and stays when they go. */
export const namingOwners: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  route: (context, owner, path) => {
    const { state, ids, now } = context;
    const variant = variantOf(owner, path, ["instance", "gateway", "havip", "eip"]);
    const id = ids.assign("route-table", owner.id);
    const members = membersOf(context, owner.members);
    const routes = members.map((one, index) => {
      join(state, "route", id, one.id);
      if (variant === "gateway") change(state.instances, one.id, { isPublicGateway: true });
      return { destination: `10.200.${index}.0/24`, ...nextHop(context, variant, one) };
    });
    const vpcId = members[0]?.vpcId ?? networkOf(context).vpcId;
    state.routeTables.set(id, { id, vpcId, routes, createdAt: now });
  },
  "nat-rule": (context, owner, path) => {
    const { state, ids, now } = context;
    const isSource = variantOf(owner, path, ["destination", "source"]) === "source";
    const gatewayId = ids.assign("nat-gateway");
    const members = membersOf(context, owner.members);
    const vpcId = members[0]?.vpcId ?? networkOf(context).vpcId;
    const publicIp = newPublicIp(context);
    addResource(state, "nat-gateway", gatewayId, {
      NatGatewayId: gatewayId,
      NatGatewayName: gatewayId,
      VpcId: vpcId,
      CreatedTime: beijing(now),
      State: "AVAILABLE",
      PublicIpAddressSet: [{ AddressId: "", PublicIpAddress: publicIp, IsBlocked: false }],
      TagSet: [],
    });
    for (const [index, one] of members.entries()) {
      const port = owner.ports?.[index] ?? owner.ports?.[0] ?? 8_080 + index;
      const name = index === 0 ? owner.id : undefined;
      const id = isSource ? ids.assign("source-nat-rule", name) : ids.assign("nat-rule", name);
      state.natRules.set(id, {
        id,
        gatewayId,
        vpcId,
        publicIp,
        publicPort: port,
        privateIp: privateIpOf(context, one),
        privatePort: port,
        protocol: "TCP",
        ...(isSource ? { instanceId: one.id } : {}),
        createdAt: now,
      });
      join(state, "nat-rule", id, one.id);
    }
  },
  "dns-record": (context, owner, path) => {
    const isPrivate = variantOf(owner, path, ["public", "private"]) === "private";
    for (const [index, one] of membersOf(context, owner.members).entries())
      addRecord(context, owner, one, index, isPrivate);
  },
  "address-list": (context, owner, path) => {
    const { state, ids, now } = context;
    const isGroup = variantOf(owner, path, ["template", "group"]) === "group";
    const id = isGroup ? ids.assign("address-template") : ids.assign("address-template", owner.id);
    const members = membersOf(context, owner.members);
    addResource(state, "address-template", id, {
      AddressTemplateName: owner.id,
      AddressTemplateId: id,
      AddressSet: members.map((one) => privateIpOf(context, one)),
      CreatedTime: beijing(now),
      UpdatedTime: beijing(now),
      AddressExtraSet: [],
      TagSet: [],
    });
    const groupId = isGroup ? ids.assign("address-template-group", owner.id) : undefined;
    if (groupId !== undefined)
      addResource(state, "address-template-group", groupId, {
        AddressTemplateGroupName: owner.id,
        AddressTemplateGroupId: groupId,
        AddressTemplateIdSet: [id],
        CreatedTime: beijing(now),
        UpdatedTime: beijing(now),
        TagSet: [],
      });
    for (const one of members) join(state, "address-list", groupId ?? id, one.id);
  },
  alarm: (context, owner) => {
    const { state, ids } = context;
    const id = ids.assign("alarm-policy", owner.id);
    const members = membersOf(context, owner.members);
    const bindings = members.map((one) => ({ uniqueId: ids.assign("binding"), instanceId: one.id }));
    state.alarmPolicies.set(id, { id, name: owner.id, bindings });
    for (const one of members) join(state, "alarm", id, one.id);
  },
  "file-system": (context, owner) => {
    const { state, ids } = context;
    const group = ids.assign("file-permission-group", owner.id);
    addResource(state, "file-permission-group", group, {});
    for (const one of membersOf(context, owner.members)) {
      addResource(state, "file-rule", ids.assign("file-rule"), { group, ip: privateIpOf(context, one) });
      join(state, "file-system", group, one.id);
    }
  },
  database: (context, owner) => {
    const { state, ids, now } = context;
    const products = { mysql: "CDB", redis: "Redis" } as const;
    const variant = owner.variant ?? "mysql";
    const id =
      variant === "mysql" || variant === "redis"
        ? ids.assign(variant, owner.id)
        : ids.assign("other-database", owner.id);
    const product = variant === "mysql" || variant === "redis" ? products[variant] : variant.toUpperCase();
    const groupIds = owner.members.map((name) => ids.find(name));
    state.databases.set(id, { id, product, groupIds, vpcId: networkOf(context).vpcId, createdAt: now });
    for (const groupId of groupIds) join(state, "database", id, groupId);
  },
  commitment: (context, owner) => {
    const { state, ids } = context;
    const id = ids.assign("savings-plan", owner.id);
    addResource(state, "savings-plan", id, {});
    for (const one of membersOf(context, owner.members)) join(state, "commitment", id, one.id);
  },
  // An order that waits for its payment.
  "pending-operation": (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("order", owner.id);
    const members = membersOf(context, owner.members);
    addResource(state, "deal", id, {
      OrderId: id,
      BigDealId: id,
      Status: 1,
      Payer: state.accountId,
      CreateTime: beijing(now),
      Creator: state.accountId,
      ProductCode: "p_cvm",
      SubProductCode: "sp_cvm",
      Action: "modify",
      Currency: "CNY",
      ResourceId: members.map((one) => one.id),
    });
    for (const one of members) {
      change(state.instances, one.id, { busyCode: "InvalidAccount.UnpaidOrder" });
      join(state, "pending-operation", id, one.id);
    }
  },
};

type NextHop = "instance" | "gateway" | "havip" | "eip";

/** "GatewayType": a plain instance is named by its private address, a public gateway by its id. */
function nextHop(context: TencentContext, variant: NextHop, one: Instance) {
  const virtual = [...context.state.virtualIps.values()].find(({ holderId }) => holderId === one.id);
  switch (variant) {
    case "instance":
      return { type: "NORMAL_CVM", target: privateIpOf(context, one) };
    case "gateway":
      return { type: "CVM", target: one.id };
    case "havip":
      return { type: "HAVIP", target: virtual?.id ?? "" };
    case "eip":
      return { type: "EIP", target: publicIpOf(context, one) ?? "" };
  }
}

/** A record that leads to the public address of an instance, or to its private one. */
function addRecord(context: TencentContext, owner: SeedOwner, one: Instance, index: number, isPrivate: boolean): void {
  const { state, ids, now } = context;
  const domain = text(owner.detail ?? {}, "domain") ?? "example.com";
  const id = ids.assign("dns-record", index === 0 ? owner.id : undefined);
  const zone = isPrivate ? zoneOf(context, domain, one.vpcId) : domain;
  if (!isPrivate) addDomain(context, domain);
  state.dnsRecords.set(id, {
    id,
    zone,
    isPrivate,
    name: text(owner.detail ?? {}, "subDomain") ?? "www",
    type: "A",
    line: "默认",
    value: (isPrivate ? undefined : publicIpOf(context, one)) ?? privateIpOf(context, one),
    ttl: 600,
    isEnabled: true,
    updatedAt: now,
  });
  join(state, "dns-record", id, one.id);
}

function zoneOf({ state, ids }: TencentContext, domain: string, vpcId: string): string {
  const known = [...state.privateZones.values()].find((zone) => zone.domain === domain);
  if (known) return known.id;
  const id = ids.assign("private-zone");
  state.privateZones.set(id, { id, domain, vpcIds: [vpcId] });
  return id;
}

function addDomain({ state, ids, now }: TencentContext, domain: string): void {
  if (resourcesOf(state, "domain").some(({ id }) => id === domain)) return;
  addResource(state, "domain", domain, {
    DomainId: Number(ids.assign("dns-record")),
    Name: domain,
    Status: "ENABLE",
    TTL: 600,
    DNSStatus: "",
    Grade: "DP_FREE",
    Remark: "",
    Punycode: domain,
    EffectiveDNS: [],
    CreatedOn: utc(now),
    Owner: state.accountId,
  });
}
