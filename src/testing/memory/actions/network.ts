import type { JsonObject } from "../../../common.js";
import { refusal } from "../../fake-refusal.js";
import { batchSize, type MemoryFeatures } from "../options.js";
import type { Group, Interface, MemoryAction, MemoryActionContext, StoredRule } from "../state.js";
import { groupOf, mutates, paged, reads } from "./shared.js";

/** Addresses, interfaces, groups and rules. */
export function networkActions(features: MemoryFeatures): Readonly<Record<string, MemoryAction>> {
  return {
    "cloud:ListAddresses": reads(({ state }, parameters) => {
      const rows = [...state.addresses.values()].map(({ id, ip, kind, releasedWithInstance, interfaceId }) => {
        const instanceId = state.interfaces.get(interfaceId ?? "")?.instanceId;
        return {
          ...(kind === "elastic" ? { id } : {}),
          ip,
          kind,
          releasedWithInstance,
          ...(instanceId === undefined ? {} : { instanceId }),
          ...(interfaceId === undefined ? {} : { interfaceId }),
        };
      });
      return paged(rows, parameters);
    }),

    "cloud:ReleaseAddress": mutates((context, parameters) => {
      const address = context.state.addresses.get(parameters.text("id"));
      parameters.done();
      if (!address) throw refusal("AddressNotFound", "The address is not there.", 404);
      if (address.interfaceId !== undefined) throw refusal("AddressInUse", `Address ${address.ip} is in use.`, 409);
      context.state.addresses.delete(address.id);
      context.effect(address.id);
      return {};
    }),

    "cloud:ListInterfaces": reads(({ state }, parameters) => {
      const ids = parameters.optionalTexts("ids", batchSize);
      const rows = [...state.interfaces.values()]
        .filter((one) => ids === undefined || ids.includes(one.id))
        .map(interfaceRow);
      return paged(rows, parameters);
    }),

    "cloud:SetInterfaceGroups": mutates((context, parameters) => {
      const one = context.state.interfaces.get(parameters.text("id"));
      const groupIds = parameters.texts("groupIds", 5).map((id) => groupOf(context, id).id);
      parameters.done();
      if (!one) throw refusal("InterfaceNotFound", "The interface is not there.", 404);
      one.groupIds = groupIds;
      context.effect(one.id);
      return {};
    }),

    "cloud:ListGroups": reads(({ state }, parameters) => {
      const rows = [...state.groups.values()].map(({ id, name, networkId, isDefault, managed, tags, version }) => {
        return { id, name, networkId, isDefault, managed, tags, version };
      });
      return paged(rows, parameters);
    }),

    // Users that no interface shows: what would use the group as soon as it starts something.
    "cloud:ListGroupUsers": reads(({ state }, parameters) => {
      const rows = [...state.groups.values()].flatMap((group) =>
        group.foreignUsers.map((kind) => ({ groupId: group.id, kind })),
      );
      return paged(rows, parameters);
    }),

    "cloud:ListPeerings": reads(({ state }, parameters) =>
      paged(
        state.peered.map(([one, other]) => ({ one, other })),
        parameters,
      ),
    ),

    "cloud:CreateGroup": mutates((context, parameters) => {
      const name = parameters.text("name");
      const networkId = parameters.text("networkId");
      const tags = parameters.map("tags");
      parameters.done();
      const id = context.ids.assign("group");
      const rest = { isDefault: false, managed: false, foreignUsers: [], rules: [], version: 1 };
      context.state.groups.set(id, { id, name, networkId, tags, ...rest });
      context.effect(id);
      return { id };
    }),

    "cloud:DeleteGroup": mutates((context, parameters) => {
      const group = groupOf(context, parameters.text("id"));
      parameters.done();
      const used = [...context.state.interfaces.values()].some((one) => one.groupIds.includes(group.id));
      if (used || group.isDefault) throw refusal("GroupInUse", `Group ${group.id} is in use.`, 409);
      context.state.groups.delete(group.id);
      context.effect(group.id);
      return {};
    }),

    "cloud:ListRules": reads(({ state }, parameters) => {
      const groupIds = parameters.optionalTexts("groupIds", batchSize);
      const rows = [...state.groups.values()]
        .filter((group) => groupIds === undefined || groupIds.includes(group.id))
        .flatMap((group) => group.rules.map((rule, index) => ruleRow(group, rule, index, features)));
      return paged(rows, parameters);
    }),

    "cloud:RemoveRules": mutates((context, parameters) => {
      const group = groupOf(context, parameters.text("groupId"));
      const chosen = features.rules === "by-id" ? byIds(group, parameters) : byIndexes(group, parameters);
      parameters.done();
      group.rules = group.rules.filter((rule) => !chosen.includes(rule));
      group.version += 1;
      context.effect(group.id);
      return {};
    }),

    "cloud:AddRule": mutates((context, parameters) => {
      const group = groupOf(context, parameters.text("groupId"));
      const rule = storedRule(context, parameters.object("rule"), features);
      const index = parameters.has("index") ? parameters.number("index") : group.rules.length;
      const version = parameters.has("version") ? parameters.number("version") : undefined;
      parameters.done();
      if (features.rules === "by-position") assertVersion(group, version);
      if (index > group.rules.length) throw refusal("InvalidParameter", `There is no place ${index}.`);
      group.rules = group.rules.toSpliced(index, 0, rule);
      group.version += 1;
      context.effect(group.id);
      return { ...(rule.id === undefined ? {} : { id: rule.id }) };
    }),
  };
}

