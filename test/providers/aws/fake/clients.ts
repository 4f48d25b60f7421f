import * as autoScaling from "@aws-sdk/client-auto-scaling";
import * as backup from "@aws-sdk/client-backup";
import * as cloudFormation from "@aws-sdk/client-cloudformation";
import * as cloudWatch from "@aws-sdk/client-cloudwatch";
import * as dlm from "@aws-sdk/client-dlm";
import * as ec2 from "@aws-sdk/client-ec2";
import * as ecs from "@aws-sdk/client-ecs";
import * as efs from "@aws-sdk/client-efs";
import * as eks from "@aws-sdk/client-eks";
import * as elb from "@aws-sdk/client-elastic-load-balancing";
import * as balancing from "@aws-sdk/client-elastic-load-balancing-v2";
import * as iam from "@aws-sdk/client-iam";
import * as kms from "@aws-sdk/client-kms";
import * as ram from "@aws-sdk/client-ram";
import * as rds from "@aws-sdk/client-rds";
import * as route53 from "@aws-sdk/client-route-53";
import * as savingsPlans from "@aws-sdk/client-savingsplans";
import * as serviceDiscovery from "@aws-sdk/client-servicediscovery";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";

/** The SDK's client for each service. The one for Recycle Bin rules is from before the SDK told its shapes. */
export const clients: Readonly<Record<string, object>> = {
  ec2,
  sts,
  autoscaling: autoScaling,
  elasticloadbalancing: balancing,
  elb,
  rds,
  iam,
  route53,
  servicediscovery: serviceDiscovery,
  cloudwatch: cloudWatch,
  backup,
  dlm,
  ecs,
  eks,
  ssm,
  cloudformation: cloudFormation,
  elasticfilesystem: efs,
  savingsplans: savingsPlans,
  kms,
  ram,
};
