/**
 * What each recorded answer means, written down from the recordings by hand before any code read them. Nothing here is
 * computed by the adapter. The recordings are not ours; they lie beside the project (`../shared/recordings/huawei`).
 */

/** What a server's details say. `groups` are those with an id: old answers give names alone. */
export interface RecordedServer {
  readonly id: string;
  readonly state: "running" | "stopped";
  readonly billing: "on-demand" | "prepaid" | "unknown";
  readonly disks: readonly string[];
  readonly privateIps: readonly string[];
  readonly publicIps: readonly string[];
  readonly groups: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  /** Whether it says that it is locked: not to say it is not "no". */
  readonly locked: false | "unknown";
  readonly createdAt: string;
}

/** File, where the servers stand in it, and what they are. */
export const servers: Readonly<Record<string, readonly RecordedServer[]>> = {
  // Flags are texts, and a system disk says `"false"` of itself although it goes with its server.
  "ecs/ListServersDetails/otc-doc-1.json": [
    {
      id: "b37fd80e-ac67-4d02-b9f1-9891c9c0fabf",
      state: "stopped",
      billing: "prepaid",
      disks: ["2edc879f-022e-4bd6-b079-95a27564d449"],
      privateIps: ["192.168.0.206", "192.168.0.8"],
      publicIps: [],
      groups: ["71846bf6-1cda-4515-8590-3707be295e76", "b1786350-da65-11e7-b312-0255ac101b03"],
      tags: {},
      locked: false,
      createdAt: "2018-08-13T13:46:09.000Z",
    },
    {
      id: "8380dcc9-0eac-4407-9f9e-df8c9eddeacd",
      state: "stopped",
      billing: "on-demand",
      disks: ["3721b948-9c2f-4980-90ad-b2a16811f58c"],
      privateIps: ["192.168.0.218"],
      publicIps: [],
      groups: [],
      tags: {
        _sys_root_resource_id: "9d81b37c-455f-4528-b0ab-a6abcd0a330b",
        _sys_root_resource_type: "xxx.resource.type.vm",
      },
      locked: false,
      createdAt: "2018-08-13T13:38:29.000Z",
    },
    {
      id: "fb70fed9-5774-44a7-ad4a-af3ea2c2da61",
      state: "stopped",
      billing: "on-demand",
      disks: ["85bfbc4f-7733-419a-b171-c00585abf926"],
      privateIps: ["192.168.20.83"],
      publicIps: [],
      groups: [],
      tags: { combined_order_id: "CBRCS231010102024YL8962" },
      locked: false,
      createdAt: "2018-08-13T13:38:02.000Z",
    },
    {
      id: "e3d3f219-b445-4a7a-8f00-e31412481f8c",
      state: "running",
      billing: "prepaid",
      disks: ["5043f66b-a0d8-4eb2-8c48-49976bcdc253"],
      privateIps: ["192.168.20.197"],
      publicIps: [],
      groups: [],
      tags: {
        _sys_root_resource_id: "4514d9b0-d611-4744-bdf9-60802fd5198a",
        _sys_root_resource_type: "xxx.resource.type.vm",
      },
      locked: false,
      createdAt: "2018-08-13T11:57:29.000Z",
    },
  ],
  // Servers as CBR passes them on, from the live service: with an EIP each, and with user data.
  "cbr/ListProtectable/servers-large.json": [
    {
      id: "b587dbc9-4937-4802-a025-b07dfe710716",
      state: "running",
      billing: "on-demand",
      disks: ["63ec8731-df78-4cd9-806d-d19eaec3364b"],
      privateIps: ["192.168.0.131"],
      publicIps: ["101.44.193.28"],
      groups: ["b445f2bf-ff10-4a96-bcc0-314e00c5fe04"],
      tags: {},
      locked: false,
      createdAt: "2025-05-24T07:55:43.000Z",
    },
    {
      id: "bf114c19-b4e6-4a28-b9b5-6ad7fde8f2be",
      state: "running",
      billing: "on-demand",
      disks: ["ad2d1d67-f8ed-42ec-aa23-7d2adfba3381"],
      privateIps: ["192.168.0.205"],
      publicIps: ["101.44.193.30"],
      groups: ["b445f2bf-ff10-4a96-bcc0-314e00c5fe04"],
      tags: { backup_policy: "45Dd" },
      locked: false,
      createdAt: "2025-05-23T09:29:39.000Z",
    },
    {
      id: "42dc19e5-11d5-4b87-8546-a5f843fb4e6a",
      state: "running",
      billing: "on-demand",
      disks: ["27eef517-8ffa-4251-9149-9f8a393d4609"],
      privateIps: ["192.168.0.191"],
      publicIps: ["124.81.6.145"],
      groups: ["b445f2bf-ff10-4a96-bcc0-314e00c5fe04"],
      tags: { backup_policy: "44Dd" },
      locked: false,
      createdAt: "2025-05-23T09:29:39.000Z",
    },
    {
      id: "fa0f0734-fd76-4a7d-b684-7f08baeadb4a",
      state: "running",
      billing: "on-demand",
      disks: ["8bdf48e5-4e1a-46b1-8b59-cdcc9ccb2a28"],
      privateIps: ["192.168.0.223"],
      publicIps: ["101.44.195.139"],
      groups: ["b445f2bf-ff10-4a96-bcc0-314e00c5fe04"],
      tags: { backup_policy: "45Dd" },
      locked: false,
      createdAt: "2025-05-23T09:29:39.000Z",
    },
  ],
  // Nova's own form: no lock, no billing mode, no boot index, groups by name, addresses without a port.
  "ecs/NovaListServersDetails/golangsdk-nova-list.json": [
    nova("ef079b0c-e610-4dfb-b1aa-b49f07ac48e5", "10.0.0.32", "2014-09-25T13:10:02.000Z"),
    nova("9e5476bd-a4ec-4653-93d6-72c93aa682ba", "10.0.0.31", "2014-09-25T13:04:41.000Z"),
    nova("9e5476bd-a4ec-4653-93d6-72c93aa682bb", "10.0.0.31", "2014-09-25T13:04:41.000Z"),
  ],
};

