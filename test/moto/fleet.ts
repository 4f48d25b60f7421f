import {
  AttachInstancesCommand,
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  DescribeSubnetsCommand,
  EC2Client,
  ModifyInstanceAttributeCommand,
  RunInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";

/** Clients of the test itself: it looks at moto with its own eyes. */
export interface Clients {
  readonly ec2: EC2Client;
  readonly scaling: AutoScalingClient;
  readonly balancing: ElasticLoadBalancingV2Client;
}

/** Two hundred servers, and what hangs on them. */
export interface Fleet {
  /** All that are to be retired, in the order asked. */
  readonly targets: readonly string[];
  /** Those of them that must still stand in the end. */
  readonly protectedIds: readonly string[];
  readonly ownedIds: readonly string[];
  /** Servers nobody asked about, in the group they share with targets. */
  readonly bystanders: readonly string[];
  readonly sharedGroupId: string;
  readonly targetGroups: readonly string[];
  /** Elastic IPs, by the target that holds them. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Volumes that outlive their target, by target. */
  readonly keptDisks: ReadonlyMap<string, string>;
}

const imageId = "ami-12c6146b";
const zones = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];
const size = 200;
const protectedCount = 20;
const ownedCount = 10;
const withKeptDisk = 60;
const addressCount = 5;
const registeredCount = 40;

/** Opens clients onto a moto server. */
export function clientsFor(endpoint: string): Clients {
  const common = {
    endpoint,
    region: "eu-west-1",
    credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "example" },
  };
  return {
    ec2: new EC2Client(common),
    scaling: new AutoScalingClient(common),
    balancing: new ElasticLoadBalancingV2Client(common),
  };
}

/** Puts the fleet into moto. */
export async function seedFleet(clients: Clients): Promise<Fleet> {
  const { ec2 } = clients;
  const { vpcId, subnets } = await network(ec2);
  const sharedGroupId = await group(ec2, vpcId, "shared");
  const privateGroupId = await group(ec2, vpcId, "private");
  const keptDisks = new Map<string, string>();
  const targets: string[] = [];
  for (const [index, subnetId] of subnets.entries()) {
    const count = Math.floor(size / subnets.length) + (index < size % subnets.length ? 1 : 0);
    const half = Math.ceil(count / 2);
    targets.push(...(await launch(ec2, subnetId, sharedGroupId, half, false)));
    targets.push(...(await launch(ec2, subnetId, privateGroupId, count - half, false)));
  }
  const bystanders = await launch(ec2, subnets[0] ?? "", sharedGroupId, 5, false);
  const archive = await launch(ec2, subnets[1] ?? "", sharedGroupId, withKeptDisk, true);
  targets.splice(0, withKeptDisk, ...archive);
  for (const id of archive) keptDisks.set(id, "");
  const protectedIds = targets.slice(-protectedCount);
  const ownedIds = targets.slice(-protectedCount - ownedCount, -protectedCount);
  await protect(ec2, protectedIds);
  await own(clients.scaling, ownedIds);
  const free = targets.slice(withKeptDisk, withKeptDisk + registeredCount);
  const targetGroups = await register(clients.balancing, vpcId, free);
  const addresses = await giveAddresses(ec2, targets.slice(0, addressCount));
  return { targets, protectedIds, ownedIds, bystanders, sharedGroupId, targetGroups, addresses, keptDisks };
}

async function network(ec2: EC2Client) {
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const [first] = Subnets;
  const subnets = zones.flatMap((zone) => {
    const found = Subnets.find(({ AvailabilityZone, VpcId }) => AvailabilityZone === zone && VpcId === first?.VpcId);
    return found?.SubnetId ?? [];
  });
  return { vpcId: first?.VpcId ?? "", subnets };
}

async function group(ec2: EC2Client, vpcId: string, name: string): Promise<string> {
  const command = new CreateSecurityGroupCommand({ GroupName: name, Description: name, VpcId: vpcId });
  const { GroupId = "" } = await ec2.send(command);
  const IpPermissions = [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "10.0.0.0/8" }] }];
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  return GroupId;
}

async function launch(
  ec2: EC2Client,
  subnetId: string,
  groupId: string,
  count: number,
  withData: boolean,
): Promise<readonly string[]> {
  const data = { DeviceName: "/dev/sdf", Ebs: { VolumeSize: 5, DeleteOnTermination: false } };
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: imageId,
      MinCount: count,
      MaxCount: count,
      InstanceType: "t3.micro",
      SubnetId: subnetId,
      SecurityGroupIds: [groupId],
      BlockDeviceMappings: [
        { DeviceName: "/dev/sda1", Ebs: { VolumeSize: 8, DeleteOnTermination: true } },
        ...(withData ? [data] : []),
      ],
    }),
  );
  return Instances.flatMap(({ InstanceId }) => InstanceId ?? []);
}

/** Half of them by termination protection, half by stop protection, which moto itself does not heed. */
async function protect(ec2: EC2Client, ids: readonly string[]): Promise<void> {
  for (const [index, InstanceId] of ids.entries()) {
    const attribute =
      index % 2 === 0 ? { DisableApiTermination: { Value: true } } : { DisableApiStop: { Value: true } };
    await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, ...attribute }));
  }
}

async function own(scaling: AutoScalingClient, ids: readonly string[]): Promise<void> {
  const name = "workers";
  await scaling.send(
    new CreateLaunchConfigurationCommand({ LaunchConfigurationName: name, ImageId: imageId, InstanceType: "t3.micro" }),
  );
  await scaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: name,
      LaunchConfigurationName: name,
      MinSize: 0,
      MaxSize: ids.length,
      DesiredCapacity: 0,
      AvailabilityZones: zones,
    }),
  );
  await scaling.send(new AttachInstancesCommand({ AutoScalingGroupName: name, InstanceIds: [...ids] }));
}

async function register(
  balancing: ElasticLoadBalancingV2Client,
  vpcId: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  const arns: string[] = [];
  for (const name of ["web", "api"]) {
    const command = new CreateTargetGroupCommand({ Name: name, Protocol: "HTTP", Port: 80, VpcId: vpcId });
    const { TargetGroups = [] } = await balancing.send(command);
    const arn = TargetGroups[0]?.TargetGroupArn ?? "";
    const Targets = ids.map((Id) => ({ Id, Port: name === "web" ? 80 : 8080 }));
    await balancing.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }));
    arns.push(arn);
  }
  return arns;
}

async function giveAddresses(ec2: EC2Client, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const held = new Map<string, string>();
  for (const InstanceId of ids) {
    const { AllocationId = "" } = await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
    await ec2.send(new AssociateAddressCommand({ AllocationId, InstanceId }));
    held.set(InstanceId, AllocationId);
  }
  return held;
}
