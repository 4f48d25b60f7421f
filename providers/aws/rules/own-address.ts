import { groupBy, unique } from "../../../src/batch.js";
import { addressesOf, type TargetAddress } from "../../../src/rules/addresses.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { AwsCall } from "../call.js";
import { groupsThatNameAddress, type SecurityGroup, singleAddress } from "../dependencies/security-groups.js";
import { type Holder, readHolders } from "./addresses.js";

/** The addresses of all targets, with who holds those that no target is seen to hold. */
export interface OwnAddresses {
  readonly byIp: ReadonlyMap<string, readonly TargetAddress[]>;
  /** Addresses that a living target is seen to hold now. */
  readonly held: ReadonlySet<string>;
  readonly holders: readonly Holder[];
}

/** Collects the targets' addresses. What a target is not seen holding now may be somebody else's: that is asked. */
export async function readOwnAddresses(
  call: AwsCall,
  targets: readonly RuleTarget[],
  groups: ReadonlyMap<string, SecurityGroup>,
): Promise<OwnAddresses> {
  const byIp = groupBy(
    targets.flatMap(({ seen }) => addressesOf(seen)),
    ({ ip }) => ip,
  );
  const held = new Set(targets.flatMap(({ now }) => (now ? addressesOf([now]) : [])).map(heldKey));
  // Only what some rule names has to be asked about.
  const named = new Set(
    groupsThatNameAddress(groups, new Set(byIp.keys())).flatMap(({ peers }) =>
      peers.flatMap((peer) => (peer.kind === "cidr" ? (singleAddress(peer.cidr) ?? []) : [])),
    ),
  );
  const unheld = [...byIp].filter(
    ([ip, addresses]) => named.has(ip) && !addresses.every((one) => held.has(heldKey(one))),
  );
  const holders = await readHolders(
    call,
    unheld.map(([ip]) => ip),
  );
  return { byIp, held, holders };
}

/** The groups whose rules name an address of a target. */
export function groupsNamingOwn(groups: ReadonlyMap<string, SecurityGroup>, { byIp }: OwnAddresses): readonly string[] {
  return unique(groupsThatNameAddress(groups, new Set(byIp.keys())).map(({ id }) => id));
}

/** What becomes of a rule because of its peer's address; `undefined` where that is no target's. */
export function judgeOwnAddress(
  rule: SecurityRule,
  group: SecurityGroup,
  addresses: OwnAddresses,
  usersElsewhere: ReadonlyMap<string, string>,
  accountId: string,
): Decision | undefined {
  const ip = rule.peer.kind === "cidr" ? singleAddress(rule.peer.cidr) : undefined;
  const candidates = addresses.byIp.get(ip ?? "") ?? [];
  const [first] = candidates;
  if (!first) return undefined;
  const keep = (instanceId: string, why: string): Decision => ({ kind: "keep", rule, instanceId, why });
  if (group.ownerId !== accountId) return keep(first.instanceId, "the group belongs to another account");
  if (group.managedBy !== undefined) return keep(first.instanceId, `the group belongs to ${group.managedBy}`);
  const reasons: Decision[] = [];
  for (const address of candidates) {
    const why = keptBecause(address, group, addresses, usersElsewhere);
    if (why !== undefined) {
      reasons.push(keep(address.instanceId, why));
      continue;
    }
    const { ip: held, instanceId, addressId, networkInterfaceId } = address;
    return {
      kind: "remove",
      rule,
      instanceId,
      ...(group.vpcId === undefined ? {} : { vpcId: group.vpcId }),
      because: {
        scope: "own-address",
        instanceIds: [instanceId],
        address: held,
        ...(addressId === undefined ? {} : { addressId }),
        ...(networkInterfaceId === undefined ? {} : { networkInterfaceId }),
      },
    };
  }
  return reasons[0];
}

function keptBecause(
  address: TargetAddress,
  group: SecurityGroup,
  { held, holders }: OwnAddresses,
  usersElsewhere: ReadonlyMap<string, string>,
): string | undefined {
  const { ip, isPrivate, vpcId, instanceId, keptBecause: outlives } = address;
  if (outlives !== undefined) return outlives;
  if (isPrivate) {
    // The same private address can be anybody's in another network.
    if (group.vpcId === undefined || group.vpcId !== vpcId)
      return `the group is of another network, where ${ip} is not ours`;
    const elsewhere = usersElsewhere.get(group.id);
    if (elsewhere !== undefined) return `the group is also used elsewhere: ${elsewhere}`;
  }
  if (held.has(heldKey(address))) return undefined;
  const holder = holders.find(
    (one) => one.ip === ip && one.instanceId !== instanceId && (!isPrivate || one.vpcId === vpcId),
  );
  return holder === undefined ? undefined : `${holder.instanceId ?? holder.networkInterfaceId} holds ${ip} now`;
}

/** One instance holding one address in one network. */
function heldKey({ instanceId, ip, vpcId }: TargetAddress): string {
  return `${instanceId}/${vpcId ?? ""}/${ip}`;
}