function byIds(group: Group, parameters: { texts(name: string): readonly string[] }): readonly StoredRule[] {
  return parameters.texts("ruleIds").map((id) => {
    const rule = group.rules.find((one) => one.id === id);
    if (!rule) throw refusal("RuleNotFound", `Rule ${id} is not in ${group.id}.`, 404);
    return rule;
  });
}

/** Where a rule's place is who it is, a stale place would name another rule: the version says whether it is stale. */
function byIndexes(
  group: Group,
  parameters: { texts(name: string): readonly string[]; number(name: string): number },
): readonly StoredRule[] {
  assertVersion(group, parameters.number("version"));
  return parameters.texts("indexes").map((index) => {
    const rule = group.rules[Number(index)];
    if (!rule) throw refusal("RuleNotFound", `There is no rule ${index} in ${group.id}.`, 404);
    return rule;
  });
}

function assertVersion(group: Group, version: number | undefined): void {
  if (version === group.version) return;
  throw refusal("VersionMismatch", `Group ${group.id} is at version ${group.version}.`, 409);
}

function interfaceRow(one: Interface): JsonObject {
  const { id, networkId, groupIds, privateIps, deleteWithInstance, instanceId, owner } = one;
  return {
    id,
    networkId,
    groupIds,
    privateIps,
    deleteWithInstance,
    ...(instanceId === undefined ? {} : { instanceId }),
    ...(owner === undefined ? {} : { owner }),
  };
}

function ruleRow(group: Group, rule: StoredRule, index: number, { rules }: MemoryFeatures): JsonObject {
  const fields = Object.entries(rule).filter(([name]) => name !== "id" || rules === "by-id");
  const place = rules === "by-position" ? { index, count: group.rules.length, version: group.version } : {};
  return { groupId: group.id, rule: plainOf(Object.fromEntries(fields)), ...place };
}

function storedRule(
  { ids }: MemoryActionContext,
  described: JsonObject | undefined,
  { rules }: MemoryFeatures,
): StoredRule {
  if (!described) throw refusal("InvalidParameter", "rule must be an object.");
  const { id: _id, ...rest } = described;
  if (!isRule(rest)) throw refusal("InvalidParameter", "rule must have direction, action, ports, protocol and peer.");
  return { ...rest, ...(rules === "by-id" ? { id: ids.assign("rule") } : {}) };
}

type Described = Omit<StoredRule, "id">;

function isRule(value: object): value is Described {
  const needed: readonly (keyof Described)[] = ["direction", "action", "family", "protocol", "ports", "peer"];
  return needed.every((name) => name in value);
}

/** A rule's fields as they go over the wire. */
function plainOf(value: object): JsonObject {
  const copy: JsonObject = JSON.parse(JSON.stringify(value));
  return copy;
}
