import { groupBy, unique } from "../../../src/batch.js";
import { addressesOf, type TargetAddress } from "../../../src/rules/addresses.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { TencentCall } from "../call.js";
import { singleAddress } from "../policies.js";
import { canAskFor, type Holder, readHolders } from "./holders.js";
import { type Networks, readNetworks } from "./networks.js";

/** The addresses of all targets, who holds those that no target is seen to hold, and where the groups are used. */
interface OwnAddresses {
  readonly byIp: ReadonlyMap<string, readonly TargetAddress[]>;
  /** Addresses that a living target is seen to hold now. */
  readonly held: ReadonlySet<string>;
  readonly living: ReadonlySet<string>;
  readonly holders: readonly Holder[];
  readonly networks: ReadonlyMap<string, Networks>;
}

/** Decides about every rule whose only peer is an address of a target. */
export async function decideOwnAddress(
  call: TencentCall,
  targets: readonly RuleTarget[],
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
  const [holders, networks] = await Promise.all([
    readHolders(call, unheld),
    readNetworks(call, unique(naming.map(({ groupId }) => groupId))),
  ]);
  const living = new Set(targets.flatMap(({ id, now }) => (now ? [id] : [])));
  return naming.flatMap((rule) => judge(rule, { byIp, held, living, holders, networks }) ?? []);
}

function addressIn({ peer }: SecurityRule): string | undefined {
  return peer.kind === "cidr" ? singleAddress(peer.cidr) : undefined;
}

/** What becomes of a rule because of its peer's address; `undefined` where that is no target's. */
function judge(rule: SecurityRule, addresses: OwnAddresses): Decision | undefined {
  const reasons: Decision[] = [];
  for (const address of addresses.byIp.get(addressIn(rule) ?? "") ?? []) {
    const { ip, instanceId, addressId, networkInterfaceId } = address;
    const why = keptBecause(rule, address, addresses);
    if (why !== undefined) {
      reasons.push({ kind: "keep", rule, instanceId, why });
      continue;
    }
    return {
      kind: "remove",
      rule,
      instanceId,
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
  address: TargetAddress,
  { held, living, holders, networks }: OwnAddresses,
): string | undefined {
  const { ip, isPrivate, vpcId, instanceId, keptBecause: outlives } = address;
  if (outlives !== undefined) return outlives;
  // S24: what a deny rule keeps out must not get in while the server stands.
  if (rule.action === "deny" && living.has(instanceId)) return `it denies, and ${instanceId} is still there`;
  const elsewhere = isPrivate ? strangeNetwork(networks.get(rule.groupId), vpcId, ip) : undefined;
  if (elsewhere !== undefined) return elsewhere;
  if (held.has(heldKey(address))) return undefined;
  if (!canAskFor(ip)) return `nothing tells who holds ${ip} now`;
  const holder = holders.find(
    (one) => one.ip === ip && one.instanceId !== instanceId && (!isPrivate || one.vpcId === vpcId),
  );
  return holder === undefined ? undefined : `${holder.instanceId ?? holder.networkInterfaceId} holds ${ip} now`;
}

/** S23: a private address is the target's only where all who use the group are in the target's network. */
function strangeNetwork(networks: Networks | undefined, vpcId: string | undefined, ip: string): string | undefined {
  if (networks === undefined || "unknown" in networks) return networks?.unknown ?? "who uses the group is not known";
  const [only, ...others] = networks.vpcIds;
  if (only === undefined) return `nobody uses the group, so nothing shows whose ${ip} it means`;
  if (others.length === 0 && only === vpcId) return undefined;
  return `the group is used in ${[...networks.vpcIds].join(", ")}, where ${ip} can be somebody else's`;
}

/** One instance holding one address in one network. */
function heldKey({ instanceId, ip, vpcId }: TargetAddress): string {
  return `${instanceId}/${vpcId ?? ""}/${ip}`;
}
