import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedName, SeedSecurityGroup } from "../../../../src/testing/seed.js";
import { addGroup, addInterface, addRule } from "../build.js";
import { vpcOf } from "../network.js";
import type { AliyunContext, SecurityGroup } from "../state.js";
import { change } from "../state.js";
import { ruleFieldsOf } from "./rules.js";
import { addDatabase, addScalingGroup, addTemplate } from "./things.js";

/** The group of a seed name, made when it is new. */
export function groupOf(context: AliyunContext, name: SeedName, vpcId: string): SecurityGroup {
  const id = context.ids.assign("security-group", name);
  const known = context.state.groups.get(id) ?? addGroup(context, { id, name, vpcId });
  if (known.vpcId !== vpcId)
    throw unsupportedSeed("aliyun", "instances.securityGroups", `"${name}" is a group of another VPC.`);
  return known;
}

/** Makes a group without its rules, since these may name groups that come later. */
export function seedGroup(context: AliyunContext, seed: SeedSecurityGroup): void {
  const vpcId = vpcOf(context, seed.vpc === undefined ? undefined : context.ids.assign("vpc", seed.vpc)).id;
  const { id } = groupOf(context, seed.id, vpcId);
  change(context.state.groups, id, {
    serviceManaged: seed.managed ?? false,
    // What a default group is called is all that tells it from others.
    ...(seed.isDefault ? { description: "System created security group.", name: "sg-default" } : {}),
  });
  for (const user of seed.foreignUsers ?? []) seedForeignUser(context, id, vpcId, user);
}

/** Adds the rules of a group. */
export function seedRules(context: AliyunContext, seed: SeedSecurityGroup): void {
  const id = context.ids.assign("security-group", seed.id);
  for (const rule of seed.rules ?? []) addRule(context, id, rule.direction, ruleFieldsOf(context, rule));
}

type ForeignUser = NonNullable<SeedSecurityGroup["foreignUsers"]>[number];

function seedForeignUser(context: AliyunContext, groupId: string, vpcId: string, user: ForeignUser): void {
  const groupIds = [groupId];
  switch (user) {
    case "interface":
      addInterface(context, { vpcId, groupIds, description: "of somebody else" });
      return;
    case "load-balancer":
    case "managed-service":
      addInterface(context, { vpcId, groupIds, serviceManaged: true, status: "InUse", description: user });
      return;
    case "database":
      addDatabase(context, { groupIds, vpcId });
      return;
    case "template":
      addTemplate(context, groupIds);
      return;
    case "scaling-group":
      addScalingGroup(context, { groupIds, vpcId });
      return;
    case "share": {
      // Sharing between accounts shows in the rules of the other account's groups.
      const reference = { groupId: context.ids.assign("security-group"), accountId: "9876543210987654" };
      const before = context.state.groups.get(groupId)?.foreignReferences ?? [];
      change(context.state.groups, groupId, { foreignReferences: [...before, reference] });
    }
  }
}
