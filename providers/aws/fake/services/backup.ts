import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { page } from "../paging.js";
import { type AwsRequestContext, type Resource, resourcesOf } from "../state.js";
import { need } from "../wire/read.js";
import { epoch, service } from "./service.js";

const pages = {
  token: "NextToken",
  size: "MaxResults",
  usual: 1000,
  most: 1000,
  invalid: "InvalidParameterValueException",
} as const;

/** Every protected thing once, whatever its recovery points. */
function listProtected(context: AwsRequestContext): JsonObject {
  const arns = new Set(resourcesOf(context.state, "recovery-point").map(({ wire }) => String(wire.resourceArn)));
  const { things, next } = page(context, [...arns], pages);
  const results = things.map((ResourceArn) => ({
    ResourceArn,
    ResourceType: ResourceArn.includes(":instance/") ? "EC2" : "EBS",
    LastBackupTime: epoch(context.now),
  }));
  return { Results: results, ...next };
}

function listRecoveryPoints(context: AwsRequestContext): JsonObject {
  const arn = need(context.parameters, "ResourceArn");
  const own = resourcesOf(context.state, "recovery-point").filter(({ wire }) => wire.resourceArn === arn);
  const { things, next } = page(context, own, pages);
  const points = things.map(({ id }) => ({
    RecoveryPointArn: id,
    CreationDate: epoch(context.now),
    Status: "COMPLETED",
    BackupSizeBytes: 1_073_741_824,
    BackupVaultName: "Default",
  }));
  return { RecoveryPoints: points, ...next };
}

function listPlans(context: AwsRequestContext): JsonObject {
  const { things, next } = page(context, resourcesOf(context.state, "backup-plan"), pages);
  return { BackupPlansList: things.map(({ id }) => ({ BackupPlanId: id, BackupPlanName: id })), ...next };
}

function namedPlan({ state, parameters }: AwsRequestContext): Resource {
  const id = need(parameters, "BackupPlanId");
  const plan = state.resources.get(`backup-plan/${id}`);
  if (!plan) throw refusal("ResourceNotFoundException", `Cannot find Backup plan with ID ${id}`);
  return plan;
}

/** A plan has one selection here, named after it. */
function selectionId({ id }: Resource): string {
  return `${id}-selection`;
}

function listSelections(context: AwsRequestContext): JsonObject {
  const plan = namedPlan(context);
  const { things, next } = page(context, [selectionId(plan)], pages);
  const rows = things.map((SelectionId) => ({ SelectionId, SelectionName: SelectionId, BackupPlanId: plan.id }));
  return { BackupSelectionsList: rows, ...next };
}

function getSelection(context: AwsRequestContext): JsonObject {
  const plan = namedPlan(context);
  const id = need(context.parameters, "SelectionId");
  if (id !== selectionId(plan)) throw refusal("ResourceNotFoundException", `Cannot find selection with ID ${id}`);
  const selection = {
    SelectionName: id,
    IamRoleArn: `arn:aws:iam::${context.scope.accountId}:role/backup`,
    Resources: plan.wire.resources ?? [],
    ListOfTags: [],
    NotResources: [],
  };
  return { BackupSelection: selection, SelectionId: id, BackupPlanId: plan.id };
}

/** AWS Backup. */
export const backup = service(
  { name: "backup", protocol: "rest-json" },
  {
    ListProtectedResources: {
      parameters: "NextToken MaxResults:n",
      http: "GET /resources?nextToken=NextToken&maxResults=MaxResults",
      handle: listProtected,
    },
    ListRecoveryPointsByResource: {
      parameters: "ResourceArn! NextToken MaxResults:n ManagedByAWSBackupOnly:b",
      http: "GET /resources/{ResourceArn}/recovery-points?nextToken=NextToken&maxResults=MaxResults&managedByAWSBackupOnly=ManagedByAWSBackupOnly",
      handle: listRecoveryPoints,
    },
    ListBackupPlans: {
      parameters: "NextToken MaxResults:n IncludeDeleted:b",
      http: "GET /backup/plans?nextToken=NextToken&maxResults=MaxResults&includeDeleted=IncludeDeleted",
      handle: listPlans,
    },
    ListBackupSelections: {
      parameters: "BackupPlanId! NextToken MaxResults:n",
      http: "GET /backup/plans/{BackupPlanId}/selections?nextToken=NextToken&maxResults=MaxResults",
      handle: listSelections,
    },
    GetBackupSelection: {
      parameters: "BackupPlanId! SelectionId!",
      http: "GET /backup/plans/{BackupPlanId}/selections/{SelectionId}",
      handle: getSelection,
    },
  },
);
