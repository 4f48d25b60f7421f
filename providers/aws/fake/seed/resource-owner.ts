import type { JsonObject } from "../../../../src/common.js";
import type { SeedOwner } from "../../../../src/testing/seed.js";
import type { AwsKind } from "../ids.js";
import { type AwsContext, addResource, change, type Instance } from "../state.js";
import { membersOf, type OwnerSeeder, remember } from "./owner.js";

/** A kind that is one resource and, on some, a field of its instances. */
interface ResourceOwner {
  readonly kind: AwsKind;
  /** Word of the list it is in. Default: as `kind`. */
  readonly resource?: string;
  wire(id: string, members: readonly Instance[], context: AwsContext, owner: SeedOwner): JsonObject;
  readonly marks?: (id: string) => Partial<Instance>;
}

/** A seeder for such a kind. */
export function asResource(spec: ResourceOwner): OwnerSeeder {
  return (context, owner) => {
    const members = membersOf(context, owner);
    const id = context.ids.assign(spec.kind, owner.id);
    addResource(context.state, spec.resource ?? spec.kind, id, spec.wire(id, members, context, owner));
    for (const { id: member } of members) change(context.state.instances, member, spec.marks?.(id) ?? {});
    remember(
      context,
      owner,
      id,
      members.map((instance) => instance.id),
    );
  };
}
