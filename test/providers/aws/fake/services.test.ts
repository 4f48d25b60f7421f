import {
  BackupClient,
  GetBackupSelectionCommand,
  ListBackupPlansCommand,
  ListBackupSelectionsCommand,
  ListProtectedResourcesCommand,
  ListRecoveryPointsByResourceCommand,
} from "@aws-sdk/client-backup";
import { CloudFormationClient, DescribeStackResourcesCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { DLMClient, GetLifecyclePoliciesCommand, GetLifecyclePolicyCommand } from "@aws-sdk/client-dlm";
import {
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeVolumesModificationsCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  DescribeContainerInstancesCommand,
  ECSClient,
  ListContainerInstancesCommand,
  ListClustersCommand as ListEcsClustersCommand,
  UpdateContainerInstancesStateCommand,
} from "@aws-sdk/client-ecs";
import {
  DescribeFileSystemsCommand,
  DescribeMountTargetSecurityGroupsCommand,
  DescribeMountTargetsCommand,
  EFSClient,
} from "@aws-sdk/client-efs";
import { DescribeNodegroupCommand, EKSClient, ListClustersCommand, ListNodegroupsCommand } from "@aws-sdk/client-eks";
import {
  DeregisterInstancesFromLoadBalancerCommand,
  DescribeInstanceHealthCommand,
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingClient,
  RegisterInstancesWithLoadBalancerCommand,
} from "@aws-sdk/client-elastic-load-balancing";
import { DescribeListenersCommand, DescribeTargetGroupsCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { GetInstanceProfileCommand, IAMClient } from "@aws-sdk/client-iam";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { ListResourcesCommand, RAMClient } from "@aws-sdk/client-ram";
import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { ListHostedZonesCommand, ListResourceRecordSetsCommand, Route53Client } from "@aws-sdk/client-route-53";
import { DescribeSavingsPlansCommand, SavingsplansClient } from "@aws-sdk/client-savingsplans";
import { ListInstancesCommand, ListServicesCommand, ServiceDiscoveryClient } from "@aws-sdk/client-servicediscovery";
import { DescribeInstanceInformationCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect, it } from "vitest";
import { codeOf, openFake } from "./open.js";

describe("the classic load balancer", () => {
  it("keeps a terminated instance out of service until it is deregistered", async () => {
    const { cloud, ec2, open } = await openFake();
    const elb = open((settings) => new ElasticLoadBalancingClient(settings));
    cloud.seed({
      instances: [{ id: "one" }, { id: "two" }],
      owners: [{ kind: "load-balancer-target", id: "old", members: ["one", "two"], variant: "classic" }],
    });
    const [one, two] = [cloud.id("one"), cloud.id("two")];
    const registered = async () =>
      (await elb.send(new DescribeLoadBalancersCommand({}))).LoadBalancerDescriptions?.[0]?.Instances?.map(
        ({ InstanceId }) => InstanceId,
      );
    expect(await registered()).toEqual([one, two]);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [one] }));
    await cloud.clock.advance(60_000);
    const health = await elb.send(new DescribeInstanceHealthCommand({ LoadBalancerName: "old" }));
    expect(health.InstanceStates?.map(({ State }) => State)).toEqual(["OutOfService", "InService"]);
    const Instances = [{ InstanceId: one }];
    await elb.send(new DeregisterInstancesFromLoadBalancerCommand({ LoadBalancerName: "old", Instances }));
    expect(await registered()).toEqual([two]);
    await elb.send(new RegisterInstancesWithLoadBalancerCommand({ LoadBalancerName: "old", Instances }));
    expect(await registered()).toHaveLength(2);
    const absent = elb.send(new DescribeLoadBalancersCommand({ LoadBalancerNames: ["none"] }));
    await expect(absent).rejects.toMatchObject({ name: "AccessPointNotFoundException", Code: "LoadBalancerNotFound" });
    expect(cloud.requests.at(-1)?.api).toBe("elb:DescribeLoadBalancers");
  });
});

describe("listeners", () => {
  it("lead to their target groups", async () => {
    const { cloud, balancing } = await openFake();
    cloud.seed({
      instances: [{ id: "one" }],
      owners: [{ kind: "load-balancer-target", id: "front", members: ["one"] }],
    });
    const [group] = (await balancing.send(new DescribeTargetGroupsCommand({}))).TargetGroups ?? [];
    const LoadBalancerArn = group?.LoadBalancerArns?.[0];
    const { Listeners } = await balancing.send(new DescribeListenersCommand({ LoadBalancerArn }));
    expect(Listeners?.[0]?.DefaultActions).toEqual([{ Type: "forward", TargetGroupArn: cloud.id("front") }]);
  });
});

