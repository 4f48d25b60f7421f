import { groupBy } from "../../../src/batch.js";
import { addressesOf, type TargetAddress } from "../../../src/rules/addresses.js";
import type { Decision } from "../../../src/rules/decision.js";
import type { RuleTarget } from "../../../src/rules/target.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { HuaweiCall } from "../call.js";
import { type SecurityGroup, singleAddress } from "../dependencies/security-groups.js";
import { type Holder, readHolders } from "./holders.js";
import type { UserNetworks } from "./networks.js";

/** The addresses of all targets, with who holds those that no target is seen to hold. */
export interface OwnAddresses {
  readonly byIp: ReadonlyMap<string, readonly TargetAddress[]>;
  /** Addresses that a living target is seen to hold now. */
  readonly held: ReadonlySet<string>;
  readonly holders: readonly Holder[];
}

/** Collects the targets' addresses. What a target is not seen holding now may be somebody else's: that is asked. */
export async function readOwnAddresses(
  call: HuaweiCall,
  targets: readonly RuleTarget[],
  rules: readonly SecurityRule[],
): Promise<OwnAddresses> {
  const byIp = groupBy(
    targets.flatMap(({ seen }) => addressesOf(seen)),
    ({ ip }) => ip,
  );
  const held = new Set(targets.flatMap(({ now }) => (now ? addressesOf([now]) : [])).map(heldKey));
  // Only what some rule names has to be asked about.
  const named = new Set(rules.flatMap((rule) => addressIn(rule) ?? []));
  const unheld = [...byIp].filter(
    ([ip, addresses]) => named.has(ip) && !addresses.every((one) => held.has(heldKey(one))),
  );
  const holders = await readHolders(
    call,
    unheld.map(([ip]) => ip),
  );
  return { byIp, held, holders };
}

/** Whether a rule names one address of a target. */
export function namesOwn(rule: SecurityRule, { byIp }: OwnAddresses): boolean {
  return byIp.has(addressIn(rule) ?? "");
}

function addressIn({ peer }: SecurityRule): string | undefined {
  return peer.kind === "cidr" ? singleAddress(peer.cidr) : undefined;
}

/** What becomes of a rule because of its peer's address; `undefined` where that is no target's. */
export function judgeOwnAddress(
  rule: SecurityRule,
  group: SecurityGroup,
  addresses: OwnAddresses,
  networks: UserNetworks,
): Decision | undefined {
  const candidates = addresses.byIp.get(addressIn(rule) ?? "") ?? [];
  const [first] = candidates;
  if (!first) return undefined;
  const keep = (instanceId: string, why: string): Decision => ({ kind: "keep", rule, instanceId, why });
  if (group.managedBy !== undefined) return keep(first.instanceId, `the group belongs to ${group.managedBy}`);
  const reasons: Decision[] = [];
  for (const address of candidates) {
    const why = keptBecause(address, group, addresses, networks);
    if (why !== undefined) {
      reasons.push(keep(address.instanceId, why));
      continue;
    }
    const { ip, instanceId, vpcId, addressId, networkInterfaceId } = address;
    return {
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
  }
  return reasons[0];
}

function keptBecause(
  address: TargetAddress,
  group: SecurityGroup,
  { held, holders }: OwnAddresses,
  networks: UserNetworks,
): string | undefined {
  const { ip, isPrivate, vpcId, instanceId, keptBecause: outlives } = address;
  if (outlives !== undefined) return outlives;
  const elsewhere = isPrivate ? usedElsewhere(group.id, vpcId, networks) : undefined;
  if (elsewhere !== undefined) return elsewhere;
  if (held.has(heldKey(address))) return undefined;
  const holder = holders.find(
    (one) => one.ip === ip && one.instanceId !== instanceId && (!isPrivate || (one.vpcId ?? vpcId) === vpcId),
  );
  return holder === undefined ? undefined : `${holder.instanceId ?? holder.portId ?? "somebody"} holds ${ip} now`;
}

/** S23: whose a private address is, only the networks tell in which the group is used. */
function usedElsewhere(groupId: string, vpcId: string | undefined, networks: UserNetworks): string | undefined {
  if (networks.problem !== undefined) return `where its group is used could not be read (${networks.problem})`;
  const vpcs = [...(networks.vpcsOf.get(groupId) ?? [])];
  if (vpcs.length === 0) return "its group is used nowhere, so nothing tells whose address it names";
  const other = vpcs.find((id) => id !== vpcId);
  return other === undefined ? undefined : `the group is also used elsewhere: ${other}`;
}

/** One instance holding one address in one network. */
function heldKey({ instanceId, ip, vpcId }: TargetAddress): string {
  return `${instanceId}/${vpcId ?? ""}/${ip}`;
}
