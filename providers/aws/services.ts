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
};
