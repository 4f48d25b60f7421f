import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { freePrivateIp, vpcOf } from "../network.js";
import type { Backend, GroupServer } from "../owners.js";
import type { AliyunContext } from "../state.js";
import { addressOfMember, membersOf, vpcOfMembers } from "./members.js";

/**
 * Load balancers by `variant`: `alb` (the default), `nlb`, `gwlb`; `clb` for backends of a classic one itself,
 * `clb-group` for a group of it, `clb-pair` for a primary and a secondary server.
 */
export function seedBackends(context: AliyunContext, owner: SeedOwner): void {
  const { variant = "alb" } = owner;
  if (variant === "alb" || variant === "nlb" || variant === "gwlb") {
    seedServerGroup(context, owner, variant);
    return;
  }
  if (variant !== "clb" && variant !== "clb-group" && variant !== "clb-pair")
    throw unsupportedSeed("aliyun", "owners.variant", `there is no load balancer called ${variant}.`);
  if (owner.by === "address") throw unsupportedSeed("aliyun", "owners.by", "a classic load balancer names servers.");
  seedClassic(context, owner, variant);
}

function seedServerGroup(context: AliyunContext, owner: SeedOwner, product: "alb" | "nlb" | "gwlb"): void {
  const byAddress = owner.by === "address";
  const ids = byAddress ? [] : membersOf(context, owner);
  const servers = (owner.ports ?? [80]).flatMap((port) =>
    owner.members.map((name, index): GroupServer => {
      const ip = addressOfMember(context, name);
      const id = byAddress ? ip : (ids[index] ?? "");
      return { id, ip, port, type: byAddress ? "Ip" : "Ecs", weight: 100, status: "Available" };
    }),
  );
  const id = context.ids.assign("server-group", owner.id);
  context.state.serverGroups.set(id, {
    id,
    name: owner.id,
    product,
    type: byAddress ? "Ip" : "Instance",
    vpcId: vpcOfMembers(context, owner),
    loadBalancerId: context.ids.assign("load-balancer").replace(/^lb/, product),
    createdAt: context.now,
    configuring: owner.inUse ?? false,
    servers,
  });
}

function seedClassic(context: AliyunContext, owner: SeedOwner, variant: "clb" | "clb-group" | "clb-pair"): void {
  const { ids, state, now } = context;
  const ports = owner.ports ?? [80];
  const backends = membersOf(context, owner).map(
    (serverId): Backend => ({
      serverId,
      type: "ecs",
      ip: addressOfMember(context, serverId),
      port: ports[0] ?? 80,
      weight: 100,
    }),
  );
  const vpc = vpcOf(context, vpcOfMembers(context, owner));
  const whole = variant === "clb";
  const id = ids.assign("load-balancer", whole ? owner.id : undefined);
  const configuring = owner.inUse ?? false;
  const ip = freePrivateIp(state, vpc);
  const balancer = { id, name: owner.id, vpcId: vpc.id, ip, createdAt: now, ports, configuring };
  state.loadBalancers.set(id, { ...balancer, backends: whole ? backends : [] });
  if (whole) return;
  const groupId = ids.assign("server-group", owner.id);
  const kind = variant === "clb-group" ? "vserver" : "pair";
  state.backendGroups.set(groupId, {
    id: groupId,
    name: owner.id,
    kind,
    loadBalancerId: id,
    ports,
    createdAt: now,
    backends,
  });
}
