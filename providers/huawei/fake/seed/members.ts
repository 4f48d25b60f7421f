import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { portsOf, publicIpsOf } from "../network.js";
import type { Server } from "../records.js";
import type { HuaweiContext } from "../state.js";

/** Seeds one kind of owner. */
export type OwnerSeeder = (context: HuaweiContext, owner: SeedOwner, path: string) => void;

/** The seeded servers an owner names. */
export function membersOf({ state, ids }: HuaweiContext, members: readonly string[]): readonly Server[] {
  return members.map((name) => {
    const server = state.servers.get(ids.find(name));
    if (!server) throw new Error(`"${name}" is no instance that was seeded.`);
    return server;
  });
}

/** The first private address of a server. */
export function privateIpOf({ state }: HuaweiContext, server: Server): string {
  return portsOf(state, server)[0]?.ips[0] ?? "";
}

/** A public address of a server, if it has one. */
export function publicIpOf({ state }: HuaweiContext, server: Server): string | undefined {
  return publicIpsOf(state, server)[0]?.ip;
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
    throw unsupportedSeed("huawei", `${path}.variant`, `${kind} has the variants ${words.join(", ")}.`);
  return known;
}
