import { text } from "../../../../src/testing/fake-json.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { networkOf, newPrivateIp, newPublicIp } from "../network.js";
import type { Server } from "../records.js";
import { addResource, change, type HuaweiContext, join, resourcesOf } from "../state.js";
import { bare, utc } from "../times.js";
import { addDatabaseResource } from "./groups.js";
import { membersOf, type OwnerSeeder, privateIpOf, publicIpOf, variantOf } from "./members.js";

/** What names servers by id or address and stays when they go. */
export const namingOwners: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  route: (context, owner, path) => {
    const { state, ids, now } = context;
    const variant = variantOf(owner, path, ["ecs", "eni", "vip"]);
    const id = ids.assign("route-table", owner.id);
    const members = membersOf(context, owner.members);
    const routes = members.map((server, index) => {
      join(state, "route", id, server.id);
      return { type: variant, destination: `10.200.${index}.0/24`, nexthop: nextHop(context, variant, server) };
    });
    const vpcId = members[0]?.vpcId ?? networkOf(context).vpcId;
    state.routeTables.set(id, { id, name: owner.id, vpcId, isDefault: false, routes, createdAt: now });
  },
  "nat-rule": (context, owner, path) => {
    const variant = variantOf(owner, path, ["destination", "source", "private", "transit-ip"]);
    const gatewayId = context.ids.assign("nat-gateway");
    for (const [index, server] of membersOf(context, owner.members).entries()) {
      const id = context.ids.assign("nat-rule", index === 0 ? owner.id : undefined);
      natRules[variant](context, id, gatewayId, server, owner);
      join(context.state, "nat-rule", id, server.id);
    }
  },
  "dns-record": (context, owner, path) => {
    const variant = variantOf(owner, path, ["public", "private", "reverse"]);
    for (const [index, server] of membersOf(context, owner.members).entries())
      addRecord(context, owner, server, index, variant);
  },
  "address-list": (context, owner) => {
    const { state, ids, now } = context;
    const id = ids.assign("address-group", owner.id);
    const members = membersOf(context, owner.members);
    const ips = members.map((server) => privateIpOf(context, server));
    state.addressGroups.set(id, { id, name: owner.id, ips, createdAt: now });
    for (const server of members) join(state, "address-list", id, server.id);
  },
  alarm: (context, owner) => {
    const { state, ids } = context;
    const id = ids.assign("alarm", owner.id);
    const members = membersOf(context, owner.members);
    addResource(state, "alarm", id, {
      alarm_id: id,
      name: owner.id,
      description: "",
      namespace: "SYS.ECS",
      type: "MULTI_INSTANCE",
      enabled: true,
      policies: [],
      resources: members.map((server) => ({
        resource_group_id: null,
        dimensions: [{ name: "instance_id", value: server.id }],
      })),
    });
    for (const server of members) join(state, "alarm", id, server.id);
  },
  "event-window": (context, owner) => {
    const { state, ids, now } = context;
    for (const [index, server] of membersOf(context, owner.members).entries()) {
      const id = ids.assign("event", index === 0 ? owner.id : undefined);
      addResource(state, "event", id, {
        id,
        type: owner.variant ?? "instance-redeploy",
        state: "scheduled",
        source: "platform",
        instance_id: server.id,
        execute_options: null,
        not_before: utc(now + 3_600_000),
        not_after: utc(now + 7_200_000),
        publish_time: utc(now),
      });
      join(state, "event-window", id, server.id);
    }
  },
  database: (context, owner) => {
    const { state, ids } = context;
    const id = ids.assign("database", owner.id);
    const groupIds = owner.members.map((name) => ids.find(name));
    addDatabaseResource(context, id, groupIds, newPrivateIp(context, networkOf(context).vpcId));
    for (const groupId of groupIds) join(state, "database", id, groupId);
  },
  "file-system": (context, owner) => {
    const { state, ids } = context;
    const id = ids.assign("file-system", owner.id);
    const members = membersOf(context, owner.members);
    const [port = ""] = members[0]?.portIds ?? [];
    addResource(state, "file-system", id, {
      id,
      name: owner.id,
      status: "200",
      share_type: "STANDARD",
      size: "500.00",
      vpc_id: members[0]?.vpcId ?? "",
      security_group_id: state.ports.get(port)?.groupIds[0] ?? "",
    });
    for (const server of members) join(state, "file-system", id, server.id);
  },
  "traffic-mirror": (context, owner) => {
    const { state, ids } = context;
    const id = ids.assign("event", owner.id);
    const members = membersOf(context, owner.members);
    addResource(state, "mirror-session", id, {
      id,
      name: owner.id,
      traffic_mirror_filter_id: ids.assign("event"),
      traffic_mirror_sources: members.flatMap(({ portIds }) => portIds.slice(0, 1)),
      traffic_mirror_target_id: ids.assign("port"),
      traffic_mirror_target_type: "eni",
      enabled: true,
    });
    for (const server of members) join(state, "traffic-mirror", id, server.id);
  },
  // An order that is converting the server, not paid yet.
  "pending-operation": (context, owner) => {
    const { state, ids } = context;
    const orderId = ids.assign("order", owner.id);
    for (const server of membersOf(context, owner.members)) {
      change(state.servers, server.id, { locks: [...server.locks, { by: "order", orderId }] });
      join(state, "pending-operation", orderId, server.id);
    }
  },
};

