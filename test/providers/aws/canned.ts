import { awsCalls, type OpenAwsCall } from "../../../providers/aws/call.js";
import type { AwsSdkClient } from "../../../providers/aws/options.js";
import { services } from "../../../providers/aws/services.js";
import { fakeClock } from "../../../src/testing/fake-clock.js";

/** What a command is answered with: its output, or a function of its input. An `Error` is thrown. */
export type Canned = object | ((input: Readonly<Record<string, unknown>>) => object);

/** One command that was sent. */
export interface SentCommand {
  readonly api: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * Calls whose SDK clients answer from a table, in the shape the SDK parses answers into. For states that no seed makes:
 * answers that disagree, fields that are missing. An API that is not in the table is denied.
 */
export function cannedCalls(answers: Readonly<Record<string, Canned>>): {
  readonly open: OpenAwsCall;
  readonly sent: readonly SentCommand[];
} {
  const sent: SentCommand[] = [];
  const table: Readonly<Record<string, Canned>> = {
    "sts:GetCallerIdentity": { Account: "123456789012", Arn: "arn:aws:iam::123456789012:user/test", UserId: "AIDA" },
    ...answers,
  };
  const clientOf = (service: string): AwsSdkClient => ({
    config: { region: "eu-west-1" },
    destroy: () => undefined,
    send: async (command: object) => {
      const api = `${service}:${command.constructor.name.replace(/Command$/, "")}`;
      const input = "input" in command ? { ...(command.input as object) } : {};
      sent.push({ api, input });
      const canned = table[api] ?? deniedError(api);
      const answer = typeof canned === "function" ? canned(input) : canned;
      if (answer instanceof Error) throw answer;
      return { $metadata: { httpStatusCode: 200, requestId: `canned-${sent.length}` }, ...answer };
    },
  });
  const open = awsCalls({
    region: "eu-west-1",
    clients: Object.fromEntries(Object.keys(services).map((service) => [service, clientOf(service)])),
    clock: fakeClock(),
  });
  return { open, sent };
}

/** An error as the SDK throws it. */
export function sdkError(code: string, status = 400): Error {
  return Object.assign(new Error(code), { name: code, Code: code, $metadata: { httpStatusCode: status } });
}

function deniedError(api: string): Error {
  return sdkError(api.startsWith("ec2:") ? "UnauthorizedOperation" : "AccessDenied", 403);
}

/** One running instance as DescribeInstances shows it, with one system disk. */
export function cannedInstance(over: Readonly<Record<string, unknown>> = {}) {
  return {
    InstanceId: "i-0123456789abcdef0",
    InstanceType: "t3.micro",
    State: { Code: 16, Name: "running" },
    RootDeviceName: "/dev/xvda",
    RootDeviceType: "ebs",
    LaunchTime: new Date("2026-01-01T00:00:00.000Z"),
    Placement: { AvailabilityZone: "eu-west-1a" },
    VpcId: "vpc-0123456789abcdef0",
    SubnetId: "subnet-0123456789abcdef0",
    PrivateIpAddress: "10.0.0.5",
    SourceDestCheck: true,
    SecurityGroups: [{ GroupId: "sg-0123456789abcdef0", GroupName: "app" }],
    BlockDeviceMappings: [
      {
        DeviceName: "/dev/xvda",
        Ebs: { VolumeId: "vol-0123456789abcdef0", Status: "attached", DeleteOnTermination: true },
      },
    ],
    NetworkInterfaces: [
      {
        NetworkInterfaceId: "eni-0123456789abcdef0",
        PrivateIpAddress: "10.0.0.5",
        PrivateIpAddresses: [{ PrivateIpAddress: "10.0.0.5", Primary: true }],
        Groups: [{ GroupId: "sg-0123456789abcdef0", GroupName: "app" }],
        Attachment: { DeviceIndex: 0, DeleteOnTermination: true, Status: "attached" },
      },
    ],
    Tags: [],
    ...over,
  };
}

/** Its volume as DescribeVolumes shows it. */
export function cannedVolume(over: Readonly<Record<string, unknown>> = {}) {
  return {
    VolumeId: "vol-0123456789abcdef0",
    Size: 40,
    State: "in-use",
    Encrypted: false,
    Attachments: [
      {
        VolumeId: "vol-0123456789abcdef0",
        InstanceId: "i-0123456789abcdef0",
        Device: "/dev/xvda",
        State: "attached",
        DeleteOnTermination: true,
      },
    ],
    ...over,
  };
}

/** Answers that show one plain instance and nothing else in the region. */
export function plainRegion(over: Readonly<Record<string, Canned>> = {}): Readonly<Record<string, Canned>> {
  return {
    "ec2:DescribeInstances": { Reservations: [{ Instances: [cannedInstance()] }] },
    "ec2:DescribeVolumes": { Volumes: [cannedVolume()] },
    "ec2:DescribeInstanceTypes": { InstanceTypes: [{ InstanceType: "t3.micro", InstanceStorageSupported: false }] },
    "ec2:DescribeInstanceAttribute": { DisableApiTermination: { Value: false }, DisableApiStop: { Value: false } },
    "ec2:DescribeRouteTables": { RouteTables: [] },
    "ec2:DescribeSecurityGroups": { SecurityGroups: [] },
    "ec2:DescribeSecurityGroupRules": { SecurityGroupRules: [] },
    "ec2:DescribeNetworkInterfaces": { NetworkInterfaces: [] },
    "ec2:DescribeLaunchTemplateVersions": { LaunchTemplateVersions: [] },
    "ec2:DescribeSecurityGroupReferences": { SecurityGroupReferenceSet: [] },
    "ec2:DescribeSecurityGroupVpcAssociations": { SecurityGroupVpcAssociations: [] },
    "ec2:DescribeManagedPrefixLists": { PrefixLists: [] },
    "ec2:DescribeSnapshots": { Snapshots: [] },
    "ec2:DescribeImages": { Images: [] },
    "ec2:DescribeReplaceRootVolumeTasks": { ReplaceRootVolumeTasks: [] },
    "ec2:DescribeAddresses": { Addresses: [] },
    "autoscaling:DescribeAutoScalingGroups": { AutoScalingGroups: [] },
    "autoscaling:DescribeAutoScalingInstances": { AutoScalingInstances: [] },
    "autoscaling:DescribeLaunchConfigurations": { LaunchConfigurations: [] },
    "elasticloadbalancing:DescribeTargetGroups": { TargetGroups: [] },
    "elb:DescribeLoadBalancers": { LoadBalancerDescriptions: [] },
    "ec2:DescribeFlowLogs": { FlowLogs: [] },
    "ec2:DescribeIamInstanceProfileAssociations": { IamInstanceProfileAssociations: [] },
    "ec2:DescribeInstanceEventWindows": { InstanceEventWindows: [] },
    "ec2:DescribeNetworkAcls": { NetworkAcls: [] },
    "ec2:DescribeReservedInstances": { ReservedInstances: [] },
    "ec2:DescribeTrafficMirrorSessions": { TrafficMirrorSessions: [] },
    "ec2:DescribeTrafficMirrorTargets": { TrafficMirrorTargets: [] },
    "ec2:DescribeVolumesModifications": { VolumesModifications: [] },
    "backup:ListBackupPlans": { BackupPlansList: [] },
    "backup:ListProtectedResources": { Results: [] },
    "cloudwatch:DescribeAlarms": { MetricAlarms: [], CompositeAlarms: [] },
    "dlm:GetLifecyclePolicies": { Policies: [] },
    "ecs:ListClusters": { clusterArns: [] },
    "ram:ListResources": { resources: [] },
    "rds:DescribeDBClusters": { DBClusters: [] },
    "rds:DescribeDBInstances": { DBInstances: [] },
    "route53:ListHostedZones": { HostedZones: [], IsTruncated: false },
    "savingsplans:DescribeSavingsPlans": { savingsPlans: [] },
    "servicediscovery:ListServices": { Services: [] },
    "ssm:DescribeInstanceInformation": { InstanceInformationList: [] },
    ...over,
  };
}
