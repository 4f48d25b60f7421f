import type { JsonObject } from "../../../common.js";
import { refusal } from "../../fake-refusal.js";
import { timings } from "../lifecycle.js";
import type { MemoryAction, MemoryActionContext, Owner } from "../state.js";
import { instanceOf, mutates, paged, reads } from "./shared.js";

/** Load balancers, scaling groups, and all else that uses instances. */
export function ownerActions(): Readonly<Record<string, MemoryAction>> {
  return {
    "cloud:ListTargets": reads((context, parameters) =>
      paged(
        ownersOf(context, "load-balancer-target").flatMap((owner) =>
          owner.members.flatMap((id) => targetRows(owner, id)),
        ),
        parameters,
      ),
    ),

    "cloud:DeregisterTarget": mutates((context, parameters) => {
      const owner = ownerOf(context, parameters.text("ownerId"), "load-balancer-target");
      const member = parameters.text("instanceId");
      parameters.done();
      if (!owner.members.includes(member)) throw refusal("NotAMember", `${member} is not registered.`, 404);
      assertGivesUp(owner);
      // It answers at once and drains for a while.
      context.later(timings.drain, () => {
        owner.members = owner.members.filter((one) => one !== member);
      });
      context.effect(member);
      return {};
    }),

    "cloud:RegisterTarget": mutates((context, parameters) => {
      const owner = ownerOf(context, parameters.text("ownerId"), "load-balancer-target");
      const { id } = instanceOf(context, parameters.text("instanceId"));
      parameters.done();
      if (!owner.members.includes(id)) context.effect(id);
      owner.members = [...owner.members.filter((one) => one !== id), id];
      return {};
    }),

    "cloud:ListScalingGroups": reads((context, parameters) =>
      paged(
        ownersOf(context, "auto-scaling-group").map(({ id, members, replaces }) => ({ id, members, replaces })),
        parameters,
      ),
    ),

    "cloud:DetachInstance": mutates((context, parameters) => {
      const owner = ownerOf(context, parameters.text("ownerId"), "auto-scaling-group");
      const member = parameters.text("instanceId");
      parameters.done();
      if (!owner.members.includes(member)) throw refusal("NotAMember", `${member} is not in the group.`, 404);
      assertGivesUp(owner);
      owner.members = owner.members.filter((one) => one !== member);
      context.effect(member);
      return {};
    }),

    "cloud:AttachInstance": mutates((context, parameters) => {
      const owner = ownerOf(context, parameters.text("ownerId"), "auto-scaling-group");
      const { id } = instanceOf(context, parameters.text("instanceId"));
      parameters.done();
      if (!owner.members.includes(id)) context.effect(id);
      owner.members = [...owner.members.filter((one) => one !== id), id];
      return {};
    }),

    "cloud:ListReferences": reads((context, parameters) => {
      const kind = parameters.text("kind");
      const rows = [...context.state.owners.values()]
        .filter((owner) => owner.kind === kind)
        .map(({ id, members, by }) => ({
          id,
          by,
          members,
        }));
      return paged(rows, parameters);
    }),
  };
}

function ownersOf({ state }: MemoryActionContext, kind: Owner["kind"]): readonly Owner[] {
  return [...state.owners.values()].filter((owner) => owner.kind === kind);
}

function ownerOf({ state }: MemoryActionContext, id: string, kind: Owner["kind"]): Owner {
  const owner = state.owners.get(id);
  if (owner?.kind !== kind) throw refusal("OwnerNotFound", `There is no ${kind} ${id}.`, 404);
  return owner;
}

function assertGivesUp(owner: Owner): void {
  if (owner.inUse) throw refusal("MemberProtected", `${owner.id} does not give its members up.`, 409);
}

function targetRows(owner: Owner, member: string): readonly JsonObject[] {
  const target = owner.by === "instance" ? { instanceId: member } : { ip: member };
  const ports = owner.ports.length === 0 ? [0] : owner.ports;
  return ports.map((port) => ({ ownerId: owner.id, port, ...target }));
}
