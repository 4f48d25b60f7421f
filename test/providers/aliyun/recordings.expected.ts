/**
 * What each recorded answer means, written down from the recordings by hand before any test read them. Nothing here is
 * computed by the adapter. The recordings are not ours; they lie beside the project (`../shared/recordings/aliyun`).
 */

/** What DescribeInstances says of one instance. */
export interface RecordedInstance {
  readonly id: string;
  readonly name: string;
  readonly billing: "on-demand" | "prepaid" | "spot";
  /** Nobody says: older answers have no such field, and absence is not "off". */
  readonly protection: boolean | "unknown";
  readonly privateIps: readonly string[];
  readonly addresses: readonly (readonly [ip: string, kind: "elastic" | "ephemeral"])[];
  readonly groups: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly scheduledReleaseAt?: string;
  readonly host?: string;
}

const jclouds = (id: string): RecordedInstance => ({
  id,
  name: "jclouds",
  // The far date of 2099 is no end of a subscription.
  billing: "on-demand",
  protection: "unknown",
  privateIps: ["192.168.0.141"],
  // Its EipAddress is there with every field empty: no EIP.
  addresses: [["47.254.152.220", "ephemeral"]],
  groups: ["sg-gw8a9zlvmuyirwxlwsc1"],
  tags: { jclouds_tags: "aliyun-ecss", test: "aliyun-ecss" },
});

const documented: RecordedInstance = {
  id: "i-bp67acfmxazb4p****",
  name: "InstanceNameTest",
  // Paid by use, although the example has a sale cycle and a time of expiry that is over.
  billing: "on-demand",
  protection: false,
  privateIps: ["172.17.**.***", "172.17.**.**"],
  addresses: [
    ["121.40.**.**", "ephemeral"],
    ["42.112.**.**", "elastic"],
  ],
  groups: ["sg-bp67acfmxazb4p****"],
  tags: { TestKey: "TestValue" },
  scheduledReleaseAt: "2017-12-10T04:04:00.000Z",
  host: "dh-bp67acfmxazb4p****",
};

export const instances: Readonly<Record<string, readonly RecordedInstance[]>> = {
  "ecs/DescribeInstances/doc-en-1.json": [documented],
  "ecs/DescribeInstances/doc-zh-1.json": [documented],
  "ecs/DescribeInstances/jclouds-instances-first.json": [
    jclouds("i-gw8d5xjpg9ses2u0tcea1"),
    jclouds("i-gw8d5xjpg9ses2u0tcea10"),
  ],
};

/** What DescribeDisks says: `dies` with its instance, `automatic` whether automatic snapshots go with the disk. */
export interface RecordedDisk {
  readonly id: string;
  readonly instanceId?: string;
  readonly role: "system" | "data";
  readonly sizeGiB: number;
  readonly dies: boolean;
  readonly portable: boolean;
  readonly automatic: boolean;
  readonly encrypted: boolean | "unknown";
}

export const disks: Readonly<Record<string, readonly RecordedDisk[]>> = {
  "ecs/DescribeDisks/doc-en-1.json": [
    {
      id: "d-bp18um4r4f2fve24****",
      instanceId: "i-bp1j4i2jdf3owlhe****",
      role: "system",
      sizeGiB: 40,
      dies: true,
      portable: false,
      automatic: false,
      encrypted: false,
    },
  ],
  // Free disks: an empty instance id is none.
  "ecs/DescribeDisks/doc-zh-1.json": ["d-28m5zb***", "d-28zfrmo13"].map((id) => ({
    id,
    role: "data",
    sizeGiB: 5,
    dies: false,
    portable: true,
    automatic: true,
    encrypted: "unknown",
  })),
};

/** Which disk is on which instance by the second listing. */
export const opinions: Readonly<Record<string, readonly (readonly [instanceId: string, diskId: string])[]>> = {
  "ecs/DescribeDisksFullStatus/doc-en-1.json": [
    ["i-bp67acfmxazb4p****", "d-bp67acfmxazb4p****"],
    ["i-instance2", "d-disk2"],
  ],
};

