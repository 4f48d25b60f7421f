/**
 * What each recorded answer means, written down from the recordings by hand before any code read them. Nothing here is
 * computed by the adapter. The recordings are not ours; they lie beside the project (`../shared/recordings/tencent`).
 */

/** What DescribeInstances says of one instance. */
export interface RecordedInstance {
  readonly id: string;
  readonly state: "running" | "stopped";
  readonly billing?: "on-demand" | "prepaid";
  readonly expiresAt?: string;
  readonly locks?: readonly string[];
  /** Those that are listed; of none of the data disks does the listing alone say whether it can be detached. */
  readonly disks: readonly string[];
  readonly privateIps: readonly string[];
  readonly publicIps: readonly string[];
  readonly groups: readonly string[];
  readonly keys?: readonly string[];
  readonly tagCount?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly operating?: boolean;
  readonly hostId?: string;
  readonly placement?: readonly string[];
}

export const instances: Readonly<Record<string, readonly RecordedInstance[]>> = {
  // `ExpiredTime` and `RenewFlag` are null for what is paid by use; `Tags` is an empty list.
  "cvm/DescribeInstances/before-terminate.json": [
    {
      id: "ins-8ktxnl0g",
      state: "running",
      disks: ["disk-4h5895fq"],
      privateIps: ["192.168.0.14"],
      publicIps: ["43.159.32.207"],
      groups: ["sg-0tifsp1w"],
      keys: ["skey-pz3dn78b"],
    },
  ],
  // Paid by use, and yet with an expiry: it is the charge type that counts. The platform holds it for security.
  "cvm/DescribeInstances/doc-example-1.json": [
    {
      id: "ins-xlsyru2j",
      state: "running",
      locks: ["PROTECTIVELY_ISOLATED"],
      disks: ["disk-czsodtl1", "disk-bzsodtn1"],
      privateIps: ["172.16.32.78"],
      publicIps: ["123.207.11.190"],
      groups: ["sg-p1ezv4wz"],
      keys: ["skey-b4vakk62"],
      tags: { myKey: "myValue" },
      hostId: "host-h3m57oik",
    },
  ],
  // RUNNING, while StopInstances is OPERATING.
  "cvm/DescribeInstances/doc-example-2.json": [
    {
      id: "ins-xlsyru2j",
      state: "running",
      locks: ["PROTECTIVELY_ISOLATED"],
      disks: ["disk-czsodtl1", "disk-bzsodtn1"],
      privateIps: ["172.16.32.78"],
      publicIps: ["123.207.11.190"],
      groups: ["sg-p1ezv4wz"],
      tags: { myKey: "myValue" },
      operating: true,
      hostId: "host-h3m57oik",
      placement: ["ps-xxxxxxxx"],
    },
  ],
  "cvm/DescribeInstances/doc-example-3.json": [
    {
      id: "ins-9bxebleo",
      state: "running",
      billing: "prepaid",
      expiresAt: "2020-04-10T02:47:36.000Z",
      disks: ["disk-nucurerk"],
      privateIps: ["172.16.32.78"],
      publicIps: ["123.207.11.190"],
      groups: ["sg-p1ezv4wz"],
      tags: { city: "shenzhen" },
    },
  ],
  // Stopped without charging: the ordinary address is gone, and its list is null. Each tag is there under two names.
  "cvm/DescribeInstances/page-1-of-3.json": [
    {
      id: "ins-dq1dmpgk",
      state: "running",
      disks: ["disk-86s0fjos"],
      privateIps: ["192.168.0.11"],
      publicIps: ["43.156.31.218"],
      groups: ["sg-0tifsp1w", "sg-cj259yog"],
      keys: ["skey-0uvvu4xh"],
    },
    {
      id: "ins-00lycyy6",
      state: "stopped",
      disks: ["disk-f4cbs4nc"],
      privateIps: ["192.168.0.8"],
      publicIps: [],
      groups: ["sg-4rdhd5n6"],
      keys: ["skey-83mjf79v"],
      tags: { maid_status: "Resource does not meet policy: stop@2022-10-11T06:17:00+00:00" },
    },
    {
      id: "ins-a4vgayks",
      state: "stopped",
      disks: ["disk-96jhcorq"],
      privateIps: ["192.168.0.12"],
      publicIps: [],
      groups: ["sg-4rdhd5n6"],
      keys: [],
      tagCount: 25,
    },
  ],
  "cvm/DescribeInstances/page-2-of-3.json": [
    {
      id: "ins-n198q4gc",
      state: "running",
      disks: ["disk-2xu821gm"],
      privateIps: ["10.0.1.8"],
      publicIps: ["43.156.4.43"],
      groups: ["sg-b3fnpwk6"],
      keys: [],
    },
    {
      id: "ins-beetmuio",
      state: "running",
      disks: ["disk-fubdgqjm"],
      privateIps: ["10.48.3.4"],
      publicIps: [],
      groups: ["sg-bbxj9vro"],
      keys: ["skey-puewei5v"],
    },
    // Four data disks that say DeleteWithInstance false: they outlive it and bill.
    {
      id: "ins-5xpbvkm8",
      state: "running",
      disks: ["disk-0eu2baru", "disk-klhdsopu", "disk-peuqflbc", "disk-9uwxw17k", "disk-0fdcml0u"],
      privateIps: ["172.17.0.10"],
      publicIps: ["43.156.7.63"],
      groups: ["sg-epfytda6"],
      keys: ["skey-3cxbfyxp"],
    },
  ],
};