describe("databases", () => {
  it("share a group with instances and have an interface in it", async () => {
    const { cloud, ec2, open } = await openFake();
    const rds = open((settings) => new RDSClient(settings));
    cloud.seed({
      securityGroups: [{ id: "app" }],
      owners: [
        { kind: "database", id: "orders", members: ["app"] },
        { kind: "database", id: "ledger", members: ["app"], variant: "cluster" },
      ],
    });
    const [one] = (await rds.send(new DescribeDBInstancesCommand({}))).DBInstances ?? [];
    expect(one).toMatchObject({
      DBInstanceIdentifier: "orders",
      VpcSecurityGroups: [{ VpcSecurityGroupId: cloud.id("app") }],
    });
    const [cluster] = (await rds.send(new DescribeDBClustersCommand({}))).DBClusters ?? [];
    expect(cluster).toMatchObject({ DBClusterIdentifier: "ledger", VpcSecurityGroups: [{ Status: "active" }] });
    const cards = await ec2.send(new DescribeNetworkInterfacesCommand({}));
    expect(cards.NetworkInterfaces?.map(({ RequesterId }) => RequesterId)).toEqual(["amazon-rds", "amazon-rds"]);
    const absent = rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: "none" }));
    await expect(absent).rejects.toMatchObject({
      name: "DBInstanceNotFoundFault",
      Code: "DBInstanceNotFound",
      $metadata: { httpStatusCode: 404 },
    });
    expect(await codeOf(rds.send(new DescribeDBInstancesCommand({ MaxRecords: 19 })))).toBe("InvalidParameterValue");
  });
});

describe("names", () => {
  it("in Route 53 are listed by zone, page by page, whatever Region signs", async () => {
    const { cloud, open } = await openFake();
    const route53 = open((settings) => new Route53Client(settings), { region: "us-east-1" });
    cloud.seed({
      instances: [{ id: "web", privateIps: ["10.0.0.5"], addresses: [{ kind: "elastic", ip: "203.0.113.99" }] }],
      owners: [
        { kind: "dns-record", id: "www", members: ["web"] },
        { kind: "dns-record", id: "inner", members: ["web"], variant: "private" },
        { kind: "dns-record", id: "alias", members: ["web"], variant: "cname" },
      ],
    });
    const first = await route53.send(new ListHostedZonesCommand({ MaxItems: 2 }));
    expect([first.HostedZones?.length, first.IsTruncated]).toEqual([2, true]);
    const rest = await route53.send(new ListHostedZonesCommand({ Marker: first.NextMarker }));
    const zones = [...(first.HostedZones ?? []), ...(rest.HostedZones ?? [])];
    expect(zones.map(({ Config }) => Config?.PrivateZone)).toEqual([false, true, false]);
    const HostedZoneId = zones[0]?.Id;
    const page = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId, MaxItems: 1 }));
    expect([page.IsTruncated, page.NextRecordName]).toEqual([true, "www.example.com."]);
    const last = new ListResourceRecordSetsCommand({ HostedZoneId, StartRecordName: page.NextRecordName });
    expect((await route53.send(last)).ResourceRecordSets).toEqual([
      { Name: "www.example.com.", Type: "A", TTL: 300, ResourceRecords: [{ Value: "203.0.113.99" }] },
    ]);
    const absent = route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: "Z0" }));
    await expect(absent).rejects.toMatchObject({ name: "NoSuchHostedZone" });
  });

  it("in Cloud Map are listed by service", async () => {
    const { cloud, open } = await openFake();
    const map = open((settings) => new ServiceDiscoveryClient(settings));
    cloud.seed({
      instances: [{ id: "web", privateIps: ["10.0.0.5"] }],
      owners: [{ kind: "service-discovery", id: "cart", members: ["web"] }],
    });
    const [service] = (await map.send(new ListServicesCommand({}))).Services ?? [];
    const instances = await map.send(new ListInstancesCommand({ ServiceId: service?.Id }));
    expect(instances.Instances?.[0]?.Attributes).toEqual({
      AWS_INSTANCE_IPV4: "10.0.0.5",
      EC2_INSTANCE_ID: cloud.id("web"),
    });
    expect(await codeOf(map.send(new ListInstancesCommand({ ServiceId: "none" })))).toBe("ServiceNotFound");
  });
});

