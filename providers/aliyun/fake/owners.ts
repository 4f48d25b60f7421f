import type { DependencyKind } from "../../../src/dependencies.js";

/*
 * What uses instances from outside ECS. Each keeps the ids or addresses of what it uses and learns nothing when that
 * goes: entries turn stale, as they do in the cloud.
 */

/** A classic load balancer with its three ways to name backends. */
export interface LoadBalancer {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
  readonly ip: string;
  readonly createdAt: number;
  readonly ports: readonly number[];
  readonly backends: readonly Backend[];
  /** While it is configured, it and its backends refuse changes. */
  readonly configuring: boolean;
}
/** A group of a classic load balancer: `vserver`, or `pair` for a primary and a secondary server. */
export interface BackendGroup {
  readonly id: string;
  readonly name: string;
  readonly kind: "vserver" | "pair";
  readonly loadBalancerId: string;
  readonly ports: readonly number[];
  readonly createdAt: number;
  readonly backends: readonly Backend[];
}
/** A backend of a classic load balancer. */
export interface Backend {
  readonly serverId: string;
  readonly type: "ecs" | "eni" | "eci";
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
}
/** A server group of an application, network or gateway load balancer. */
export interface ServerGroup {
  readonly id: string;
  readonly name: string;
  readonly product: "alb" | "nlb" | "gwlb";
  readonly type: "Instance" | "Ip";
  readonly vpcId: string;
  readonly loadBalancerId: string;
  readonly createdAt: number;
  readonly configuring: boolean;
  readonly servers: readonly GroupServer[];
}
/** A server in a server group. In a group of type `Ip` its id is its address. */
export interface GroupServer {
  readonly id: string;
  readonly type: "Ecs" | "Eni" | "Eci" | "Ip";
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
  readonly status: "Available" | "Removing" | "Adding";
}
/** An Auto Scaling group. */
export interface ScalingGroup {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
  readonly createdAt: number;
  readonly lifecycle: "Active" | "Inactive";
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  readonly configurationId: string;
  /** Groups that what it launches will be in. */
  readonly groupIds: readonly string[];
  /** Whether it launches another when one goes. */
  readonly replaces: boolean;
  readonly members: readonly ScalingMember[];
}
/** A member of a scaling group. */
export interface ScalingMember {
  readonly instanceId: string;
  readonly creation: "AutoCreated" | "Attached";
  readonly state: "InService" | "Removing" | "Protected" | "Standby";
  readonly since: number;
}
/** What a scaling group did or does. */
export interface ScalingActivity {
  readonly id: string;
  readonly groupId: string;
  readonly cause: string;
  readonly startedAt: number;
  readonly endsAt: number;
}
/** A database with its firewall: groups and addresses. */
export interface Database {
  readonly id: string;
  readonly engine: "rds" | "redis" | "mongodb" | "polardb";
  readonly vpcId: string;
  readonly groupIds: readonly string[];
  readonly whitelist: readonly string[];
  readonly createdAt: number;
}
/** A custom route, DNAT or SNAT entry, virtual address. */
export interface RouteEntry {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
  readonly cidr: string;
  readonly nextHopType: "Instance" | "NetworkInterface" | "HaVip";
  readonly nextHopId: string;
}
/** A NAT gateway. */
export interface NatGateway {
  readonly id: string;
  readonly vpcId: string;
  readonly forwardTableId: string;
  readonly snatTableId: string;
  readonly createdAt: number;
}
/** A DNAT entry. */
export interface ForwardEntry {
  readonly id: string;
  readonly natId: string;
  readonly externalIp: string;
  readonly externalPort: string;
  readonly internalIp: string;
  readonly internalPort: string;
  readonly protocol: string;
}
/** An SNAT entry. */
export interface SnatEntry {
  readonly id: string;
  readonly natId: string;
  readonly cidr: string;
  readonly snatIp: string;
}
/** A virtual address that instances share. */
export interface VirtualIp {
  readonly id: string;
  readonly ip: string;
  readonly vpcId: string;
  readonly instanceIds: readonly string[];
  readonly createdAt: number;
}
/** A DNS record, public or of a private zone. */
export interface DnsRecord {
  readonly id: string;
  readonly zone: string;
  readonly zoneId: string;
  readonly private: boolean;
  readonly name: string;
  readonly value: string;
  readonly createdAt: number;
}
/** An alarm with the instances it watches. */
export interface MetricRule {
  readonly id: string;
  readonly name: string;
  readonly instanceIds: readonly string[];
}
/** A list of addresses that rules can name. */
export interface PrefixList {
  readonly id: string;
  readonly name: string;
  readonly cidrs: readonly string[];
  readonly createdAt: number;
}
/** A launch template with the groups it gives. */
export interface LaunchTemplate {
  readonly id: string;
  readonly name: string;
  readonly groupIds: readonly string[];
  readonly createdAt: number;
}
/** A backup policy bound to instances. */
export interface PolicyBinding {
  readonly policyId: string;
  readonly instanceId: string;
  readonly createdAt: number;
}
/** A job of Cloud Backup; one that has ended is the copy it made as well. */
export interface BackupJob {
  readonly sourceType: "UDM_ECS" | "ECS_FILE";
  readonly instanceId: string;
  readonly status: string;
  readonly createdAt: number;
  readonly endedAt?: number | undefined;
}
/** A Kubernetes cluster with its nodes. */
export interface Cluster {
  readonly id: string;
  readonly name: string;
  readonly vpcId: string;
  readonly groupId: string;
  readonly nodeIds: readonly string[];
  readonly createdAt: number;
}
/** A NAS file system. Only those of the type `standard` tell their clients. */
export interface FileSystem {
  readonly id: string;
  readonly type: "standard" | "extreme" | "cpfs";
  readonly vpcId: string;
  readonly clientIps: readonly string[];
  readonly createdAt: number;
}
/** A reserved instance, or a savings plan; a plan without a type covers all. */
export interface Commitment {
  readonly id: string;
  readonly kind: "reserved-instance" | "savings-plan";
  readonly instanceType: string;
  /** Where it holds in one zone alone. */
  readonly zone?: string | undefined;
  readonly startsAt: number;
  readonly endsAt: number;
}
/** An application group of CloudMonitor. */
export interface MonitorGroup {
  readonly id: string;
  readonly name: string;
  readonly instanceIds: readonly string[];
  readonly createdAt: number;
}
/** A planned or running system event. */
export interface SystemEvent {
  readonly id: string;
  readonly instanceId: string;
  readonly type: string;
  readonly executing: boolean;
  readonly notBefore: number;
}
/** What a seed said of an owner that only marks its members (tags, names): for the view. */
export interface Mark {
  readonly kind: DependencyKind;
  readonly id: string;
  readonly member: string;
}

