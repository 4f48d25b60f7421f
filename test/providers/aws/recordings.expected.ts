/**
 * What each recorded answer means, written down from the recordings by hand before any code read them. Nothing here is
 * computed by the adapter. The recordings are not ours; they lie beside the project (`../shared/recordings/aws`).
 */

/** What DescribeInstances says of one instance. `disks` is what the instance lists; `complete`: a system disk is among them. */
export interface RecordedInstance {
  readonly id: string;
  readonly state: "pending" | "running" | "gone";
  readonly disks: readonly string[];
  readonly complete: boolean;
  readonly privateIps: readonly string[];
  readonly publicIps: readonly string[];
  readonly groups: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly placement?: string;
  readonly profile?: string;
}

export const instances: Readonly<Record<string, readonly RecordedInstance[]>> = {
  // Still starting: no disk and no address is known yet, which is not "no disks".
  "ec2/DescribeInstances/jclouds-aws-describe-instances-1.xml": [
    {
      id: "i-059c2564",
      state: "pending",
      disks: [],
      complete: false,
      privateIps: [],
      publicIps: [],
      groups: ["sg-15f4d17c"],
    },
  ],
  // A 200 with an empty list: nobody is there, and that proves nothing yet.
  "ec2/DescribeInstances/jclouds-aws-describe-instances-3.xml": [],
  "ec2/DescribeInstances/jclouds-aws-describe-instances-latest.xml": [
    {
      id: "i-911444f0",
      state: "running",
      disks: ["vol-5829fc32"],
      complete: true,
      privateIps: ["10.212.81.7"],
      publicIps: ["174.129.173.155"],
      groups: ["sg-ef052b86"],
      tags: { Name: "ec2-o", Empty: "" },
    },
    {
      id: "i-931444f2",
      state: "running",
      disks: ["vol-5029fc3a"],
      complete: true,
      privateIps: ["10.212.185.8"],
      publicIps: ["50.19.207.248"],
      groups: ["sg-ef052b86"],
      profile: "arn:aws:iam::123456789012:instance-profile/application_abc/component_xyz/Webserver",
    },
  ],
  "ec2/DescribeInstances/jclouds-aws-describe-instances-pending.xml": [
    {
      id: "i-32451248",
      state: "pending",
      disks: ["vol-b2beb3c9"],
      complete: true,
      privateIps: ["10.194.149.220"],
      publicIps: ["23.20.17.42"],
      groups: ["sg-f788299f", "sg-7e512116"],
      tags: { Name: "4c858090-f66c-4225-aa57-6fcaa42198ae-32451248" },
    },
  ],
  "ec2/DescribeInstances/jclouds-describe-instances-multiple.xml": [
    {
      id: "i-2baa5550",
      state: "running",
      disks: ["vol-f2d7c993"],
      complete: true,
      privateIps: ["10.28.89.195"],
      publicIps: ["50.16.1.166"],
      groups: ["sg-3c6ef654"],
      tags: { Name: "mygroup2-2baa5550" },
    },
    {
      id: "i-abcd1234",
      state: "running",
      disks: ["vol-f2d7c900"],
      complete: true,
      privateIps: ["10.28.89.100"],
      publicIps: ["50.16.1.100"],
      groups: ["sg-3c6ef654"],
      tags: { Name: "mygroup2-abcd1234" },
    },
  ],
  // No root device, no mapping, no group on the instance itself: the disks are not known, which is not "none".
  "ec2/DescribeInstances/jclouds-describe-instances-running.xml": [
    {
      id: "i-0799056f",
      state: "running",
      disks: [],
      complete: false,
      privateIps: ["10.243.42.70"],
      publicIps: ["174.129.81.68"],
      groups: [],
    },
  ],
  // The name of the state counts, not its code, which says pending.
  "ec2/DescribeInstances/jclouds-describe-instances.xml": [
    {
      id: "i-28a64341",
      state: "running",
      disks: [],
      complete: false,
      privateIps: [],
      publicIps: [],
      groups: [],
      tags: { Name: "ec2-o", Empty: "" },
    },
    { id: "i-28a64435", state: "running", disks: [], complete: false, privateIps: [], publicIps: [], groups: [] },
  ],
};

/**
 * Answers that cannot be read: a trouble of the service, never "nothing there". Two hold times that the SDK throws at;
 * in the third a stray sign between two elements makes the SDK hand on an instance without any field.
 */
export const unreadable: readonly string[] = [
  "ec2/DescribeInstances/jclouds-aws-describe-instances-2.xml",
  "ec2/DescribeInstances/jclouds-describe-instances-ebs.xml",
  "ec2/DescribeSpotInstanceRequests/botocore-wire.xml",
];

