import type { JsonObject } from "../../../../src/common.js";
import { type IdSpec, type ListSpec, list } from "../describe.js";
import { type AwsRequestContext, existing, isLive, type Resource, type ResourceKind, resourcesOf } from "../state.js";
import { need, records } from "../wire/read.js";
import { type Ec2ActionName, type Ec2Actions, read } from "./actions.js";

/** A list of things that are only looked at. */
interface Report extends Pick<ListSpec<Resource>, "set" | "filters" | "pages" | "idsExcludePages"> {
  readonly kind: ResourceKind;
  readonly ids?: readonly IdSpec[];
  readonly item?: (wire: JsonObject, context: AwsRequestContext) => JsonObject;
}

const id = (parameter: string, path: string, notFound: string): readonly IdSpec[] => [{ parameter, path, notFound }];

/** Which list shows which kind, by action. */
const reports: Partial<Readonly<Record<Ec2ActionName, Report>>> = {
  DescribeVpcs: {
    kind: "vpc",
    set: "vpcSet",
    ids: id("VpcId", "vpcId", "InvalidVpcID.NotFound"),
    pages: [5, 1000],
    filters: { "vpc-id": "vpcId", cidr: "cidrBlock", "is-default": "isDefault", state: "state", "owner-id": "ownerId" },
  },
  DescribeSubnets: {
    kind: "subnet",
    set: "subnetSet",
    ids: id("SubnetId", "subnetId", "InvalidSubnetID.NotFound"),
    pages: [5, 1000],
    filters: { "subnet-id": "subnetId", "vpc-id": "vpcId", "availability-zone": "availabilityZone", state: "state" },
  },
  DescribeVpcPeeringConnections: {
    kind: "peering",
    set: "vpcPeeringConnectionSet",
    ids: id("VpcPeeringConnectionId", "vpcPeeringConnectionId", "InvalidVpcPeeringConnectionID.NotFound"),
    pages: [5, 1000],
    filters: {
      "accepter-vpc-info.vpc-id": "accepterVpcInfo.vpcId",
      "requester-vpc-info.vpc-id": "requesterVpcInfo.vpcId",
      "status-code": "status.code",
      "vpc-peering-connection-id": "vpcPeeringConnectionId",
    },
  },
  DescribeRouteTables: {
    kind: "route-table",
    set: "routeTableSet",
    ids: id("RouteTableId", "routeTableId", "InvalidRouteTableID.NotFound"),
    pages: [5, 100],
    item: routeTableItem,
    filters: {
      "association.main": "associationSet.main",
      "association.subnet-id": "associationSet.subnetId",
      "owner-id": "ownerId",
      "route-table-id": "routeTableId",
      "route.destination-cidr-block": "routeSet.destinationCidrBlock",
      "route.gateway-id": "routeSet.gatewayId",
      "route.instance-id": "routeSet.instanceId",
      "route.nat-gateway-id": "routeSet.natGatewayId",
      "route.state": "routeSet.state",
      "vpc-id": "vpcId",
    },
  },
  DescribeKeyPairs: {
    kind: "key-pair",
    set: "keySet",
    ids: [
      ...id("KeyName", "keyName", "InvalidKeyPair.NotFound"),
      ...id("KeyPairId", "keyPairId", "InvalidKeyPair.NotFound"),
    ],
    filters: { "key-name": "keyName", "key-pair-id": "keyPairId", fingerprint: "keyFingerprint" },
  },
  DescribeIamInstanceProfileAssociations: {
    kind: "profile-association",
    set: "iamInstanceProfileAssociationSet",
    ids: id("AssociationId", "associationId", "InvalidAssociationID.NotFound"),
    pages: [5, 1000],
    filters: { "instance-id": "instanceId", state: "state" },
  },
  DescribePlacementGroups: {
    kind: "placement-group",
    set: "placementGroupSet",
    ids: [
      ...id("GroupName", "groupName", "InvalidPlacementGroup.Unknown"),
      ...id("GroupId", "groupId", "InvalidPlacementGroup.Unknown"),
    ],
    filters: { "group-name": "groupName", "group-arn": "groupArn", state: "state", strategy: "strategy" },
  },
  DescribeHosts: {
    kind: "host",
    set: "hostSet",
    ids: id("HostId", "hostId", "InvalidHostID.NotFound"),
    idsExcludePages: true,
    pages: [5, 500],
    item: hostItem,
    filters: {
      "availability-zone": "availabilityZone",
      "instance-type": "hostProperties.instanceType",
      state: "state",
    },
  },
  DescribeCapacityReservations: {
    kind: "capacity-reservation",
    set: "capacityReservationSet",
    ids: id("CapacityReservationId", "capacityReservationId", "InvalidCapacityReservationId.NotFound"),
    pages: [1, 1000],
    item: reservationItem,
    filters: {
      "availability-zone": "availabilityZone",
      "instance-match-criteria": "instanceMatchCriteria",
      "instance-type": "instanceType",
      state: "state",
    },
  },
  DescribeReservedInstances: {
    kind: "reserved-instances",
    set: "reservedInstancesSet",
    ids: id("ReservedInstancesId", "reservedInstancesId", "InvalidReservedInstancesId"),
    filters: {
      "availability-zone": "availabilityZone",
      "instance-type": "instanceType",
      "reserved-instances-id": "reservedInstancesId",
      scope: "scope",
      state: "state",
    },
  },
  DescribeLaunchTemplates: {
    kind: "launch-template",
    set: "launchTemplates",
    ids: [
      ...id("LaunchTemplateId", "launchTemplateId", "InvalidLaunchTemplateId.NotFound"),
      ...id("LaunchTemplateName", "launchTemplateName", "InvalidLaunchTemplateName.NotFoundException"),
    ],
    pages: [1, 200],
    filters: { "launch-template-name": "launchTemplateName" },
  },
  DescribeReplaceRootVolumeTasks: {
    kind: "root-volume-task",
    set: "replaceRootVolumeTaskSet",
    ids: id("ReplaceRootVolumeTaskId", "replaceRootVolumeTaskId", "InvalidReplaceRootVolumeTaskId.NotFound"),
    pages: [1, 50],
    filters: { "instance-id": "instanceId" },
  },
  DescribeInstanceEventWindows: {
    kind: "event-window",
    set: "instanceEventWindowSet",
    ids: id("InstanceEventWindowId", "instanceEventWindowId", "InvalidInstanceEventWindowId.NotFound"),
    idsExcludePages: true,
    pages: [20, 500],
    filters: {
      "dedicated-host-id": "associationTarget.dedicatedHostIdSet",
      "event-window-name": "name",
      "instance-id": "associationTarget.instanceIdSet",
    },
  },
  DescribeTrafficMirrorSessions: {
    kind: "mirror-session",
    set: "trafficMirrorSessionSet",
    ids: id("TrafficMirrorSessionId", "trafficMirrorSessionId", "InvalidTrafficMirrorSessionId.NotFound"),
    pages: [5, 1000],
    filters: {
      "network-interface-id": "networkInterfaceId",
      "traffic-mirror-session-id": "trafficMirrorSessionId",
      "traffic-mirror-target-id": "trafficMirrorTargetId",
    },
  },
  DescribeTrafficMirrorTargets: {
    kind: "mirror-target",
    set: "trafficMirrorTargetSet",
    ids: id("TrafficMirrorTargetId", "trafficMirrorTargetId", "InvalidTrafficMirrorTargetId.NotFound"),
    pages: [5, 1000],
    filters: { "network-interface-id": "networkInterfaceId", "traffic-mirror-target-id": "trafficMirrorTargetId" },
  },
  DescribeFlowLogs: {
    kind: "flow-log",
    set: "flowLogSet",
    ids: id("FlowLogId", "flowLogId", "InvalidFlowLogId.NotFound"),
    pages: [1, 1000],
    filters: { "flow-log-id": "flowLogId", "resource-id": "resourceId", "log-group-name": "logGroupName" },
  },
  DescribeNetworkAcls: {
    kind: "network-acl",
    set: "networkAclSet",
    ids: id("NetworkAclId", "networkAclId", "InvalidNetworkAclID.NotFound"),
    pages: [5, 1000],
    filters: {
      "association.subnet-id": "associationSet.subnetId",
      default: "default",
      "entry.cidr": "entrySet.cidrBlock",
      "entry.egress": "entrySet.egress",
      "entry.rule-action": "entrySet.ruleAction",
      "network-acl-id": "networkAclId",
      "vpc-id": "vpcId",
    },
  },
  DescribeVolumesModifications: {
    kind: "volume-modification",
    set: "volumeModificationSet",
    ids: id("VolumeId", "volumeId", "InvalidVolume.NotFound"),
    pages: [1, 500],
    filters: { "modification-state": "modificationState", "volume-id": "volumeId" },
  },
  DescribeManagedPrefixLists: {
    kind: "prefix-list",
    set: "prefixListSet",
    ids: id("PrefixListId", "prefixListId", "InvalidPrefixListID.NotFound"),
    pages: [1, 100],
    // The entries have a call of their own.
    item: ({ entrySet: _entries, ...list }) => list,
    filters: { "owner-id": "ownerId", "prefix-list-id": "prefixListId", "prefix-list-name": "prefixListName" },
  },
};