describe("alarms", () => {
  it("leave composites out unless their type is named", async () => {
    const { cloud, open } = await openFake();
    const watch = open((settings) => new CloudWatchClient(settings));
    cloud.seed({
      instances: [{ id: "web" }],
      owners: [
        { kind: "alarm", id: "down", members: ["web"], variant: "action" },
        { kind: "alarm", id: "all", members: ["web"], variant: "composite" },
      ],
    });
    const plain = await watch.send(new DescribeAlarmsCommand({}));
    expect([plain.MetricAlarms?.length, plain.CompositeAlarms?.length]).toEqual([2, 0]);
    expect(plain.MetricAlarms?.[0]).toMatchObject({
      Dimensions: [{ Name: "InstanceId", Value: cloud.id("web") }],
      AlarmActions: [expect.stringContaining("ec2:terminate")],
    });
    const both = await watch.send(new DescribeAlarmsCommand({ AlarmTypes: ["MetricAlarm", "CompositeAlarm"] }));
    expect(both.CompositeAlarms?.map(({ AlarmRule }) => AlarmRule)).toEqual(['ALARM("all-part")']);
    expect(await codeOf(watch.send(new DescribeAlarmsCommand({ MaxRecords: 101 })))).toBe("InvalidNextToken");
  });
});

describe("backups", () => {
  it("show by ARN, for instances and for disks", async () => {
    const { cloud, open } = await openFake();
    const backup = open((settings) => new BackupClient(settings));
    cloud.seed({
      instances: [{ id: "db", disks: [{ role: "system" }, { id: "data" }] }],
      owners: [
        { kind: "backup", id: "nightly", members: ["db"] },
        { kind: "backup", id: "weekly", members: ["data"] },
        { kind: "backup-policy", id: "plan", members: ["db"], variant: "backup-plan" },
      ],
    });
    const { Results } = await backup.send(new ListProtectedResourcesCommand({ MaxResults: 10 }));
    expect(Results?.map(({ ResourceType }) => ResourceType)).toEqual(["EC2", "EBS"]);
    const ResourceArn = Results?.[1]?.ResourceArn;
    expect(ResourceArn).toMatch(new RegExp(`volume/${cloud.id("data")}$`));
    const points = await backup.send(new ListRecoveryPointsByResourceCommand({ ResourceArn }));
    expect(points.RecoveryPoints?.[0]).toMatchObject({ Status: "COMPLETED", RecoveryPointArn: cloud.id("weekly") });
    const [plan] = (await backup.send(new ListBackupPlansCommand({}))).BackupPlansList ?? [];
    const BackupPlanId = plan?.BackupPlanId;
    const [selection] =
      (await backup.send(new ListBackupSelectionsCommand({ BackupPlanId }))).BackupSelectionsList ?? [];
    const found = await backup.send(
      new GetBackupSelectionCommand({ BackupPlanId, SelectionId: selection?.SelectionId }),
    );
    expect(found.BackupSelection?.Resources).toEqual([expect.stringContaining(cloud.id("db"))]);
    const absent = backup.send(new ListBackupSelectionsCommand({ BackupPlanId: "none" }));
    expect(await codeOf(absent)).toBe("ResourceNotFoundException");
  });

  it("by lifecycle policy choose by tag", async () => {
    const { cloud, open } = await openFake();
    const dlm = open((settings) => new DLMClient(settings));
    cloud.seed({ instances: [{ id: "db" }], owners: [{ kind: "backup-policy", id: "daily", members: ["db"] }] });
    const [policy] = (await dlm.send(new GetLifecyclePoliciesCommand({}))).Policies ?? [];
    const { Policy } = await dlm.send(new GetLifecyclePolicyCommand({ PolicyId: policy?.PolicyId }));
    const [tag] = Policy?.PolicyDetails?.TargetTags ?? [];
    expect(cloud.view().instances[0]?.tags).toEqual({ [tag?.Key ?? ""]: tag?.Value });
    expect(await codeOf(dlm.send(new GetLifecyclePolicyCommand({ PolicyId: "none" })))).toBe(
      "ResourceNotFoundException",
    );
  });
});