function nova(id: string, ip: string, createdAt: string): RecordedServer {
  return {
    id,
    state: "running",
    billing: "unknown",
    disks: ["cfb68a5e-203f-446d-9fd7-74b7e1f9722e"],
    privateIps: [ip],
    publicIps: [],
    groups: [],
    tags: {},
    locked: "unknown",
    createdAt,
  };
}

/** What was replaced in the servers' user data, which held hashes of passwords. It must not show in any record. */
export const userDataMark = "IyEvYmluL2Jhc2gKIyByZWRhY3RlZDogaGVsZCBhIHJvb3QgcGFzc3dvcmQgaGFzaAo=";

/** Disks: texts for truth values, times without a zone, which are UTC. */
export const volumes: Readonly<Record<string, readonly object[]>> = {
  "evs/ListVolumes/available.json": [
    {
      id: "8e79e30b-cea2-45b3-8643-fe879493b7a3",
      name: "custodian-volume",
      sizeGiB: 10,
      encrypted: false,
      status: "available",
      bootable: false,
      shareable: false,
      serverIds: [],
      createdAt: "2025-03-20T07:28:45.780Z",
      tags: {},
    },
  ],
  // It does not say whether it is encrypted, and nobody may guess.
  "evs/ListVolumes/otc-doc-1.json": [
    {
      id: "b104b8db-170d-441b-897a-3c8ba9c5a214",
      name: "zjb_u25_test",
      sizeGiB: 1,
      encrypted: "unknown",
      status: "available",
      bootable: false,
      shareable: false,
      serverIds: [],
      createdAt: "2016-05-25T02:42:10.856Z",
      tags: {},
    },
  ],
};

/** EIPs: what they are bound to is told in different words. */
export const addresses: Readonly<Record<string, readonly object[]>> = {
  "eip/ListPublicips/bound-port.json": [
    {
      id: "04e5419a-1234-1234-1234-123456789abc",
      ip: "10.123.45.70",
      boundTo: "PORT",
      portId: "123456-port-id",
      prepaid: false,
    },
  ],
  // Bound to a load balancer: it is no server's.
  "eip/ListPublicips/bound-elb.json": [
    { id: "01e5419a-1234-1234-1234-123456789abc", ip: "10.123.45.67", boundTo: "ELB", prepaid: false },
  ],
};

