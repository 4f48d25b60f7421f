import { groupBy, unique } from "../../../src/batch.js";
import { addressesOf, type TargetAddress } from "../../../src/rules/addresses.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { AliyunCall } from "../call.js";
import { type SecurityGroup, singleAddress } from "../dependencies/security-groups.js";
import { canAskFor, type Holder, readHolders } from "./holders.js";

/** The addresses of all targets, and who holds those that no target is seen to hold. */
interface OwnAddresses {
  readonly byIp: ReadonlyMap<string, readonly TargetAddress[]>;
  /** Addresses that a living target is seen to hold now. */
  readonly held: ReadonlySet<string>;
  readonly living: ReadonlySet<string>;
  readonly holders: readonly Holder[];
}

/** Decides about every rule whose only peer is an address of a target. */
export async function decideOwnAddress(
  call: AliyunCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
  rules: readonly SecurityRule[],
): Promise<readonly Decision[]> {
  const byIp = groupBy(
    targets.flatMap(({ seen }) => addressesOf(seen)),
    ({ ip }) => ip,
  );
  const naming = rules.filter((rule) => byIp.has(addressIn(rule) ?? ""));
  if (naming.length === 0) return [];
  const held = new Set(targets.flatMap(({ now }) => (now ? addressesOf([now]) : [])).map(heldKey));
  const named = unique(naming.map((rule) => addressIn(rule) ?? ""));
  const unheld = named.filter((ip) => !(byIp.get(ip) ?? []).every((one) => held.has(heldKey(one))));
  const holders = await readHolders(call, unheld);
  const living = new Set(targets.flatMap(({ id, now }) => (now ? [id] : [])));
  return naming.flatMap((rule) => judge(rule, groups.get(rule.groupId), { byIp, held, living, holders }) ?? []);
}

function addressIn({ peer }: SecurityRule): string | undefined {
  return peer.kind === "cidr" ? singleAddress(peer.cidr) : undefined;
}

/** What becomes of a rule because of its peer's address; `undefined` where that is no target's. */
function judge(rule: SecurityRule, group: SecurityGroup | undefined, addresses: OwnAddresses): Decision | undefined {
  const reasons: Decision[] = [];
  for (const address of addresses.byIp.get(addressIn(rule) ?? "") ?? []) {
    const { ip, instanceId, addressId, networkInterfaceId } = address;
    const why = group ? keptBecause(rule, group, address, addresses) : "its group is gone";
    if (why !== undefined) {
      reasons.push({ kind: "keep", rule, instanceId, why });
      continue;
    }
    return {
      kind: "remove",
      rule,
      instanceId,
      ...(group?.vpcId === undefined ? {} : { vpcId: group.vpcId }),
      because: {
        scope: "own-address",
        instanceIds: [instanceId],
        address: ip,
        ...(addressId === undefined ? {} : { addressId }),
        ...(networkInterfaceId === undefined ? {} : { networkInterfaceId }),
      },
    };
  }
  return reasons[0];
}

function keptBecause(
  rule: SecurityRule,
  group: SecurityGroup,
  address: TargetAddress,
  { held, living, holders }: OwnAddresses,
): string | undefined {
  const { ip, isPrivate, vpcId, instanceId, keptBecause: outlives } = address;
  if (group.managedBy !== undefined) return `the group belongs to ${group.managedBy}`;
  if (outlives !== undefined) return outlives;
  // S24: what a deny rule keeps out must not get in while the instance stands.
  if (rule.action === "deny" && living.has(instanceId)) return `it denies, and ${instanceId} is still there`;
  // S23: a group belongs to one network here, and the same private address can be anybody's in another.
  if (isPrivate && (group.vpcId === undefined || group.vpcId !== vpcId)) {
    return `the group is of another network, where ${ip} is not ours`;
  }
  if (held.has(heldKey(address))) return undefined;
  if (!canAskFor(ip)) return `nothing tells who holds ${ip} now`;
  const holder = holders.find(
    (one) => one.ip === ip && one.instanceId !== instanceId && (!isPrivate || one.vpcId === vpcId),
  );
  return holder === undefined ? undefined : `${holder.instanceId ?? holder.id} holds ${ip} now`;
}

/** One instance holding one address in one network. */
function heldKey({ instanceId, ip, vpcId }: TargetAddress): string {
  return `${instanceId}/${vpcId ?? ""}/${ip}`;
}