/** `nexthop`: a server by its id, an interface by its own, a virtual address by the address. */
function nextHop(context: HuaweiContext, variant: "ecs" | "eni" | "vip", server: Server): string {
  if (variant === "ecs") return server.id;
  const [primary = ""] = server.portIds;
  if (variant === "eni") return primary;
  return context.state.ports.get(primary)?.pairs[0] ?? privateIpOf(context, server);
}

type AddRule = (context: HuaweiContext, id: string, gatewayId: string, server: Server, owner: SeedOwner) => void;

const natRules: Readonly<Record<"destination" | "source" | "private" | "transit-ip", AddRule>> = {
  destination: (context, id, gatewayId, server, owner) => {
    const byPort = owner.by !== "address";
    addResource(context.state, "dnat-rule", id, {
      id,
      tenant_id: context.state.projectId,
      nat_gateway_id: gatewayId,
      port_id: byPort ? (server.portIds[0] ?? "") : "",
      private_ip: byPort ? "" : privateIpOf(context, server),
      internal_service_port: owner.ports?.[0] ?? 8_080,
      external_service_port: owner.ports?.[0] ?? 8_080,
      protocol: "tcp",
      floating_ip_id: context.ids.assign("address"),
      floating_ip_address: newPublicIp(context),
      status: "ACTIVE",
      admin_state_up: true,
      description: "",
      created_at: bare(context.now),
    });
  },
  source: (context, id, gatewayId, server) =>
    addResource(context.state, "snat-rule", id, {
      id,
      tenant_id: context.state.projectId,
      nat_gateway_id: gatewayId,
      network_id: networkOf(context, server.vpcId).subnetId,
      cidr: "",
      source_type: 0,
      floating_ip_id: context.ids.assign("address"),
      floating_ip_address: newPublicIp(context),
      status: "ACTIVE",
      admin_state_up: true,
      created_at: bare(context.now),
    }),
  private: (context, id, gatewayId, server, owner) =>
    addResource(context.state, "private-dnat-rule", id, {
      id,
      project_id: context.state.projectId,
      description: "",
      gateway_id: gatewayId,
      transit_ip_id: context.ids.assign("nat-rule"),
      network_interface_id: server.portIds[0] ?? "",
      type: "COMPUTE",
      protocol: "tcp",
      private_ip_address: privateIpOf(context, server),
      internal_service_port: String(owner.ports?.[0] ?? 8_080),
      transit_service_port: String(owner.ports?.[0] ?? 8_080),
      enterprise_project_id: "0",
      created_at: utc(context.now),
    }),
  "transit-ip": (context, id, gatewayId, server) =>
    addResource(context.state, "transit-ip", id, {
      id,
      project_id: context.state.projectId,
      network_interface_id: server.portIds[0] ?? "",
      ip_address: newPrivateIp(context, server.vpcId),
      gateway_id: gatewayId,
      status: "ACTIVE",
      created_at: utc(context.now),
    }),
};

type Zone = "public" | "private" | "reverse";

/** A record that leads to the public address of a server, or to its private one; or the way back from the public one. */
function addRecord(context: HuaweiContext, owner: SeedOwner, server: Server, index: number, variant: Zone): void {
  const { state, ids } = context;
  const domain = text(owner.detail ?? {}, "domain") ?? "example.com";
  const id = ids.assign("dns-record", index === 0 ? owner.id : undefined);
  const publicIp = publicIpOf(context, server);
  join(state, "dns-record", id, server.id);
  if (variant === "reverse") {
    addResource(state, "reverse-record", id, {
      id: `${state.region}:${id}`,
      ptrdname: `www.${domain}.`,
      address: publicIp ?? "",
      status: "ACTIVE",
      ttl: 300,
    });
    return;
  }
  const value = (variant === "private" ? undefined : publicIp) ?? privateIpOf(context, server);
  addResource(state, "dns-record", id, {
    id,
    name: `${text(owner.detail ?? {}, "subDomain") ?? "www"}.${domain}.`,
    type: "A",
    ttl: 300,
    records: [value],
    status: "ACTIVE",
    zone_id: zoneOf(context, domain, variant),
    zone_name: `${domain}.`,
    default: false,
    project_id: state.projectId,
  });
}

function zoneOf({ state, ids }: HuaweiContext, domain: string, type: Zone): string {
  const name = `${domain}.`;
  const known = resourcesOf(state, "dns-zone").find(({ wire }) => wire.name === name && wire.zone_type === type);
  if (known) return known.id;
  const id = ids.assign("dns-zone");
  addResource(state, "dns-zone", id, { id, name, zone_type: type, status: "ACTIVE", record_num: 1, ttl: 300 });
  return id;
}
