/** How one AWS service is reached: the SDK package and its client class. */
export interface AwsService {
  readonly packageName: string;
  readonly clientName: string;
  load(): Promise<object>;
}

/** The services this adapter talks to, by the name IAM gives them (the classic load balancer is `elb`). */
export const services: Readonly<Record<string, AwsService>> = {
  ec2: {
    packageName: "@aws-sdk/client-ec2",
    clientName: "EC2Client",
    load: () => import("@aws-sdk/client-ec2"),
  },
  sts: {
    packageName: "@aws-sdk/client-sts",
    clientName: "STSClient",
    load: () => import("@aws-sdk/client-sts"),
  },
  autoscaling: {
    packageName: "@aws-sdk/client-auto-scaling",
    clientName: "AutoScalingClient",
    load: () => import("@aws-sdk/client-auto-scaling"),
  },
  elasticloadbalancing: {
    packageName: "@aws-sdk/client-elastic-load-balancing-v2",
    clientName: "ElasticLoadBalancingV2Client",
    load: () => import("@aws-sdk/client-elastic-load-balancing-v2"),
  },
  elb: {
    packageName: "@aws-sdk/client-elastic-load-balancing",
    clientName: "ElasticLoadBalancingClient",
    load: () => import("@aws-sdk/client-elastic-load-balancing"),
  },
  rds: {
    packageName: "@aws-sdk/client-rds",
    clientName: "RDSClient",
    load: () => import("@aws-sdk/client-rds"),
  },
  route53: {
    packageName: "@aws-sdk/client-route-53",
    clientName: "Route53Client",
    load: () => import("@aws-sdk/client-route-53"),
  },
  servicediscovery: {
    packageName: "@aws-sdk/client-servicediscovery",
    clientName: "ServiceDiscoveryClient",
    load: () => import("@aws-sdk/client-servicediscovery"),
  },
  cloudwatch: {
    packageName: "@aws-sdk/client-cloudwatch",
    clientName: "CloudWatchClient",
    load: () => import("@aws-sdk/client-cloudwatch"),
  },
  backup: {
    packageName: "@aws-sdk/client-backup",
    clientName: "BackupClient",
    load: () => import("@aws-sdk/client-backup"),
  },
  dlm: {
    packageName: "@aws-sdk/client-dlm",
    clientName: "DLMClient",
    load: () => import("@aws-sdk/client-dlm"),
  },
  elasticfilesystem: {
    packageName: "@aws-sdk/client-efs",
    clientName: "EFSClient",
    load: () => import("@aws-sdk/client-efs"),
  },
  ecs: {
    packageName: "@aws-sdk/client-ecs",
    clientName: "ECSClient",
    load: () => import("@aws-sdk/client-ecs"),
  },
  ssm: {
    packageName: "@aws-sdk/client-ssm",
    clientName: "SSMClient",
    load: () => import("@aws-sdk/client-ssm"),
  },
  kms: {
    packageName: "@aws-sdk/client-kms",
    clientName: "KMSClient",
    load: () => import("@aws-sdk/client-kms"),
  },
  ram: {
    packageName: "@aws-sdk/client-ram",
    clientName: "RAMClient",
    load: () => import("@aws-sdk/client-ram"),
  },
  savingsplans: {
    packageName: "@aws-sdk/client-savingsplans",
    clientName: "SavingsplansClient",
    load: () => import("@aws-sdk/client-savingsplans"),
  },
};
