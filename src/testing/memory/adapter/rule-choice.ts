import type { InstanceRecord } from "../../../instances.js";
import type { KeptSecurityRule, RemovedSecurityRule, SecurityRule } from "../../../security-rules.js";
import type { GroupUsers } from "./group-users.js";

/** A rule that may go, and on whose behalf. */
export interface ChosenRule {
  readonly rule: SecurityRule;
  readonly instanceId: string;
  readonly because: RemovedSecurityRule["because"];
}

/** What is to be done about the rules of some targets. */
export interface Choice {
  readonly chosen: readonly ChosenRule[];
  readonly kept: readonly (KeptSecurityRule & { readonly instanceId: string })[];
}

/** A target, all sightings of it, and whether it is gone by now. */
export interface RuleTarget {
  readonly id: string;
  readonly records: readonly InstanceRecord[];
  readonly gone: boolean;
  /** Addresses of it that somebody else holds by now. */
  readonly takenOver: ReadonlySet<string>;
}

/** What the choice is made from. */
export interface RuleWorld {
  readonly targets: readonly RuleTarget[];
  readonly rules: readonly SecurityRule[];
  readonly users: GroupUsers;
}

interface OwnAddress {
  readonly ip: string;
  readonly private: boolean;
  readonly networkId?: string | undefined;
  readonly id?: string | undefined;
  readonly interfaceId?: string | undefined;
}

/** Rules whose only peer is one address that dies with its instance. */
export function chooseOwnAddress({ targets, rules, users }: RuleWorld): Choice {
  const chosen: ChosenRule[] = [];
  const kept: Choice["kept"][number][] = [];
  for (const target of targets) {
    for (const address of dyingAddresses(target.records)) {
      for (const rule of rules.filter((one) => namesOnly(one, address.ip))) {
        const why = whyKept(rule, address, target, users);
        if (why !== undefined) {
          kept.push({ rule, why, instanceId: target.id });
          continue;
        }
        const because = {
          scope: "own-address",
          instanceIds: [target.id],
          address: address.ip,
          ...(address.id === undefined ? {} : { addressId: address.id }),
          ...(address.interfaceId === undefined ? {} : { networkInterfaceId: address.interfaceId }),
        } as const;
        chosen.push({ rule, instanceId: target.id, because });
      }
    }
  }
  return { chosen, kept };
}

function dyingAddresses(records: readonly InstanceRecord[]): readonly OwnAddress[] {
  const found = new Map<string, OwnAddress>();
  for (const record of records) {
    for (const address of record.publicAddresses) {
      if (address.releasedWithInstance === true)
        found.set(address.ip, { ip: address.ip, private: false, id: address.id });
    }
    for (const one of record.networkInterfaces) {
      if (one.deletedWithInstance !== true) continue;
      for (const ip of one.privateIps) {
        found.set(ip, { ip, private: true, networkId: record.vpcId, interfaceId: one.id });
      }
    }
  }
  return [...found.values()];
}

function namesOnly({ peer }: SecurityRule, ip: string): boolean {
  return peer.kind === "cidr" && (peer.cidr === `${ip}/32` || peer.cidr === `${ip}/128`);
}

function whyKept(rule: SecurityRule, address: OwnAddress, target: RuleTarget, users: GroupUsers): string | undefined {
  if (target.takenOver.has(address.ip)) return "Somebody else has the address by now.";
  if (rule.action === "deny" && !target.gone) return "A deny rule stays until the instance is gone.";
  if (!address.private) return undefined;
  const networkId = users.networkOf(rule.groupId);
  if (networkId === address.networkId) return undefined;
  const peered = users.peered.some((pair) => pair.includes(networkId ?? "") && pair.includes(address.networkId ?? ""));
  return peered ? undefined : "The group is of another network, where the same address is somebody else's.";
}

/** Rules of groups that only the targets use, and rules elsewhere that refer to such a group. */
export function chooseExclusive({ targets, rules, users }: RuleWorld): Choice {
  const targetIds = new Set(targets.map(({ id }) => id));
  const chosen: ChosenRule[] = [];
  const kept: Choice["kept"][number][] = [];
  const judged = new Set<string>();
  for (const { id, records } of targets) {
    for (const groupId of new Set(records.flatMap((record) => record.securityGroupIds))) {
      if (judged.has(groupId)) continue;
      judged.add(groupId);
      const objection = users.objection(groupId, targetIds);
      for (const rule of rules) {
        const reference = rule.groupId !== groupId;
        if (reference && !(rule.peer.kind === "security-group" && rule.peer.groupId === groupId)) continue;
        if (objection !== undefined) {
          if (!reference) kept.push({ rule, why: objection, instanceId: id });
          continue;
        }
        const because = { scope: "exclusive-group", instanceIds: [...targetIds], groupId, reference } as const;
        chosen.push({ rule, instanceId: id, because });
      }
    }
  }
  return { chosen, kept };
}