describe("clusters", () => {
  it("of ECS drain their nodes", async () => {
    const { cloud, open } = await openFake();
    const ecs = open((settings) => new ECSClient(settings));
    cloud.seed({
      instances: [{ id: "node" }, { id: "plain" }],
      owners: [{ kind: "cluster-node", id: "shop", members: ["node"], variant: "ecs" }],
    });
    const [cluster] = (await ecs.send(new ListEcsClustersCommand({}))).clusterArns ?? [];
    const listed = async (id: string) =>
      (await ecs.send(new ListContainerInstancesCommand({ cluster, filter: `ec2InstanceId in ['${id}']` })))
        .containerInstanceArns ?? [];
    expect(await listed(cloud.id("plain"))).toEqual([]);
    const containerInstances = await listed(cloud.id("node"));
    const nodes = async () =>
      (await ecs.send(new DescribeContainerInstancesCommand({ cluster, containerInstances }))).containerInstances;
    expect(await nodes()).toMatchObject([{ ec2InstanceId: cloud.id("node"), status: "ACTIVE", runningTasksCount: 1 }]);
    await ecs.send(new UpdateContainerInstancesStateCommand({ cluster, containerInstances, status: "DRAINING" }));
    expect(await nodes()).toMatchObject([{ status: "DRAINING", runningTasksCount: 0 }]);
    expect(await codeOf(ecs.send(new ListContainerInstancesCommand({ cluster: "none" })))).toBe(
      "ClusterNotFoundException",
    );
  });

  it("of EKS show in tags and have a node group", async () => {
    const { cloud, open } = await openFake();
    const eks = open((settings) => new EKSClient(settings));
    cloud.seed({ instances: [{ id: "node" }], owners: [{ kind: "cluster-node", id: "kube", members: ["node"] }] });
    const { clusters } = await eks.send(new ListClustersCommand({}));
    expect(clusters).toEqual(["kube"]);
    const { nodegroups } = await eks.send(new ListNodegroupsCommand({ clusterName: "kube" }));
    const found = new DescribeNodegroupCommand({ clusterName: "kube", nodegroupName: nodegroups?.[0] });
    expect((await eks.send(found)).nodegroup?.status).toBe("ACTIVE");
    expect(cloud.view().instances[0]?.tags["eks:nodegroup-name"]).toBe(nodegroups?.[0]);
  });
});