/** Six instances in all, three a page: a page past the end still tells the full total. */
export const pages = {
  files: ["cvm/DescribeInstances/page-1-of-3.json", "cvm/DescribeInstances/page-2-of-3.json"],
  total: 6,
} as const;

/** What DescribeDisks says. Its times have no zone and are Beijing's; `LastAttachInsId` names the present holder, too. */
export const disks = {
  "cbs/DescribeDisks/attached-tags.json": [
    {
      id: "disk-96jhcorq",
      usage: "system",
      state: "ATTACHED",
      sizeGiB: 50,
      encrypted: false,
      portable: false,
      deleteWithInstance: true,
      chargeType: "POSTPAID_BY_HOUR",
      snapshotCount: 0,
      backupCount: 0,
      instanceIds: ["ins-a4vgayks"],
      createdAt: "2022-08-30T06:24:09.000Z",
    },
  ],
  // A shareable disk has no `InstanceId`, only the list.
  "cbs/DescribeDisks/doc-example-1.json": [
    {
      id: "disk-b94t5dzt",
      usage: "data",
      state: "ATTACHED",
      sizeGiB: 10,
      encrypted: false,
      portable: true,
      deleteWithInstance: false,
      chargeType: "PREPAID",
      snapshotCount: 0,
      backupCount: 1,
      instanceIds: ["ins-agp4l0lx"],
      createdAt: "2018-09-26T09:36:07.000Z",
    },
  ],
} as const;

/** Permanent ones, although they carry a deadline. */
export const snapshots = {
  "cbs/DescribeSnapshots/doc-example-1.json": [
    { id: "snap-0jfkjwl1", diskId: "disk-omp7wl2m", sizeGiB: 70, startedAt: "2023-03-09T02:45:11.000Z" },
    { id: "snap-obgelzpb", diskId: "disk-1en5p0sq", sizeGiB: 50, startedAt: "2023-03-08T09:12:42.000Z" },
  ],
} as const;

/** Releases that are due. */
export const timers = {
  "cvm/DescribeInstancesActionTimer/doc-example-1.json": {
    instanceId: "ins-gs4iu6u3",
    id: "913d357c-ac08-449d-b283-5999f4fb7965",
    at: "2024-10-23T11:26:40.000Z",
  },
} as const;

/**
 * Who uses groups. The list names one instance of CVM; the flat counters beside it count a database, an interface and a
 * load balancer as well, which nobody may overlook.
 */
export const statistics = {
  "vpc/DescribeSecurityGroupAssociationStatistics/doc-example-1.json": {
    groupIds: ["sg-ohuuioma", "sg-2quou3gv"],
    products: ["CDB", "CLB", "CVM", "ENI"],
  },
} as const;

/** Groups whose rules name a group. */
export const references = {
  "vpc/DescribeSecurityGroupReferences/doc-example-1.json": {
    groupId: "sg-12345678",
    from: ["sg-23456789", "sg-13572468"],
  },
} as const;

