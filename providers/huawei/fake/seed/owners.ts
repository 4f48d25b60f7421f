import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { change, type HuaweiContext, join } from "../state.js";
import { attachedOwners } from "./attached-owners.js";
import { managedTags } from "./instances.js";
import { membersOf, type OwnerSeeder } from "./members.js";
import { namingOwners } from "./naming-owners.js";
import { storageOwners } from "./storage-owners.js";

const seeders: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  ...attachedOwners,
  ...namingOwners,
  ...storageOwners,
  ...attachedOwners,
  ...namingOwners,
  ...storageOwners,
  "managed-service": (context, { id, members, variant }) => {
    for (const server of membersOf(context, members)) {
      change(context.state.servers, server.id, { systemTags: { ...server.systemTags, ...managedTags(variant ?? id) } });
      join(context.state, "managed-service", id, server.id);
    }
  },
};

/** Seeds something that uses instances, disks or groups. Kinds this cloud has no API for are refused. */
export function seedOwner(context: HuaweiContext, owner: SeedOwner, path: string): void {
  const seeder = seeders[owner.kind];
  if (!seeder) throw unsupportedSeed("huawei", `${path}.kind`, `there is no ${owner.kind} here.`);
  seeder(context, owner, path);
}