/** Ports: "" for what nobody uses. */
export const ports: Readonly<Record<string, readonly object[]>> = {
  "vpc/NeutronListPorts/otc-doc-1.json": [
    {
      id: "791870bd-36a7-4d9b-b015-a78e9b06af08",
      name: "port-test",
      owner: "",
      networkId: "00ae08c5-f727-49ab-ad4b-b069398aa171",
      fixedIps: [],
      securityGroupIds: ["d0d58aa9-cda9-414c-9c52-6c3daf8534e6"],
      pairedIps: [],
    },
    {
      id: "7a8c720d-32b7-47cc-a943-23e48d69e30a",
      name: "a8d001aa-6946-4168-86d9-924c7d3ef8fb",
      deviceId: "6c2fcea1-b785-4253-b84e-3d887e1c67e1",
      owner: "network:router_interface_distributed",
      networkId: "26cf88ff-1a8c-4233-a8e6-183e1e299357",
      fixedIps: ["2a07:b980:4030:14::1"],
      securityGroupIds: ["34acbeed-8f65-4875-86ca-66417b1733fd"],
      pairedIps: [],
    },
  ],
  // Nothing is there, and that is said.
  "vpc/ListPorts/golangsdk-list.json": [],
};

/** Members of backend groups. One names an address although its type is "instance". */
export const members = {
  "elb/ListAllMembers/members.json": [
    {
      id: "056f9b3e-3b3b-4165-a40e-1bb74baa5206",
      poolId: "53d15621-8cbc-4ff7-b475-0ca343be4182",
      address: "192.168.0.25",
      port: 80,
      status: "OFFLINE",
    },
    {
      id: "0ac438e2-85a3-442e-a553-36145e2abfa3",
      poolId: "07e8c564-e4a0-4adf-b783-5315cabe7601",
      serverId: "bcd72935-9ab7-4038-996c-ac012794f58c",
      address: "172.16.0.52",
      port: 80,
      status: "ONLINE",
    },
  ],
} as const;

/** Rules of VPC v3. A port came as a number there, as a text elsewhere; null is "any". */
export const rules: Readonly<Record<string, readonly object[]>> = {
  "vpc/ListSecurityGroupRules/otc-doc-1.json": [
    {
      id: "f626eb24-d8bd-4d26-ae0b-c16bb65730cb",
      groupId: "0552091e-b83a-49dd-88a7-4a5c86fd9ec3",
      direction: "ingress",
      action: "allow",
      priority: 1,
      protocol: { unified: "tcp", raw: "tcp" },
      ports: { kind: "ranges", ranges: [{ from: 333, to: 333 }] },
      peer: { kind: "cidr", cidr: "10.10.0.0/16", family: "ipv4" },
    },
  ],
  "vpc/BatchCreateSecurityGroupRules/created-201.json": [
    {
      id: "95778888-f205-40c4-87c6-ad7c628cbd6c",
      direction: "ingress",
      enabled: true,
      ports: { kind: "ranges", ranges: [{ from: 3389, to: 3389 }] },
      peer: { kind: "cidr", cidr: "192.168.33.25/32", family: "ipv4" },
    },
    {
      id: "00aff108-1adc-41e7-bbda-62b6e3b3aa28",
      direction: "egress",
      enabled: true,
      ports: {
        kind: "ranges",
        ranges: [
          { from: 22, to: 22 },
          { from: 3389, to: 3389 },
        ],
      },
      peer: { kind: "cidr", cidr: "192.168.33.0/24", family: "ipv4" },
    },
  ],
};

/** Groups by name. An enterprise project came as a number. */
export const groups: Readonly<Record<string, readonly string[]>> = {
  "vpc/ListSecurityGroups/otc-doc-1.json": ["sg-test", "test-sg"],
};

/** Scaling groups and their members. */
export const scalingGroups = {
  "as/ListScalingGroups/one.json": {
    id: "test-scaling-group-id",
    name: "as-group-test",
    minSize: 0,
    desiredCapacity: 1,
    members: 0,
    status: "INSERVICE",
    securityGroupIds: ["8a4b1d5b-0054-419f-84b1-5c8a59ebc829"],
  },
} as const;
export const scalingMembers = {
  "as/ListScalingInstances/otc-doc-1.json": {
    instanceId: "b25c1589-c96c-465b-9fef-d06540d1945c",
    lifecycleState: "INSERVICE",
    protectedFromScaleIn: false,
  },
} as const;