/** All of them by id. */
export interface Owners {
  readonly loadBalancers: Map<string, LoadBalancer>;
  readonly backendGroups: Map<string, BackendGroup>;
  readonly serverGroups: Map<string, ServerGroup>;
  readonly scalingGroups: Map<string, ScalingGroup>;
  readonly scalingActivities: Map<string, ScalingActivity>;
  readonly databases: Map<string, Database>;
  readonly routes: Map<string, RouteEntry>;
  readonly natGateways: Map<string, NatGateway>;
  readonly forwardEntries: Map<string, ForwardEntry>;
  readonly snatEntries: Map<string, SnatEntry>;
  readonly virtualIps: Map<string, VirtualIp>;
  readonly dnsRecords: Map<string, DnsRecord>;
  readonly metricRules: Map<string, MetricRule>;
  readonly prefixLists: Map<string, PrefixList>;
  readonly launchTemplates: Map<string, LaunchTemplate>;
  readonly policyBindings: Map<string, PolicyBinding>;
  readonly backupJobs: Map<string, BackupJob>;
  readonly clusters: Map<string, Cluster>;
  readonly fileSystems: Map<string, FileSystem>;
  readonly commitments: Map<string, Commitment>;
  readonly monitorGroups: Map<string, MonitorGroup>;
  readonly systemEvents: Map<string, SystemEvent>;
  readonly marks: Map<string, Mark>;
}

/** No owners. */
export function emptyOwners(): Owners {
  return {
    loadBalancers: new Map(),
    backendGroups: new Map(),
    serverGroups: new Map(),
    scalingGroups: new Map(),
    scalingActivities: new Map(),
    databases: new Map(),
    routes: new Map(),
    natGateways: new Map(),
    forwardEntries: new Map(),
    snatEntries: new Map(),
    virtualIps: new Map(),
    dnsRecords: new Map(),
    metricRules: new Map(),
    prefixLists: new Map(),
    launchTemplates: new Map(),
    policyBindings: new Map(),
    backupJobs: new Map(),
    clusters: new Map(),
    fileSystems: new Map(),
    commitments: new Map(),
    monitorGroups: new Map(),
    systemEvents: new Map(),
    marks: new Map(),
  };
}
