import type { WorldSeed } from "../../../../src/testing/seed.js";
import type { HuaweiContext } from "../state.js";

/** A vault for servers that is already there, with room for a thousand. Servers have to be associated with it. */
export function seedVault({ state, ids, now }: HuaweiContext, seed: NonNullable<WorldSeed["backupVault"]>): void {
  const id = ids.assign("vault", seed.id);
  state.vaults.set(id, {
    id,
    name: seed.id,
    objectType: "server",
    sizeGiB: 1_000_000,
    resourceIds: [],
    skips: (seed.skips ?? []).map((name) => ids.assign("instance", name)),
    createdAt: now,
    tags: {},
  });
}