/** What DescribeVolumes says of the volumes that hang on an instance. */
export interface RecordedVolume {
  readonly id: string;
  readonly instanceId: string;
  readonly sizeGiB: number;
  readonly dies: boolean | "unknown";
  readonly encrypted: boolean | "unknown";
}

export const volumes: Readonly<Record<string, readonly RecordedVolume[]>> = {
  // Older answers do not say whether a volume is encrypted.
  "ec2/DescribeVolumes/botocore-wire.xml": [
    { id: "vol-bc71579a", instanceId: "i-fde9cece", sizeGiB: 8, dies: true, encrypted: "unknown" },
    { id: "vol-a8d2e991", instanceId: "i-78f1b94a", sizeGiB: 30, dies: true, encrypted: "unknown" },
  ],
  "ec2/DescribeVolumes/doc-example-1.json": [
    { id: "vol-049df61146c4d7901", instanceId: "i-1234567890abcdef0", sizeGiB: 8, dies: true, encrypted: "unknown" },
  ],
  "ec2/DescribeVolumes/doc-example-2.json": [
    { id: "vol-049df61146c4d7901", instanceId: "i-1234567890abcdef0", sizeGiB: 8, dies: true, encrypted: "unknown" },
  ],
  // The free volume hangs on nothing; the attached one does not say whether it dies with its instance.
  "ec2/DescribeVolumes/jclouds.xml": [
    { id: "vol-4282672b", instanceId: "i-6058a509", sizeGiB: 800, dies: "unknown", encrypted: false },
  ],
};

/** The allocation id that each public address has. One of EC2-Classic has none, and is no less the account's own. */
export const addresses: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
  "ec2/DescribeAddresses/doc-example-1.json": { "198.51.100.0": undefined, "203.0.113.0": "eipalloc-12345678" },
  "ec2/DescribeAddresses/doc-example-2.json": { "203.0.113.0": "eipalloc-12345678" },
  "ec2/DescribeAddresses/jclouds-single.xml": { "67.202.55.255": undefined },
  "ec2/DescribeAddresses/jclouds-tags.xml": {
    "67.202.55.255": undefined,
    "67.202.55.233": undefined,
    "54.76.27.192": undefined,
  },
};

/** What snapshots there are, and none of them is ours. */
export const snapshots: Readonly<
  Record<
    string,
    readonly { readonly id: string; readonly diskId: string; readonly state: string; readonly sizeGiB: number }[]
  >
> = {
  "ec2/DescribeSnapshots/doc-example-1.json": [
    { id: "snap-1234567890abcdef0", diskId: "vol-049df61146c4d7901", state: "completed", sizeGiB: 8 },
  ],
  "ec2/DescribeSnapshots/doc-example-2.json": [
    { id: "snap-066877671789bd71b", diskId: "vol-1234567890abcdef0", state: "pending", sizeGiB: 8 },
  ],
  "ec2/DescribeSnapshots/jclouds.xml": [{ id: "snap-78a54011", diskId: "vol-4d826724", state: "pending", sizeGiB: 10 }],
  // A multi-volume set just started: progress "" and pending. A proof of nothing yet.
  "ec2/CreateSnapshots/multi-volume.json": [
    { id: "snap-07187bfeb49818609", diskId: "vol-0caf24c45a8aa4b11", state: "pending", sizeGiB: 8 },
    { id: "snap-051cf33e858fe7bf7", diskId: "vol-05117418b3ad30481", state: "pending", sizeGiB: 8 },
    { id: "snap-04589ad9a763d4cfd", diskId: "vol-0188a91cfcb95c342", state: "pending", sizeGiB: 8 },
  ],
};

/** Routes of the recorded tables that lead to an instance or interface: none, all go to gateways. */
export const routes: Readonly<Record<string, readonly string[]>> = {
  "ec2/DescribeRouteTables/jclouds.xml": [],
};

/** Groups: whether each is a default group, and which other groups its rules name, egress included. */
export const groups: Readonly<
  Record<string, readonly { readonly id: string; readonly isDefault: boolean; readonly names: readonly string[] }[]>
