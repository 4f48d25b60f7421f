import type { SeedRule } from "../../../src/testing/seed.js";
import type { AwsWorld } from "./world.js";

/** A rule told from others by its description. */
export function allow(description: string, peer: SeedRule["peer"], port = 443): SeedRule {
  return {
    direction: "ingress",
    action: "allow",
    family: "ipv4",
    protocol: { unified: "tcp", raw: "tcp" },
    ports: { kind: "ranges", ranges: [{ from: port, to: port }] },
    description,
    peer,
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

/** A network that is nobody's single address. */
export const openTo: SeedRule["peer"] = { kind: "cidr", cidr: "10.0.0.0/8", family: "ipv4" };

/** The rules that have a description, by it. */
export function ruleNames(world: AwsWorld): readonly string[] {
  return world
    .view()
    .rules.flatMap(({ description }) => description ?? [])
    .sort();
}
