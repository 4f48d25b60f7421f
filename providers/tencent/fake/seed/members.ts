import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import type { Instance } from "../records.js";
import type { TencentContext } from "../state.js";

/** Seeds one kind of owner. */
export type OwnerSeeder = (context: TencentContext, owner: SeedOwner, path: string) => void;

/** The seeded instances an owner names. */
export function membersOf({ state, ids }: TencentContext, members: readonly string[]): readonly Instance[] {
  return members.map((name) => {
    const instance = state.instances.get(ids.find(name));
    if (!instance) throw new Error(`"${name}" is no instance that was seeded.`);
    return instance;
  });
}

/** The first private address of an instance. */
export function privateIpOf({ state }: TencentContext, { interfaceIds: [primary = ""] }: Instance): string {
  return state.interfaces.get(primary)?.privateIps[0] ?? "";
}

/** A public address of an instance, if it has one. */
export function publicIpOf({ state }: TencentContext, instance: Instance): string | undefined {
  const elastic = [...state.addresses.values()].find(({ instanceId }) => instanceId === instance.id);
  return instance.ordinaryAddress?.ip ?? elastic?.ip;
}

/** Refuses a variant that is none of those a kind has. */
export function variantOf<Word extends string>(
  { kind, variant }: SeedOwner,
  path: string,
  words: readonly [Word, ...Word[]],
): Word {
  if (variant === undefined) return words[0];
  const known = words.find((word) => word === variant);
  if (known === undefined)
    throw unsupportedSeed("tencent", `${path}.variant`, `${kind} has the variants ${words.join(", ")}.`);
  return known;
}
