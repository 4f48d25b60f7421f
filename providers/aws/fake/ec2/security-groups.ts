import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { checkForm, type ListSpec, list } from "../describe.js";
import { addGroup } from "../network.js";
import {
  type AwsRequestContext,
  type AwsState,
  existing,
  type Peer,
  type Resource,
  type Rule,
  resourcesOf,
  type SecurityGroup,
  tagSet,
} from "../state.js";
import { need, text } from "../wire/read.js";
import { type Ec2Actions, read, write } from "./actions.js";
import { taggedAs } from "./snapshots.js";

const permissionFilters = (prefix: string, path: string) => ({
  [`${prefix}.cidr`]: `${path}.ipRanges.cidrIp`,
  [`${prefix}.from-port`]: `${path}.fromPort`,
  [`${prefix}.group-id`]: `${path}.groups.groupId`,
  [`${prefix}.group-name`]: `${path}.groups.groupName`,
  [`${prefix}.ipv6-cidr`]: `${path}.ipv6Ranges.cidrIpv6`,
  [`${prefix}.prefix-list-id`]: `${path}.prefixListIds.prefixListId`,
  [`${prefix}.protocol`]: `${path}.ipProtocol`,
  [`${prefix}.to-port`]: `${path}.toPort`,
  [`${prefix}.user-id`]: `${path}.groups.userId`,
});

/** Several values of `ip-permission.*` filters need not hold for the same permission. */
function groupList(state: AwsState): ListSpec<SecurityGroup> {
  const rules = rulesByGroup(state);
  return {
    set: "securityGroupInfo",
    things: ({ groups }) => groups,
    ids: [
      {
        parameter: "GroupId",
        path: "groupId",
        notFound: "InvalidGroup.NotFound",
        form: "security-group",
        malformed: "InvalidGroupId.Malformed",
      },
      { parameter: "GroupName", path: "groupName", notFound: "InvalidGroup.NotFound" },
    ],
    pages: [5, 1000],
    filters: {
      description: "groupDescription",
      "group-id": "groupId",
      "group-name": "groupName",
      "owner-id": "ownerId",
      "vpc-id": "vpcId",
      ...permissionFilters("ip-permission", "ipPermissions"),
      ...permissionFilters("egress.ip-permission", "ipPermissionsEgress"),
    },
    item: (group, { scope }) => {
      const own = rules.get(group.id) ?? [];
      return {
        ownerId: scope.accountId,
        groupId: group.id,
        groupName: group.name,
        groupDescription: group.description,
        vpcId: group.vpcId,
        securityGroupArn: `arn:aws:ec2:${scope.region}:${scope.accountId}:security-group/${group.id}`,
        ipPermissions: permissions(own.filter(({ egress }) => !egress)),
        ipPermissionsEgress: permissions(own.filter(({ egress }) => egress)),
        tagSet: tagSet(group.tags),
      };
    },
  };
}

function rulesByGroup({ rules }: AwsState): ReadonlyMap<string, readonly Rule[]> {
  const sorted = new Map<string, Rule[]>();
  for (const rule of rules.values()) {
    const own = sorted.get(rule.groupId) ?? [];
    own.push(rule);
    sorted.set(rule.groupId, own);
  }
  return sorted;
}

/** Rules of the same protocol and ports share one permission, as EC2 shows them. */
function permissions(rules: readonly Rule[]): readonly JsonObject[] {
  const shared = new Map<string, { readonly first: Rule; readonly peers: (PeerElement & { readonly rule: Rule })[] }>();
  for (const rule of rules) {
    const key = `${rule.protocol} ${rule.fromPort} ${rule.toPort}`;
    const permission = shared.get(key) ?? { first: rule, peers: [] };
    permission.peers.push({ ...peerElement(rule.peer), rule });
    shared.set(key, permission);
  }
  return [...shared.values()].map(({ first: { protocol, fromPort, toPort }, peers }) => {
    const of = (wanted: PeerElement["kind"]) =>
      peers
        .filter(({ kind }) => kind === wanted)
        .map(({ element, rule }) => ({ ...element, description: rule.description ?? null }));
    return {
      ipProtocol: protocol,
      ...(protocol === "-1" ? {} : { fromPort, toPort }),
      groups: of("groups"),
      ipRanges: of("ipRanges"),
      ipv6Ranges: of("ipv6Ranges"),
      prefixListIds: of("prefixListIds"),
    };
  });
}

interface PeerElement {
  readonly kind: "groups" | "ipRanges" | "ipv6Ranges" | "prefixListIds";
  readonly element: JsonObject;
}

function peerElement(peer: Peer): PeerElement {
  if ("cidrIpv4" in peer) return { kind: "ipRanges", element: { cidrIp: peer.cidrIpv4 } };
  if ("cidrIpv6" in peer) return { kind: "ipv6Ranges", element: { cidrIpv6: peer.cidrIpv6 } };
  if ("prefixListId" in peer) return { kind: "prefixListIds", element: { prefixListId: peer.prefixListId } };
  const { groupId, userId, vpcId, peeringId } = peer;
  return {
    kind: "groups",
    element: {
      userId,
      groupId,
      vpcId: vpcId ?? null,
      vpcPeeringConnectionId: peeringId ?? null,
      peeringStatus: peeringId === undefined ? null : "active",
    },
  };
}

