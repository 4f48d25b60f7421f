import { unsupportedSeed } from "../../../../src/testing/fake-refusal.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import { change, join, type TencentContext } from "../state.js";
import { attachedOwners } from "./attached-owners.js";
import { membersOf, type OwnerSeeder } from "./members.js";
import { namingOwners } from "./naming-owners.js";
import { storageOwners } from "./storage-owners.js";

const seeders: Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>> = {
  ...attachedOwners,
  ...namingOwners,
  ...storageOwners,
  "managed-service": (context, { id, members, variant }) => {
    for (const instance of membersOf(context, members)) {
      change(context.state.instances, instance.id, { application: variant ?? id });
      join(context.state, "managed-service", id, instance.id);
    }
  },
};

/** Seeds something that uses instances, disks or groups. Kinds this cloud has no API for are refused. */
export function seedOwner(context: TencentContext, owner: SeedOwner, path: string): void {
  const seeder = seeders[owner.kind];
  if (!seeder) throw unsupportedSeed("tencent", `${path}.kind`, `there is no ${owner.kind} here.`);
  seeder(context, owner, path);
}
