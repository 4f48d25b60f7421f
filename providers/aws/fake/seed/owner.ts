import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { type AwsContext, change, type Instance } from "../state.js";

/** Makes one kind of owner. */
export type OwnerSeeder = (context: AwsContext, owner: SeedOwner) => void;

/** The seeded instances an owner names. */
export function membersOf({ state, ids }: AwsContext, { members }: SeedOwner): readonly Instance[] {
  return members.map((name) => {
    const instance = state.instances.get(ids.find(name));
    if (!instance) throw new Error(`The owner's member "${name}" is no seeded instance.`);
    return instance;
  });
}

/** Refuses a variant that is not among those known. */
export function variantOf<Variant extends string>(owner: SeedOwner, known: readonly [Variant, ...Variant[]]): Variant {
  const variant = owner.variant === undefined ? known[0] : known.find((one) => one === owner.variant);
  if (variant === undefined)
    throw unsupportedSeed("AWS", "owners.variant", `${owner.kind} knows ${known.join(", ")}, not ${owner.variant}.`);
  return variant;
}

/** Notes memberships that the state itself does not tell. */
export function remember({ state }: AwsContext, { kind }: SeedOwner, id: string, members: readonly string[]): void {
  for (const member of members) state.memberships.set(`${kind} ${id} ${member}`, { kind, id, member });
}

/** Adds tags that a service sets. */
export function addTags({ state }: AwsContext, instanceId: string, tags: Readonly<Record<string, string>>): void {
  const instance = state.instances.get(instanceId);
  if (instance) change(state.instances, instanceId, { tags: { ...instance.tags, ...tags } });
}
