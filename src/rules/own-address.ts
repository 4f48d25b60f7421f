import { groupBy, unique } from "../batch.js";
import type { SecurityRule } from "../security-rules.js";
import { addressesOf, addressIn, type TargetAddress } from "./addresses.js";
import type { Decision } from "./decision.js";
import { ownerOf, type RuleGroup } from "./exclusive-group.js";
import type { RuleTarget } from "./target.js";

/** Who holds an address now. */
export interface Holder {
  readonly ip: string;
  /** What holds it: an interface, or an elastic address. */
  readonly id?: string;
  readonly vpcId?: string;
  readonly instanceId?: string;
}

/** How one cloud judges rules that name an address. */
export interface OwnAddressCloud {
  readonly accountId: string;
  readonly groups: ReadonlyMap<string, RuleGroup>;
  /** The holders of these addresses now, in any network of the account. */
  readHolders(ips: readonly string[]): Promise<readonly Holder[]>;
  /** Whether anything tells who holds an address. Default: of every address something does. */
  canAskFor?(ip: string): boolean;
  /**
   * Reads where the groups of these rules are used, and answers why the private address of one can be somebody else's
   * there: it is the target's only in the target's own network.
   */
  strangeNetworks(rules: readonly SecurityRule[]): Promise<StrangeNetwork>;
}

/** Why a private address in a rule can be somebody else's; `undefined` where it cannot. */
export type StrangeNetwork = (rule: SecurityRule, address: TargetAddress) => string | undefined;

/** All addresses that the targets are or were seen with, by address: two targets can have had the same. */
export function ownAddresses(targets: readonly RuleTarget[]): ReadonlyMap<string, readonly TargetAddress[]> {
  return groupBy(
    targets.flatMap(({ seen }) => addressesOf(seen)),
    ({ ip }) => ip,
  );
}

/** What is known when a rule is judged. */
interface Judgement {
  readonly cloud: OwnAddressCloud;
  /** Addresses that a living target is seen to hold now. */
  readonly held: ReadonlySet<string>;
  /** Who holds those that no target is seen to hold. */
  readonly holders: readonly Holder[];
  readonly strangeNetwork: StrangeNetwork;
}

/** Decides about every rule whose only peer is an address of a target. */
export async function decideByAddress(
  targets: readonly RuleTarget[],
  rules: readonly SecurityRule[],
  cloud: OwnAddressCloud,
): Promise<readonly Decision[]> {
  const byIp = ownAddresses(targets);
  const naming = rules.filter((rule) => byIp.has(addressIn(rule) ?? ""));
  if (naming.length === 0) return [];
  const held = new Set(targets.flatMap(({ now }) => (now ? addressesOf([now]) : [])).map(heldKey));
  const named = unique(naming.flatMap((rule) => addressIn(rule) ?? []));
  // What a target is not seen holding now may be somebody else's: that is asked.
  const unheld = named.filter((ip) => !(byIp.get(ip) ?? []).every((one) => held.has(heldKey(one))));
  const [holders, strangeNetwork] = await Promise.all([cloud.readHolders(unheld), cloud.strangeNetworks(naming)]);
  const judgement: Judgement = { cloud, held, holders, strangeNetwork };
  return naming.flatMap((rule) => judge(rule, byIp.get(addressIn(rule) ?? "") ?? [], judgement));
}

/** A rule goes if one of those who had its address may take it along; else the first reason tells why it stays. */
function judge(rule: SecurityRule, candidates: readonly TargetAddress[], judgement: Judgement): readonly Decision[] {
  const reasons: Decision[] = [];
  for (const address of candidates) {
    const { ip, instanceId, addressId, networkInterfaceId } = address;
    const why = keptBecause(rule, address, judgement);
    if (why !== undefined) {
      reasons.push({ kind: "keep", rule, instanceId, why });
      continue;
    }
    const vpcId = judgement.cloud.groups.get(rule.groupId)?.vpcId ?? address.vpcId;
    const removal: Decision = {
      kind: "remove",
      rule,
      instanceId,
      ...(vpcId === undefined ? {} : { vpcId }),
      because: {
        scope: "own-address",
        instanceIds: [instanceId],
        address: ip,
        ...(addressId === undefined ? {} : { addressId }),
        ...(networkInterfaceId === undefined ? {} : { networkInterfaceId }),
      },
    };
    return [removal];
  }
  return reasons.slice(0, 1);
}

function keptBecause(
  rule: SecurityRule,
  address: TargetAddress,
  { cloud, held, holders, strangeNetwork }: Judgement,
): string | undefined {
  const { ip, isPrivate, vpcId, instanceId, keptBecause: outlives } = address;
  const group = cloud.groups.get(rule.groupId);
  if (!group) return "its group is gone";
  const owner = ownerOf(group, cloud.accountId);
  if (owner !== undefined) return `the group belongs to ${owner}`;
  if (outlives !== undefined) return outlives;
  const elsewhere = isPrivate ? strangeNetwork(rule, address) : undefined;
  if (elsewhere !== undefined) return elsewhere;
  if (held.has(heldKey(address))) return undefined;
  if (cloud.canAskFor?.(ip) === false) return `nothing tells who holds ${ip} now`;
  const holder = holders.find(
    (one) => one.ip === ip && one.instanceId !== instanceId && (!isPrivate || (one.vpcId ?? vpcId) === vpcId),
  );
  return holder === undefined ? undefined : `${holder.instanceId ?? holder.id ?? "somebody"} holds ${ip} now`;
}

/** S23: a group of one network knows no addresses of another. */
export function otherNetwork(group: RuleGroup | undefined, { vpcId, ip }: TargetAddress): string | undefined {
  if (group?.vpcId !== undefined && group.vpcId === vpcId) return undefined;
  return `the group is of another network, where ${ip} is not ours`;
}

/** One instance holding one address in one network. */
function heldKey({ instanceId, ip, vpcId }: TargetAddress): string {
  return `${instanceId}/${vpcId ?? ""}/${ip}`;
}
