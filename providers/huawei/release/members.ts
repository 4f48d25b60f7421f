import type { JsonObject } from "../../../src/common.js";
import { confirmByReading } from "../../../src/confirm.js";
import type { Effect } from "../../../src/effects.js";
import type { MutationAnswer } from "../../../src/requests.js";
import { Wire } from "../../../src/wire.js";
import type { HuaweiCall } from "../call.js";
import { type Member, readMembers } from "../dependencies/balancers.js";

/** Takes one member out of its backend group. */
export async function removeMember(
  call: HuaweiCall,
  member: Member,
  instanceId: string,
  effect: Effect,
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "elb",
    action: "DELETE /v3/{project_id}/elb/pools/{pool_id}/members/{member_id}",
    parameters: { path: { pool_id: member.poolId, member_id: member.id } },
    instanceIds: [instanceId],
    effects: [effect],
    confirm: confirmByReading(call.requests, async () => !(await readMembers(call)).some(({ id }) => id === member.id)),
  });
}

/** Sets a member's weight. With 0 it gets no new requests, while those under way go on ("Backend Server Weight"). */
export async function setWeight(
  call: HuaweiCall,
  { id, poolId }: Pick<Member, "id" | "poolId">,
  instanceId: string,
  weight: number,
  effect: Effect,
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "elb",
    action: "PUT /v3/{project_id}/elb/pools/{pool_id}/members/{member_id}",
    parameters: { path: { pool_id: poolId, member_id: id }, body: { member: { weight } } },
    instanceIds: [instanceId],
    effects: [effect],
    // Setting it twice sets it once.
    token: true,
    confirm: confirmByReading(
      call.requests,
      async () => (await readMembers(call)).find((member) => member.id === id)?.weight === weight,
    ),
  });
}

/** Registers a server with a backend group again, with the address, port and weight it had. */
export async function addMember(
  call: HuaweiCall,
  poolId: string,
  instanceId: string,
  { address, port, weight, subnetId }: JsonObject,
  effects: readonly Effect[],
): Promise<MutationAnswer> {
  return await call.requests.mutate({
    service: "elb",
    action: "POST /v3/{project_id}/elb/pools/{pool_id}/members",
    parameters: {
      path: { pool_id: poolId },
      body: {
        member: {
          address,
          protocol_port: port,
          ...(weight === undefined ? {} : { weight }),
          ...(subnetId === undefined ? {} : { subnet_cidr_id: subnetId }),
        },
      },
    },
    instanceIds: [instanceId],
    effects,
    createdIds: (body) => [new Wire(body, "CreateMember").object("member")?.text("id") ?? []].flat(),
    confirm: confirmByReading(call.requests, async () => (await registered(call, poolId, address, port)) !== undefined),
  });
}

/** The member of a backend group with that address and port, where there is one. */
export async function registered(
  call: HuaweiCall,
  poolId: string,
  address: unknown,
  port: unknown,
): Promise<Member | undefined> {
  return (await readMembers(call)).find(
    (member) => member.poolId === poolId && member.address === address && member.port === port,
  );
}
