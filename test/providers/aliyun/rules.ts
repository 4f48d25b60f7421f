import type { SeedRule } from "../../../src/testing/seed.js";
import type { FakeWorld } from "../../../src/testing/world.js";

/** A rule told from others by its description. */
export function allow(description: string, peer: SeedRule["peer"], over: Partial<SeedRule> = {}): SeedRule {
  return {
    direction: "ingress",
    action: "allow",
    family: "ipv4",
    protocol: { unified: "tcp", raw: "tcp" },
    ports: { kind: "ranges", ranges: [{ from: 443, to: 443 }] },
    description,
    peer,
    ...over,
  };
}

/** One address as a rule's far side. */
export function host(ip: string): SeedRule["peer"] {
  return { kind: "cidr", cidr: `${ip}/32`, family: "ipv4" };
}

/** A group as a rule's far side. */
export function group(name: string): SeedRule["peer"] {
  return { kind: "security-group", groupId: name };
}

/** The rules that have a description, by it. */
export function ruleNames(world: Pick<FakeWorld, "view">): readonly string[] {
  return world
    .view()
    .rules.flatMap(({ description }) => description ?? [])
    .sort();
}