/** Rules in order. Templates of services and addresses, where protocol and ports are absent; empty texts for absent. */
export const policies = {
  "vpc/DescribeSecurityGroupPolicies/doc-example-1.json": {
    version: "60",
    ingress: [
      {
        action: "allow",
        ports: { kind: "list", list: "service-template", id: "ppm-f5n1f8da" },
        peer: { kind: "address-list", list: "address-template-group", id: "ipmg-2uw6ujo6" },
        description: "ModifyPolicies",
      },
      {
        action: "allow",
        ports: { kind: "list", list: "service-template", id: "ppm-f5n1f8da" },
        peer: { kind: "address-list", list: "address-template-group", id: "ipmg-2uw6ujo6" },
        description: "2",
      },
    ],
    egress: [
      {
        action: "allow",
        ports: { kind: "list", list: "service-template", id: "ppm-f5n1f8da" },
        peer: { kind: "address-list", list: "address-template-group", id: "ipmg-2uw6ujo6" },
        description: "E1",
      },
    ],
  },
  "vpc/DescribeSecurityGroupPolicies/simple.json": {
    version: "1",
    ingress: [
      {
        action: "allow",
        ports: { kind: "all" },
        peer: { kind: "cidr", cidr: "0.0.0.0/0", family: "ipv4" },
        description: "Allow all ingress",
      },
    ],
    egress: [],
  },
} as const;

/** Security groups, and which is a default one. */
export const groups = {
  "vpc/DescribeSecurityGroups/doc-example-1.json": { id: "sg-05bb4upy", name: "demo", isDefault: true },
  // One tag key twice: nothing rests on it.
  "vpc/DescribeSecurityGroups/doc-example-2.json": { id: "sg-2got2lcz", name: "demo", isDefault: false },
} as const;

/** A registration behind a listener of layer 4; the network in the answer is a number, not the id that was asked for. */
export const registrations = {
  "clb/DescribeLBListeners/doc-example-1.json": {
    ip: "10.0.0.2",
    balancerId: "lb-xxxxx",
    listenerId: "lbl-xxxxx",
    port: "1201",
  },
} as const;

/** One instance, twice in one target group, on two ports. */
export const groupTargets = {
  "clb/DescribeTargetGroupInstances/doc-example-1.json": {
    instanceId: "ins-197234qt",
    groupId: "lbtg-5xunivs0",
    ports: ["3333", "2222"],
  },
} as const;

/** Behind two classic load balancers. */
export const classicBalancers = {
  "clb/DescribeClassicalLBByInstanceId/doc-example-1.json": {
    instanceId: "ins-odjhn6vc",
    balancerIds: ["lb-2zkbmcy4", "lb-a3u5l5zc"],
  },
} as const;

/** A secondary interface with four addresses. `EniType` 1 contradicts `Primary` false, which counts. */
export const interfaces = {
  "vpc/DescribeNetworkInterfaces/doc-example-1.json": {
    instanceId: "ins-ymk3eje8",
    id: "eni-f1xjkw1b",
    primary: false,
    privateIps: ["192.168.0.13", "192.168.0.15", "192.168.0.17", "192.168.0.24"],
    groups: ["sg-c2r7lnxh", "sg-f9ekbxeq"],
  },
} as const;

/** Two unused addresses that still name an instance and an interface: UNBIND is what counts. */
export const addresses = {
  "vpc/DescribeAddresses/doc-example-1.json": ["eip-qhx8udkc", "eip-qygpzm9y"],
} as const;

/** Two rules to one port, told apart by their protocol alone. */
export const natRules = {
  "vpc/DescribeNatGatewayDestinationIpPortTranslationNatRules/doc-example-1.json": {
    vpcId: "vpc-0yi4hekt",
    privateIp: "10.80.80.41",
    ids: ["nat-3isn9hr0/tcp/139.199.232.238:8989", "nat-3isn9hr0/udp/139.199.232.238:8989"],
  },
} as const;

/** A route to a cloud network: to none of our instances. */
export const foreignRoutes = ["vpc/DescribeRouteTables/doc-example-1.json"] as const;

/** Virtual addresses that nobody holds: `""` for their holder. */
export const freeVirtualAddresses = ["vpc/DescribeHaVips/doc-example-1.json"] as const;

/** A member of a scaling group. */
export const scalingMembers = {
  "autoscaling/DescribeAutoScalingInstances/doc-example-1.json": {
    instanceId: "ins-1fswxz1m",
    groupId: "asg-4o61gsxi",
  },
} as const;

/** A refund in yuan, as a number. */
export const refunds = {
  "cvm/InquiryPriceTerminateInstances/doc-example-1.json": { instanceId: "ins-rfmme2si", amount: "2644.44" },
} as const;

/** Errors: the code alone tells. One has a Chinese message, one has neither message nor request id. */
export const errors = {
  "cvm/StopInstances/error-invalid-parameter-zh.json": {
    code: "invalid-request",
    cloudCode: "InvalidParameter",
    requestId: "35bdee09-dfd1-4c81-8116-00c048989867",
  },
  "cvm/_errors/error-request-limit-exceeded.json": { code: "throttled", cloudCode: "RequestLimitExceeded" },
} as const;
