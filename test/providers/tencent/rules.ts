import type { SeedRule, SeedSecurityGroup } from "../../../src/testing/seed.js";
import type { TencentWorld } from "./world.js";

/** A rule that opens one port to one address. */
export function allow(description: string, ip: string, over: Partial<SeedRule> = {}): SeedRule {
  return {
    direction: "ingress",
    peer: { kind: "cidr", cidr: `${ip}/32`, family: "ipv4" },
    protocol: { unified: "tcp", raw: "tcp" },
    ports: { kind: "ranges", ranges: [{ from: 5432, to: 5432 }] },
    description,
    ...over,
  };
}

/** A group that somebody outside of the test's targets uses, in the default network. */
export function shared(id: string, rules: readonly SeedRule[]): SeedSecurityGroup {
  return { id, rules, foreignUsers: ["interface"] };
}

/** The descriptions of a group's ingress rules, in their order. */
export function ruleNames(world: TencentWorld, group: string): readonly (string | undefined)[] {
  const rules = world
    .view()
    .rules.filter(({ groupId, direction }) => groupId === world.id(group) && direction === "ingress");
  return rules
    .toSorted((one, other) => (one.position?.index ?? 0) - (other.position?.index ?? 0))
    .map(({ description }) => description);
}

/** The place of a rule, as DescribeSecurityGroupPolicies tells it. */
export function versionOf(world: TencentWorld, group: string): string | undefined {
  return world.view().rules.find(({ groupId }) => groupId === world.id(group))?.position?.version;
}