/** A route whose target is gone stays, as a `blackhole` ("Route" in the EC2 API reference). */
function routeTableItem(wire: JsonObject, { state }: AwsRequestContext): JsonObject {
  const routeSet = records(wire, "routeSet").map((route) => {
    const instanceId = route.instanceId;
    const cardId = route.networkInterfaceId;
    const noInstance = typeof instanceId === "string" && !isLive(state.instances.get(instanceId));
    const noCard = typeof cardId === "string" && !state.interfaces.has(cardId);
    return noInstance || noCard ? { ...route, state: "blackhole" } : route;
  });
  return { ...wire, routeSet };
}

/** A host lists what runs on it now. */
function hostItem(wire: JsonObject, { state, scope }: AwsRequestContext): JsonObject {
  const instances = [...state.instances.values()]
    .filter((instance) => instance.hostId === wire.hostId && isLive(instance))
    .map(({ id: instanceId, type }) => ({ instanceId, instanceType: type, ownerId: scope.accountId }));
  return { ...wire, instances };
}

function reservationItem(wire: JsonObject, { state }: AwsRequestContext): JsonObject {
  const used = [...state.instances.values()].filter(
    (instance) => instance.capacityReservationId === wire.capacityReservationId && isLive(instance),
  ).length;
  return { ...wire, availableInstanceCount: Math.max(0, Number(wire.totalInstanceCount ?? 0) - used) };
}