/** Rules of NAT gateways: one names a port, one an address, and "" is neither. Times have a space in them. */
export const dnatRules = {
  "nat/ListNatGatewayDnatRules/otc-doc-1.json": [
    {
      id: "79195d50-0271-41f1-bded-4c089b2502ff",
      gatewayId: "cda3a125-2406-456c-a11f-598e10578541",
      portId: "9a469561-daac-4c94-88f5-39366e5ea193",
      outside: "5.21.11.226:242",
    },
    {
      id: "89195d50-0271-41f1-bded-4c089b2502ff",
      gatewayId: "dda3a125-2406-456c-a11f-598e10578541",
      privateIp: "192.168.1.100",
      outside: "5.21.11.227",
    },
  ],
} as const;

/** What a vault protects. */
export const vaults = {
  "cbr/ListVault/golangsdk-list.json": {
    id: "ad7627ae-5b0b-492e-b6bd-cd809b745197",
    name: "vault_name",
    resourceIds: ["23a320a5-3efd-4568-b1aa-8dd9183cc64c"],
  },
} as const;

/** A database with its group: its time zone is written without a colon. */
export const databases = {
  "rds/ListInstances/one.json": {
    id: "rds-query-instance-id",
    name: "rds-query-instance",
    groupIds: ["sg-query-id"],
    privateIps: ["192.168.0.15"],
  },
} as const;

/** Errors in all their envelopes: status, what they mean, and the cloud's own code. */
export const errors: Readonly<Record<string, readonly [status: number, code: string, cloudCode: string]>> = {
  "as/_errors/error-as2007-group-gone.json": [404, "not-found", "AS.2007"],
  "bss/_errors/error-cbc0150-wrong-site.json": [403, "wrong-account", "CBC.0150"],
  "ecs/DeleteServers/error-otc-doc-2.json": [400, "invalid-request", "Ecs.0005"],
  "elb/ShowPool/error-404-neutronerror.json": [404, "not-found", "PoolNotFound"],
  "evs/ListVolumes/error-401-apigw.json": [401, "authentication", "APIGW.0301"],
  // A template: its code is nobody's, and no guess is made.
  "evs/_error-envelopes/template-badrequest.json": [400, "unexpected", "X".repeat(3)],
  "vpc/NeutronShowSecurityGroup/error-404-vpc0501.json": [404, "not-found", "VPC.0501"],
  "vpc/ShowSubnet/error-404-vpc0501.json": [404, "not-found", "VPC.0501"],
};

/** Success without a body: the status is all there is. */
export const empty: Readonly<Record<string, number>> = {
  "as/DeleteScalingGroup/ok-empty-body.json": 200,
  "ecs/NovaRemoveSecurityGroup/accepted-202-empty.json": 202,
  "vpc/DeleteSecurityGroupRule/ok-204-empty.json": 204,
};

/** A backup that a policy made: somebody else's, of one server with its one disk. */
export const backups = {
  "cbr/ListBackups/otc-doc-1.json": {
    id: "6df2b54c-dd62-4059-a07c-1b8f24f2725d",
    name: "backup_name",
    resourceId: "94eba8b2-acc9-4d82-badc-127144cc5526",
    vaultId: "3b5816b5-f29c-4172-9d9a-76c719a659ce",
    status: "available",
    sizeGiB: 40,
    createdAt: "2019-05-10T07:59:12.085Z",
  },
} as const;

/** Jobs, of two levels and of one. */
export const jobs = {
  "ecs/ShowJob/otc-doc-1.json": {
    status: "done",
    parts: [["bae51750-0089-41a1-9b18-5c777978ff6d", { status: "done" }]],
  },
  "bms/ShowJob/success-two-level.json": {
    status: "done",
    parts: [["bae51750-0089-41a1-9b18-5c777978ff6d", { status: "done" }]],
  },
  "evs/ShowJob/success-minimal.json": { status: "done", parts: [] },
} as const;
