import type { SeedInstance, SeedName, SeedRule, SeedSecurityGroup } from "../seed.js";
import type { Scene } from "./scene.js";

/** A rule that opens one port, told from others by its description. */
export function allow(description: string, peer: SeedRule["peer"], over: Partial<SeedRule> = {}): SeedRule {
  return {
    direction: "ingress",
    action: "allow",
    family: "ipv4",
    protocol: { unified: "tcp", raw: "tcp" },
    ports: { kind: "ranges", ranges: [{ from: 5432, to: 5432 }] },
    description,
    peer,
    ...over,
  };
}

/** One address as a rule's far side. */
export function host(ip: string): SeedRule["peer"] {
  return { kind: "cidr", cidr: `${ip}/32`, family: "ipv4" };
}

/** A range as a rule's far side. */
export function range(cidr: string): SeedRule["peer"] {
  return { kind: "cidr", cidr, family: "ipv4" };
}

/** A group as a rule's far side. */
export function group(name: SeedName): SeedRule["peer"] {
  return { kind: "security-group", groupId: name };
}

/** A group that somebody outside of every test's targets uses. */
export function sharedGroup(id: SeedName, rules: readonly SeedRule[]): SeedSecurityGroup {
  return { id, rules, foreignUsers: ["interface"] };
}

/** Many alike, `web-1` and so on, in one shared group so that a thousand servers are no thousand groups. */
export function fleet(count: number, over: Partial<SeedInstance> = {}): readonly SeedInstance[] {
  return Array.from({ length: count }, (_, index) => ({ id: `web-${index + 1}`, securityGroups: ["fleet"], ...over }));
}

/** The group of {@link fleet}. */
export const fleetGroup: SeedSecurityGroup = { id: "fleet", rules: [] };

/** Puts a fleet into the world. */
export function seedFleet(scene: Scene, count: number, over: Partial<SeedInstance> = {}): readonly SeedName[] {
  const instances = fleet(count, over);
  scene.seed({ securityGroups: [fleetGroup], instances });
  return instances.map((instance) => instance.id);
}

/** Puts an instance with a public address that dies with it into the world; false where the cloud has none. */
export function seedDyingAddress(scene: Scene, name: SeedName, address: SeedName): boolean {
  const ephemeral = { id: address, kind: "ephemeral" } as const;
  const elastic = { id: address, kind: "elastic", releasedWithInstance: true } as const;
  return scene.trySeed([{ id: name, addresses: [ephemeral] }]) || scene.trySeed([{ id: name, addresses: [elastic] }]);
}