function answer(report: Report) {
  const { kind, item, ...spec } = report;
  return read((context) =>
    list(context, {
      ...spec,
      things: (state) => resourcesOf(state, kind),
      item: ({ wire }, own) => item?.(wire, own) ?? wire,
    }),
  );
}

/** Versions are asked for by template, or all `$Latest` and `$Default` ones at once. */
const versionList: ListSpec<Resource> = {
  set: "launchTemplateVersionSet",
  things: (state) => resourcesOf(state, "launch-template-version"),
  item: ({ wire }) => wire,
  pages: [1, 200],
  filters: { "image-id": "launchTemplateData.imageId", "instance-type": "launchTemplateData.instanceType" },
  hides: ({ wire }, { parameters }) =>
    (parameters.LaunchTemplateId !== undefined && wire.launchTemplateId !== parameters.LaunchTemplateId) ||
    (parameters.LaunchTemplateName !== undefined && wire.launchTemplateName !== parameters.LaunchTemplateName),
};

function prefixListEntries(context: AwsRequestContext): JsonObject {
  const key = need(context.parameters, "PrefixListId");
  const { wire } = existing(
    context.state.resources,
    `prefix-list/${key}`,
    "InvalidPrefixListID.NotFound",
    "prefix list ID",
  );
  const entries = records(wire, "entrySet");
  return list(context, { set: "entrySet", things: () => entries, item: (entry) => entry, pages: [1, 100] });
}

/** What is only looked at. */
export const reportActions: Ec2Actions = {
  ...Object.fromEntries(Object.entries(reports).map(([action, report]) => [action, answer(report)])),
  DescribeLaunchTemplateVersions: read((context) => list(context, versionList)),
  GetManagedPrefixListEntries: read(prefixListEntries),
};