> = {
  "ec2/DescribeSecurityGroups/botocore-wire.xml": [
    { id: "sg-68d8a958", isDefault: false, names: [] },
    { id: "sg-72334242", isDefault: false, names: [] },
    { id: "sg-4e970e7e", isDefault: false, names: [] },
    // It names itself, which makes nobody else a user of it.
    { id: "sg-eab831da", isDefault: true, names: [] },
    { id: "sg-97b1aefb", isDefault: true, names: [] },
  ],
  // oriented-sole has no ingress rule; its egress rule alone names sincere-amoeba.
  "ec2/DescribeSecurityGroups/cross-references.json": [
    { id: "sg-01ba3c57af54ef22c", isDefault: false, names: [] },
    { id: "sg-073c8f4fb3b58731d", isDefault: false, names: ["sg-01ba3c57af54ef22c"] },
    { id: "sg-0574847ed3b27389b", isDefault: true, names: [] },
    { id: "sg-0d1564b340cac910f", isDefault: true, names: [] },
  ],
  "ec2/DescribeSecurityGroups/jclouds-vpc.xml": [{ id: "sg-11111111", isDefault: true, names: [] }],
  // EC2-Classic: no egress list at all, which there means none.
  "ec2/DescribeSecurityGroups/jclouds.xml": [
    { id: "sg-3c6ef654", isDefault: false, names: [] },
    { id: "sg-867309ab", isDefault: false, names: [] },
  ],
};

/** Users of groups that interfaces show: group, interface, instance. */
export const interfaces: Readonly<
  Record<string, readonly (readonly [group: string, card: string, instance: string])[]>
> = {
  "ec2/DescribeNetworkInterfaces/botocore-wire.xml": [
    ["sg-3f4b5653", "eni-0f62d866", "i-22197876"],
    ["sg-a2a0b2ce", "eni-a66ed5cf", "i-886401dc"],
  ],
  "ec2/DescribeNetworkInterfaces/libcloud-describe-network-interfaces.xml": [
    ["sg-495a9926", "eni-18e6c05e", "i-caa71db1"],
    ["sg-13e4607c", "eni-83e3c5c5", "i-caa71db1"],
    ["sg-495a9926", "eni-83e3c5c5", "i-caa71db1"],
  ],
};

/** References from peered networks: group and connection. */
export const references: Readonly<Record<string, readonly (readonly [group: string, connection: string])[]>> = {
  "ec2/DescribeSecurityGroupReferences/doc-example-1.json": [["sg-903004f8", "pcx-b04deed9"]],
};

/** What one attribute's answer says of both protections: an answer about something else says nothing of them. */
export const protections: Readonly<
  Record<string, { readonly termination: boolean | "unknown"; readonly stop: boolean | "unknown" }>
> = {
  "ec2/DescribeInstanceAttribute/doc-example-1.json": { termination: "unknown", stop: "unknown" },
  "ec2/DescribeInstanceAttribute/doc-example-2.json": { termination: false, stop: "unknown" },
};

/** Hosts, with how many instances others have on each. */
export const hosts: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "ec2/DescribeHosts/three.json": { "h-0fd4c41a3a3592144": 1, "h-0fd4c41a3a3592145": 0, "h-0fd4c41a3a3592143": 0 },
};

/** Images that name the instance they were made from: none of these do. */
export const images: Readonly<Record<string, readonly string[]>> = {
  "ec2/DescribeImages/two-deprecation.json": [],
};

/** Target groups: kind and network. They are from a time before there was another kind than instances. */
export const targetGroups: Readonly<
  Record<string, readonly { readonly name: string; readonly targetType: string; readonly vpcId: string }[]>
> = {
  "elasticloadbalancingv2/DescribeTargetGroups/two.json": [
    { name: "target-group-1", targetType: "instance", vpcId: "vpc-47b2b823" },
    { name: "target-group-2", targetType: "instance", vpcId: "vpc-4a9ff72e" },
  ],
};

/** Targets: without a health they are registered all the same. */
export const targets: Readonly<
  Record<string, readonly { readonly id: string; readonly port: number; readonly state: string }[]>
> = {
  "elasticloadbalancingv2/DescribeTargetHealth/two.json": [
    { id: "i-123456", port: 123, state: "unknown" },
    { id: "i-7890", port: 456, state: "unknown" },
  ],
};

/** Classic load balancers, with what is registered there: nothing, although each is there. */
export const classicBalancers: Readonly<
  Record<string, readonly { readonly name: string; readonly instanceIds: readonly string[] }[]>
> = {
  "elasticloadbalancing/DescribeLoadBalancers/classic-one.json": [{ name: "elb1", instanceIds: [] }],
  "elasticloadbalancing/DescribeLoadBalancers/botocore-wire.xml": [],
};

/**
 * Databases, by whether their groups are told. A database whose answer names no groups at all may share one with
 * anybody: that is not known, rather than not so.
 */