describe("what else names an instance", () => {
  it("shows in its own service", async () => {
    const { cloud, ec2, open } = await openFake();
    cloud.seed({
      securityGroups: [{ id: "app", foreignUsers: ["share"] }],
      instances: [{ id: "web", securityGroups: ["app"], privateIps: ["10.0.0.5"], role: "app-role" }],
      owners: [
        { kind: "stack", id: "shop", members: ["web"] },
        { kind: "other", id: "agent", members: ["web"], variant: "ssm" },
        { kind: "file-system", id: "files", members: ["web"] },
        { kind: "commitment", id: "plan", members: ["web"], variant: "savings-plan" },
        { kind: "address-list", id: "acl", members: ["web"], variant: "network-acl" },
        { kind: "pending-operation", id: "grow", members: ["web"], variant: "volume-modification" },
      ],
    });
    const web = cloud.id("web");
    const stacks = open((settings) => new CloudFormationClient(settings));
    const { StackResources } = await stacks.send(new DescribeStackResourcesCommand({ PhysicalResourceId: web }));
    expect(StackResources).toMatchObject([{ StackName: "shop", PhysicalResourceId: web }]);
    const absent = stacks.send(new DescribeStackResourcesCommand({ PhysicalResourceId: "i-0aaaaaaaaaaaaaaaa" }));
    expect(await codeOf(absent)).toBe("ValidationError");

    const ssm = open((settings) => new SSMClient(settings));
    const Filters = [{ Key: "InstanceIds", Values: [web] }];
    const managed = await ssm.send(new DescribeInstanceInformationCommand({ Filters }));
    expect(managed.InstanceInformationList).toMatchObject([{ InstanceId: web, PingStatus: "Online" }]);

    const efs = open((settings) => new EFSClient(settings));
    const [system] = (await efs.send(new DescribeFileSystemsCommand({}))).FileSystems ?? [];
    const targets = await efs.send(new DescribeMountTargetsCommand({ FileSystemId: system?.FileSystemId }));
    const MountTargetId = targets.MountTargets?.[0]?.MountTargetId;
    const groups = await efs.send(new DescribeMountTargetSecurityGroupsCommand({ MountTargetId }));
    expect(groups.SecurityGroups).toEqual([cloud.id("app")]);

    const plans = open((settings) => new SavingsplansClient(settings));
    const bought = await plans.send(new DescribeSavingsPlansCommand({ states: ["active"] }));
    expect(bought.savingsPlans).toMatchObject([{ savingsPlanId: cloud.id("plan"), state: "active" }]);

    const iam = open((settings) => new IAMClient(settings), { region: "us-east-1" });
    const profile = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: "app-role" }));
    expect(profile.InstanceProfile?.Roles?.map(({ RoleName }) => RoleName)).toEqual(["app-role"]);
    const none = iam.send(new GetInstanceProfileCommand({ InstanceProfileName: "none" }));
    await expect(none).rejects.toMatchObject({ name: "NoSuchEntityException", Code: "NoSuchEntity" });

    const ram = open((settings) => new RAMClient(settings));
    const shared = await ram.send(new ListResourcesCommand({ resourceOwner: "SELF" }));
    expect(shared.resources).toMatchObject([{ arn: expect.stringContaining(cloud.id("app")) }]);

    const entry = { Filters: [{ Name: "entry.cidr", Values: ["10.0.0.5/32"] }] };
    expect((await ec2.send(new DescribeNetworkAclsCommand(entry))).NetworkAcls).toMatchObject([
      { NetworkAclId: cloud.id("acl") },
    ]);
    const changes = await ec2.send(new DescribeVolumesModificationsCommand({}));
    expect(changes.VolumesModifications).toMatchObject([{ ModificationState: "optimizing" }]);
  });

  it("includes the state of keys", async () => {
    const { cloud, ec2: _ec2, open } = await openFake();
    cloud.seed([{ id: "db", disks: [{ role: "system", encrypted: true, keyState: "disabled" }] }]);
    const kms = open((settings) => new KMSClient(settings));
    const { DescribeVolumesCommand } = await import("@aws-sdk/client-ec2");
    const KeyId = (await _ec2.send(new DescribeVolumesCommand({}))).Volumes?.[0]?.KmsKeyId;
    const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
    expect(KeyMetadata).toMatchObject({ Arn: KeyId, KeyState: "Disabled", Enabled: false });
    expect(await codeOf(kms.send(new DescribeKeyCommand({ KeyId: "none" })))).toBe("NotFoundException");
  });

  it("includes the rules of the Recycle Bin", async () => {
    const { cloud, server } = await openFake();
    cloud.seed({ bins: { disk: { enabled: true, hours: 72 } } });
    const ask = async (path: string, body?: object) => {
      const answer = await fetch(`${server.url}${path}`, {
        method: body ? "POST" : "GET",
        headers: { authorization: "AWS4-HMAC-SHA256 Credential=A/20260102/eu-west-1/rbin/aws4_request, Signature=0" },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return [answer.status, await answer.json()];
    };
    const rule = {
      Identifier: "rule-volume",
      RetentionPeriod: { RetentionPeriodValue: 3, RetentionPeriodUnit: "DAYS" },
    };
    expect(await ask("/list-rules", { ResourceType: "EBS_VOLUME" })).toMatchObject([200, { Rules: [rule] }]);
    expect(await ask("/list-rules", { ResourceType: "EBS_SNAPSHOT" })).toEqual([200, { Rules: [] }]);
    expect(await ask("/rules/rule-volume")).toMatchObject([200, { ResourceType: "EBS_VOLUME", Status: "available" }]);
    expect(await ask("/rules/none")).toMatchObject([404, { __type: "ResourceNotFoundException" }]);
    expect(await ask("/list-rules", { Colour: "red" })).toMatchObject([400, { __type: "ValidationException" }]);
  });
});

describe("trouble", () => {
  it("is worded as each protocol words it", async () => {
    const { cloud, open, balancing } = await openFake();
    const rds = open((settings) => new RDSClient(settings));
    const ssm = open((settings) => new SSMClient(settings));
    const backup = open((settings) => new BackupClient(settings));
    const route53 = open((settings) => new Route53Client(settings));
    const calls = () => [
      codeOf(rds.send(new DescribeDBInstancesCommand({}))),
      codeOf(ssm.send(new DescribeInstanceInformationCommand({}))),
      codeOf(backup.send(new ListProtectedResourcesCommand({}))),
      codeOf(route53.send(new ListHostedZonesCommand({}))),
      codeOf(balancing.send(new DescribeTargetGroupsCommand({}))),
    ];
    const clear = cloud.faults.add({ fault: "deny" });
    expect(await Promise.all(calls())).toEqual([
      "AccessDenied",
      "AccessDeniedException",
      "AccessDeniedException",
      "AccessDenied",
      "AccessDenied",
    ]);
    clear();
    cloud.faults.add({ fault: "throttle" });
    expect(await Promise.all(calls())).toEqual([
      "Throttling",
      "ThrottlingException",
      "ThrottlingException",
      "Throttling",
      "Throttling",
    ]);
  });
});
