import type { SeedOwner } from "../../../../src/testing/seed.js";
import { type AwsContext, type Instance, interfacesOf, iso } from "../state.js";
import { type OwnerSeeder, variantOf } from "./owner.js";
import { asResource } from "./resource-owner.js";

function cardOf({ state }: AwsContext, instance: Instance | undefined): string {
  return instance ? (interfacesOf(state, instance)[0]?.id ?? "") : "";
}

const trafficMirrors: Readonly<Record<"session" | "target", OwnerSeeder>> = {
  session: asResource({
    kind: "mirror-session",
    wire: (trafficMirrorSessionId, members, context) => ({
      trafficMirrorSessionId,
      trafficMirrorTargetId: context.ids.assign("mirror-target"),
      sessionNumber: 1,
      networkInterfaceId: cardOf(context, members[0]),
      ownerId: context.state.accountId,
      tagSet: [],
    }),
  }),
  target: asResource({
    kind: "mirror-target",
    wire: (trafficMirrorTargetId, members, context) => ({
      trafficMirrorTargetId,
      networkInterfaceId: cardOf(context, members[0]),
      type: "network-interface",
      ownerId: context.state.accountId,
      tagSet: [],
    }),
  }),
};

const flowLog = asResource({
  kind: "flow-log",
  wire: (flowLogId, members, context) => ({
    flowLogId,
    flowLogStatus: "ACTIVE",
    resourceId: cardOf(context, members[0]),
    trafficType: "ALL",
    logGroupName: "seeded",
    creationTime: iso(context.now),
    tagSet: [],
  }),
});

/** A prefix list that names the private addresses of its members. */
const prefixList = asResource({
  kind: "prefix-list",
  wire: (prefixListId, members, context) => ({
    prefixListId,
    prefixListName: "seeded",
    addressFamily: "IPv4",
    state: "create-complete",
    maxEntries: 20,
    ownerId: context.state.accountId,
    version: 1,
    tagSet: [],
    entrySet: members.map((instance) => ({
      cidr: `${interfacesOf(context.state, instance)[0]?.privateIps[0]}/32`,
      description: "seeded",
    })),
  }),
});

/** A network ACL with an entry for each private address of its members. */
const networkAcl = asResource({
  kind: "network-acl",
  wire: (networkAclId, members, context) => ({
    networkAclId,
    vpcId: members[0]?.vpcId ?? "",
    ownerId: context.state.accountId,
    default: false,
    associationSet: [],
    tagSet: [],
    entrySet: members.map((instance, index) => ({
      ruleNumber: 100 + index,
      protocol: "-1",
      ruleAction: "deny",
      egress: false,
      cidrBlock: `${interfacesOf(context.state, instance)[0]?.privateIps[0]}/32`,
    })),
  }),
});

/** Owners that watch or name the network of their members. */
export const networkOwners = {
  "traffic-mirror": (context, owner) => trafficMirrors[variantOf(owner, ["session", "target"])](context, owner),
  "address-list": (context, owner) => {
    const variant = variantOf(owner, ["prefix-list", "network-acl"]);
    (variant === "network-acl" ? networkAcl : prefixList)(context, owner);
  },
} satisfies Readonly<Partial<Record<SeedOwner["kind"], OwnerSeeder>>>;

/** A flow log on the primary interface of its member. */
export const flowLogOwner = flowLog;
