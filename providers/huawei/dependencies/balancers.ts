import { groupBy } from "../../../src/batch.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { HuaweiCall } from "../call.js";
import { networkPageLimit } from "../listings.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource } from "./survey.js";

const source = "elb:ListAllMembers";

/** Registrations with load balancers, dedicated and shared. */
export const balancerSources: readonly HuaweiSource[] = [
  {
    kind: "load-balancer-target",
    source,
    gate: "required",
    hidesRows,
    read: async ({ call, instances }) => findingsOf(source, await registrations(call, instances)),
  },
];

/** A backend group, as far as decisions need it. */
export interface Pool {
  readonly id: string;
  readonly name: string;
  readonly vpcId?: string;
  /** "Removal protection": no member can be taken out. */
  readonly keepsMembers: boolean;
  readonly balancerIds: readonly string[];
}

/** One registration in a backend group. */
export interface Member {
  readonly id: string;
  readonly poolId: string;
  /** The server it names; absent where it names an address alone, or the cloud left it out. */
  readonly serverId?: string;
  readonly address: string;
  readonly port?: number;
  readonly weight?: number;
  /** The subnet that its address is of; absent where the cloud left it out. */
  readonly subnetId?: string;
  readonly status: string;
}

/** All members of the project's backend groups. Its own page of 20 is never relied on. */
export async function readMembers(call: HuaweiCall): Promise<readonly Member[]> {
  const list = { field: "members", limit: networkPageLimit };
  const rows = await call.pages("elb", "GET /v3/{project_id}/elb/members", {}, list);
  return rows.map((row) => {
    // "" where an address was registered, and now and then where a server was.
    const serverId = row.text("instance_id") ?? row.text("device_id");
    const port = row.number("protocol_port");
    const weight = row.number("weight");
    const subnetId = row.text("subnet_cidr_id");
    return {
      id: row.need("id"),
      poolId: row.need("pool_id"),
      ...(serverId === undefined ? {} : { serverId }),
      address: row.text("address") ?? "",
      ...(port === undefined ? {} : { port }),
      ...(weight === undefined ? {} : { weight }),
      ...(subnetId === undefined ? {} : { subnetId }),
      status: row.text("operating_status") ?? "unknown",
    };
  });
}

/** All backend groups of the project. */
export async function readPools(call: HuaweiCall): Promise<ReadonlyMap<string, Pool>> {
  const list = { field: "pools", limit: networkPageLimit };
  const rows = await call.pages("elb", "GET /v3/{project_id}/elb/pools", {}, list);
  return new Map(
    rows.map((row) => {
      const vpcId = row.text("vpc_id");
      const pool: Pool = {
        id: row.need("id"),
        name: row.text("name") ?? "",
        ...(vpcId === undefined ? {} : { vpcId }),
        keepsMembers: row.flag("member_deletion_protection_enable") ?? false,
        balancerIds: row.list("loadbalancers").flatMap((balancer) => balancer.text("id") ?? []),
      };
      return [pool.id, pool];
    }),
  );
}

/**
 * Whether a member is this server. By address only within the group's own network: the same private address can be
 * somebody else's elsewhere. Where the group does not tell its network, traffic may be at stake, so it counts.
 */
export function meaning(member: Member, pool: Pool | undefined, record: InstanceRecord): "yes" | "maybe" | "no" {
  if (member.serverId !== undefined) return member.serverId === record.id ? "yes" : "no";
  if (!record.privateIps.includes(member.address)) return "no";
  return pool?.vpcId === undefined || pool.vpcId === record.vpcId ? "yes" : "maybe";
}

async function registrations(call: HuaweiCall, instances: readonly SeenInstance[]): Promise<readonly Finding[]> {
  const [members, pools] = await Promise.all([readMembers(call), readPools(call)]);
  return [...groupBy(members, ({ poolId }) => poolId)].flatMap(([poolId, all]) => {
    const pool = pools.get(poolId);
    const held = instances.flatMap(({ record }) => {
      const own = all.filter((member) => meaning(member, pool, record) !== "no");
      return own.length === 0 ? [] : [{ record, own }];
    });
    const leaving = new Set(held.flatMap(({ own }) => own));
    const last = !all.some((member) => member.status === "ONLINE" && !leaving.has(member));
    return held.map(({ record, own }) => registration(record, poolId, pool, own, last));
  });
}

function registration(
  record: InstanceRecord,
  poolId: string,
  pool: Pool | undefined,
  own: readonly Member[],
  last: boolean,
): Finding {
  const certain = own.some((member) => meaning(member, pool, record) === "yes");
  const places = own.map(
    ({ address, port, status }) => `${address}${port === undefined ? "" : `:${port}`} (${status})`,
  );
  const why = [
    `${certain ? "It is" : "It may be"} registered as ${places.join(", ")}.`,
    ...(last && own.some(({ status }) => status === "ONLINE") ? ["No other healthy member is left in the group."] : []),
    ...(pool?.balancerIds.length === 0 ? ["No load balancer uses the group now."] : []),
  ].join(" ");
  const kept = certain && pool?.keepsMembers === true;
  return {
    instanceId: record.id,
    node: { kind: "load-balancer-target", id: poolId, ...(pool?.name ? { name: pool.name } : {}), billing: "unknown" },
    edge: {
      relation: certain ? "member" : "inferred",
      // Nothing documents that a member goes with its server; an address stays for whoever gets it next.
      atTermination: "kept",
      ...(kept
        ? {
            effect: "blocks",
            why: `${why} The group is protected from removals.`,
            unblock: "Switch the group's removal protection off.",
          }
        : { effect: certain ? "release-first" : "report", why }),
    },
  };
}