/** The group a request names. */
export function namedGroup({ state, parameters }: AwsRequestContext): SecurityGroup {
  const id = text(parameters, "GroupId");
  const name = text(parameters, "GroupName");
  if (id === undefined && name === undefined)
    throw refusal("MissingParameter", "The request must contain the parameter GroupName or GroupId");
  if (id !== undefined) checkForm("security-group", id, "InvalidGroupId.Malformed");
  const found = id ?? [...state.groups.values()].find((group) => group.name === name)?.id ?? String(name);
  return existing(state.groups, found, "InvalidGroup.NotFound", "security group");
}

function create(context: AwsRequestContext): JsonObject {
  const { state, parameters, ids, effect } = context;
  const name = need(parameters, "GroupName");
  const vpcId = text(parameters, "VpcId") ?? resourcesOf(state, "vpc")[0]?.id ?? "";
  existing(state.resources, `vpc/${vpcId}`, "InvalidVpcID.NotFound", "vpc ID");
  if ([...state.groups.values()].some((group) => group.name === name && group.vpcId === vpcId))
    throw refusal("InvalidGroup.Duplicate", `The security group '${name}' already exists for VPC '${vpcId}'`);
  const id = ids.assign("security-group");
  const tags = taggedAs(parameters, "security-group");
  addGroup(state, { id, name, description: need(parameters, "GroupDescription"), vpcId, tags });
  // "The default security group rule allows all outbound traffic."
  const open = { groupId: id, egress: true, protocol: "-1", fromPort: -1, toPort: -1, tags: {} } as const;
  const ruleId = ids.assign("security-rule");
  state.rules.set(ruleId, { id: ruleId, ...open, peer: { cidrIpv4: "0.0.0.0/0" } });
  effect(id);
  return { return: true, groupId: id, tagSet: tagSet(tags) };
}

/** Why a group cannot go: used by an interface, named by another group's rule, or shared to another VPC. */
function remove(context: AwsRequestContext): JsonObject {
  const { state, effect } = context;
  const group = namedGroup(context);
  if (group.name === "default")
    throw refusal("CannotDelete", `the specified group: "${group.id}" name: "default" cannot be deleted by a user`);
  const used = [...state.interfaces.values()].some(({ groupIds }) => groupIds.includes(group.id));
  const named = [...state.rules.values()].some(
    ({ groupId, peer }) => groupId !== group.id && "groupId" in peer && peer.groupId === group.id,
  );
  const shared = resourcesOf(state, "vpc-association").some(({ wire }) => wire.groupId === group.id);
  if (used || named || shared) throw refusal("DependencyViolation", `resource ${group.id} has a dependent object`);
  state.groups.delete(group.id);
  for (const rule of [...state.rules.values()]) if (rule.groupId === group.id) state.rules.delete(rule.id);
  effect(group.id);
  return { return: true, groupId: group.id };
}

const associationList: ListSpec<Resource> = {
  set: "securityGroupVpcAssociationSet",
  things: (state) => resourcesOf(state, "vpc-association"),
  item: ({ wire }) => wire,
  pages: [5, 1000],
  filters: { "group-id": "groupId", "vpc-id": "vpcId", "vpc-owner-id": "vpcOwnerId", state: "state" },
};

/** Rules in peered VPCs, seen from the group they name. */
function references({ state, parameters }: AwsRequestContext): JsonObject {
  const asked = Array.isArray(parameters.GroupId) ? parameters.GroupId : [];
  for (const id of asked) existing(state.groups, String(id), "InvalidGroup.NotFound", "security group");
  const rows = [...state.rules.values()].flatMap((rule) => {
    const { peer } = rule;
    if (!("groupId" in peer) || !asked.includes(peer.groupId)) return [];
    const from = state.groups.get(rule.groupId)?.vpcId ?? "";
    const peering = state.groups.get(peer.groupId)?.vpcId === from ? undefined : peeringOf(state, peer, from);
    return peering === undefined
      ? []
      : [{ groupId: peer.groupId, referencingVpcId: from, vpcPeeringConnectionId: peering }];
  });
  return { securityGroupReferenceSet: rows };
}

/** The peering over which a rule of another VPC reaches a group. */
function peeringOf(state: AwsState, peer: Extract<Peer, { groupId: string }>, vpcId: string): string | undefined {
  if (peer.peeringId !== undefined) return peer.peeringId;
  const own = state.groups.get(peer.groupId)?.vpcId;
  return resourcesOf(state, "peering").find(({ wire }) => {
    const text = JSON.stringify(wire);
    return text.includes(`"${vpcId}"`) && text.includes(`"${own}"`);
  })?.id;
}

/** Security groups. */
export const groupActions: Ec2Actions = {
  DescribeSecurityGroups: read((context) => list(context, groupList(context.state))),
  DescribeSecurityGroupReferences: read(references),
  DescribeSecurityGroupVpcAssociations: read((context) => list(context, associationList)),
  CreateSecurityGroup: write(create),
  DeleteSecurityGroup: write(remove),
};