export const databases: Readonly<Record<string, "checked" | "partial">> = {
  "rds/DescribeDBInstances/deletion-protection.json": "partial",
  "rds/DescribeDBInstances/botocore-wire.xml": "checked",
};

/** Commitments that are paid for, by kind of instance. One that names no scope is for its zone alone. */
export const commitments: Readonly<
  Record<string, readonly { readonly type: string; readonly ids: readonly string[] }[]>
> = {
  "ec2/DescribeReservedInstances/botocore-wire.xml": [
    { type: "m1.xlarge", ids: ["4b2293b4-5813-4cc8-9ce3-1957fc1dcfc8EXAMPLE"] },
    { type: "t3.micro", ids: [] },
  ],
};

/** Profiles, with how many instances have each or are about to. */
export const profiles: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  "ec2/DescribeIamInstanceProfileAssociations/states.json": {
    "arn:aws:iam::644160558196:instance-profile/ecsInstanceRole": 3,
  },
};

/** Listings that are empty and say so: the list is there. */
export const empty: readonly string[] = [
  "autoscaling/DescribeAutoScalingGroups/botocore-wire.xml",
  "autoscaling/DescribeAutoScalingInstances/botocore-wire.xml",
];

/** What an error means, from its code alone. */
export const errors: Readonly<Record<string, string>> = {
  "ec2/DescribeInstances/error-botocore-wire.xml": "invalid-request",
  "ec2/DescribeKeyPairs/error-not-found.xml": "not-found",
  "ec2/RunInstances/error-idempotent-parameter-mismatch.xml": "invalid-request",
  "ec2/TerminateInstances/error-termination-protected.json": "protected",
  "ec2/AuthorizeSecurityGroupIngress/error-duplicate.json": "conflict",
  "ec2/CreateVolume/error-missing-parameter.json": "invalid-request",
  "ec2/DeleteInternetGateway/error-dependency-violation.json": "dependency",
  "ec2/DeleteSubnet/error-dependency-violation.json": "dependency",
  "elasticloadbalancingv2/DeleteLoadBalancer/error-deletion-protected.json": "protected",
  "autoscaling/DeletePolicy/error-botocore-wire.xml": "invalid-request",
  "rds/DescribeDBInstances/error-botocore-wire.xml": "not-found",
};

/** What an answer to a request that ends or stops an instance says of it. */
export const changes: Readonly<Record<string, { readonly id: string; readonly status: string }>> = {
  "ec2/TerminateInstances/doc-example-1.json": { id: "i-1234567890abcdef0", status: "accepted" },
  // An old form: it names no current state, but it names the instance.
  "ec2/TerminateInstances/jclouds.xml": { id: "i-3ea74257", status: "accepted" },
  "ec2/TerminateInstances/error-termination-protected.json": { id: "i-017fc9a2a33b853fe", status: "blocked" },
  "ec2/StopInstances/botocore-wire.xml": { id: "i-10a64379", status: "quarantined" },
  "ec2/StopInstances/jclouds.xml": { id: "i-10a64379", status: "quarantined" },
};

/** Successes that say nothing more: an empty answer, or one with or without the word `true`. */
export const successes: readonly string[] = [
  "ec2/DeleteSecurityGroup/jclouds.xml",
  "ec2/DeleteSnapshot/ok.json",
  "ec2/DeleteVolume/ok.json",
  "ec2/DisassociateAddress/ok.json",
  "ec2/ModifyInstanceAttribute/ok.json",
  "ec2/ReleaseAddress/libcloud-release-address.xml",
  "ec2/RevokeSecurityGroupEgress/ok-no-return-flag.json",
  "ec2/RevokeSecurityGroupIngress/ok-no-return-flag.json",
];

/** An error that is leave: the dry run of anything. */
export const leave: readonly string[] = ["ec2/_errors/dry-run-operation.xml"];

/** Recordings of actions that the adapter does not send. */
export const notSent: readonly string[] = [
  "ec2/CreateSnapshot/",
  "ec2/DeleteNetworkInterface/",
  "ec2/DescribeInstanceStatus/",
  "ec2/DescribeNatGateways/",
  "ec2/DescribePlacementGroups/",
  "ec2/DescribeStaleSecurityGroups/",
  "ec2/DescribeTags/",
  "ec2/DescribeVolumeStatus/",
  "ec2/DetachNetworkInterface/",
  "ec2/DetachVolume/",
  "ec2/GetSecurityGroupsForVpc/",
  "elasticloadbalancing/DeregisterInstancesFromLoadBalancer/",
  "elasticloadbalancingv2/DescribeLoadBalancers/",
];
