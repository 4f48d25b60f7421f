import { autoScalingActions, autoScalingParameters } from "./autoscaling/index.js";
import { ec2Actions } from "./ec2/index.js";
import { ec2Parameters } from "./ec2/parameters.js";
import { balancerActions, balancerParameters } from "./elasticloadbalancing/index.js";
import { backup } from "./services/backup.js";
import { cloudformation } from "./services/cloudformation.js";
import { cloudwatch } from "./services/cloudwatch.js";
import { ecs, eks } from "./services/clusters.js";
import { dlm } from "./services/dlm.js";
import { elasticfilesystem } from "./services/elasticfilesystem.js";
import { elb } from "./services/elb.js";
import { iam } from "./services/iam.js";
import { kms } from "./services/kms.js";
import { ram } from "./services/ram.js";
import { rbin } from "./services/rbin.js";
import { rds } from "./services/rds.js";
import { route53 } from "./services/route53.js";
import { savingsplans } from "./services/savingsplans.js";
import { type Service, tableService } from "./services/service.js";
import { servicediscovery } from "./services/servicediscovery.js";
import { ssm } from "./services/ssm.js";
import { stsActions, stsParameters } from "./sts.js";

/** Every service the fake knows. */
export const services: readonly Service[] = [
  tableService(
    {
      name: "ec2",
      protocol: "ec2",
      version: "2016-11-15",
      namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
    },
    ec2Parameters,
    ec2Actions,
  ),
  tableService(
    { name: "sts", protocol: "query", version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/" },
    stsParameters,
    stsActions,
  ),
  tableService(
    {
      name: "autoscaling",
      protocol: "query",
      version: "2011-01-01",
      namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    },
    autoScalingParameters,
    autoScalingActions,
  ),
  tableService(
    {
      name: "elasticloadbalancing",
      protocol: "query",
      version: "2015-12-01",
      namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    },
    balancerParameters,
    balancerActions,
  ),
  elb,
  rds,
  iam,
  route53,
  servicediscovery,
  cloudwatch,
  backup,
  dlm,
  ecs,
  eks,
  ssm,
  cloudformation,
  elasticfilesystem,
  savingsplans,
  rbin,
  kms,
  ram,
];