export const interfaces = {
  "ecs/DescribeNetworkInterfaces/doc-en-1.json": {
    id: "eni-wz9iib303as7e5c3****",
    primary: true,
    instanceId: "i-wz91t9p4j9xsw2pn****",
    groups: ["sg-wz9iib303as7e5c7****"],
    privateIps: ["192.168.**.**", "2408:4321:180:1701:94c7:bc38:3bfa:***"],
    // `AssociatedPublicIp` is there, and empty.
    addresses: [],
    // Neither is told.
    deleteOnRelease: "unknown",
    serviceManaged: "unknown",
  },
} as const;

/** Groups by id, with their networks. One called "default" is not known to be one by that. */
export const groups: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "ecs/DescribeSecurityGroups/doc-en-1.json": { "sg-bp67acfmxazb4p****": "vpc-bp67acfmxazb4p****" },
  "ecs/DescribeSecurityGroups/jclouds-securitygroups-first.json": {
    "sg-gw8e5qdwvppsinxlmeu9": "vpc-gw8vbir5z9j9lncyrjjhx",
    "sg-gw8e5qdwvppsinxlmeu2": "vpc-gw8vbir5z9j9lncyrjjhb",
    "sg-gw8izkhfxvoemvocgdsj": "vpc-gw8vbir5z9j9lncyrjjhx",
    "sg-gw838ply3g09998rmie1": "vpc-gw8vbir5z9j9lncyrjjhx",
    "sg-gw838ply3g0993boacgo": "vpc-gw8vbir5z9j9lncyrjjhx",
  },
};

/**
 * Answers of a shape that the API of today does not have: wrapped or unwrapped one level too far, or without the ids of
 * rules. Each must show as a source that was not read, never as "nothing there".
 */
export const unreadable: readonly (readonly [file: string, source: string])[] = [
  ["ecs/DescribeSecurityGroupReferences/doc-en-1.json", "ecs:DescribeSecurityGroupReferences"],
  ["ecs/DescribeSecurityGroupAttribute/doc-en-1.json", "ecs:DescribeSecurityGroupAttribute"],
  ["ess/DescribeScalingInstances/doc-en-1.json", "ess:DescribeScalingInstances"],
  ["ess/DescribeScalingGroups/doc-en-1.json", "ess:DescribeScalingGroups"],
  ["vpc/DescribeNatGateways/doc-en-1.json", "vpc:DescribeForwardTableEntries"],
  ["slb/DescribeMasterSlaveServerGroupAttribute/doc-en-1.json", "slb:DescribeLoadBalancers"],
];

/** Answers that say something of one instance: kind and id of what they show. */
export const shown: Readonly<
  Record<string, { readonly instanceId: string; readonly kind: string; readonly id: string; readonly effect: string }>
> = {
  // Planned, not under way.
  "ecs/DescribeInstancesFullStatus/doc-en-1.json": {
    instanceId: "i-bp19cx17f2yx****",
    kind: "pending-operation",
    id: "e-bp1hygp5b04o56l0****",
    effect: "report",
  },
  "ecs/DescribeInstanceRamRole/doc-en-1.json": {
    instanceId: "i-bp67acfmxazb4p****",
    kind: "instance-role",
    id: "EcsServiceRole-EcsDocGuideTest",
    effect: "report",
  },
  "ecs/DescribeInstanceAttachmentAttributes/doc-en-1.json": {
    instanceId: "i-bp67acfmxazb4****",
    kind: "capacity-reservation",
    id: "eap-bp67acfmxazb4****",
    effect: "report",
  },
};

/** Backends of classic balancers; ports and weights are texts here and numbers there. */
export const backends: Readonly<Record<string, readonly string[]>> = {
  "slb/DescribeLoadBalancerAttribute/doc-en-1.json": ["i-bp1c3zrr37ab***** - 100"],
  "slb/DescribeVServerGroupAttribute/doc-en-1.json": ["vm-233 80 100", "vm-232 90 100"],
};

/** A success can carry a code: the HTTP status decides. */
export const successWithCode = "vpc/DescribeRouterTables/cloudmux-code-200-envelope.json";

/** What recorded errors mean, whatever asked. */
export const errors: Readonly<Record<string, string>> = {
  "bss/_errors/error-notauthorized.json": "access-denied",
  "ecs/_errors/error-incorrectinstancestatus.json": "wrong-state",
  "ecs/_errors/error-invalidsecuritygroupid.notfound.json": "not-found",
  "slb/_errors/error-invalidparameter.json": "invalid-request",
  // Of requests that this adapter never sends.
  "ecs/StopInvocation/error-invalidinstance.noclient.json": "unexpected",
};
