import { DecommissionError, type ProblemCode } from "../../src/errors.js";
import type { ApiRequest, TranslatedError } from "../../src/transport.js";

type Meaning = readonly [code: ProblemCode, hint: string];

const denied: Meaning = [
  "access-denied",
  "Grant the action to the calling user or role; `permissions()` lists what is needed.",
];
const credentials: Meaning = ["authentication", "Check the credentials, their session and this computer's clock."];
const tooFast: Meaning = ["throttled", "Lower the rate in `limits`, or try again later."];
const passing: Meaning = ["service", "The cloud had trouble of its own. Try again later."];
const badInput: Meaning = ["invalid-request", "Check ids and options; if they are right, report this."];
const busy: Meaning = ["wrong-state", "Wait until the operation under way has ended, then try again."];
const gone: Meaning = ["not-found", "It is not there, or not visible to these credentials in this region."];
const inUse: Meaning = ["dependency", "Something still uses it: see `listDependencies`."];
const unpaid: Meaning = ["locked", "The account or the resource is in arrears. Pay first, or release it by force."];
const noRefund: Meaning = [
  "prepaid",
  "The cloud does not take it back this way. See the refund rules of the account's site.",
];
const quota: Meaning = ["quota", "A quota of the account is used up. Raise it or clean up, then try again."];
const unsupported: Meaning = ["unsupported", "The cloud does not do this for this kind of resource."];

/**
 * What each Alibaba Cloud error code means to a caller, by the whole code: families cannot be told by their ending,
 * since `InvalidRegionId.NotFound` and `InvalidInstanceId.NotFound` end alike and mean different things.
 * Codes that are not listed are `unexpected` and never retried. Sources: error tables of the ECS, VPC, SLB and BSS
 * references.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  ...each(["ServiceUnavailable", "InternalError", "SystemBusy", "UnknownError", "SignatureNonceUsed"], passing),
  ...each(
    [
      "IncorrectInstanceStatus",
      "IncorrectInstanceStatus.Initializing",
      "LastTokenProcessing",
      "LastOrderProcessing",
      "LastRequestProcessing",
      "IdempotentProcessing",
      "ProcessingSameRequest",
      "OperationConflict",
      "InvalidOperation.Conflict",
      "Operation.Conflict",
      "ResourceInOperating",
      "TaskConflict",
      "IncorrectDiskStatus",
      "IncorrectDiskStatus.CreatingSnapshot",
      "DiskCreatingSnapshot",
      "DependencyViolation.SLBConfiguring",
      "BackendServer.configuring",
      "OperationBusy",
      "ServiceIsStopping",
      "ServiceIsConfiguring",
      "IncorrectEipStatus",
      "InvalidBindingStatus",
      "ResourceStatusError",
      "IncorrectStatus",
      "IncorrectStatus.ServerGroup",
      "IncorrectScalingGroupStatus",
      "InvalidOperation.InvalidEniState",
      "InvalidStatus.ValueNotSupported",
      "ScalingActivityInProgress",
    ],
    busy,
  ),
  "InvalidOperation.DeletionProtection": [
    "protected",
    "Switch deletion protection off, or name the instance in `protection.clear`.",
  ],
  ChargeTypeViolation: ["prepaid", "It is paid in advance. Choose a way out with `prepaid`."],
  ExpiredInstance: ["prepaid", 'Its subscription has expired. Choose `prepaid: "release-expired"`.'],
  "Forbidden.ChargeTypeIsPrepaid": ["prepaid", "It is paid in advance: a refund is another order."],
  ...each(
    [
      "QuotaExceed.RufundVcpu",
      "RefundQuotaExceeded",
      "InvalidInstance.TempBandwidthUpgrade",
      "ReleaseTimeHaveBeenSet",
      "InvalidInstanceChargeType.ValueNotSupported",
    ],
    noRefund,
  ),
  "DependencyViolation.RouteEntry": ["dependency", "A custom route points to it. Delete or redirect that route first."],
  ...each(
    [
      "DependencyViolation",
      "InvalidOperation.EniLinked",
      "DiskStillAttached",
      "SnapshotCreatedImage",
      "SnapshotCreatedDisk",
      "IncorrectCapacity.MinSize",
      "InvalidIpStatus.HasBeenUsedByForwardEntry",
      "InvalidIpStatus.HasBeenUsedBySnatTable",
    ],
    inUse,
  ),
  InstanceLockedForSecurity: [
    "locked",
    "The cloud has locked it for security. Settle that with the cloud: nothing is forced from here.",
  ],
  ...each(
    [
      "InstanceExpiredOrInArrears",
      "InstanceExpired",
      "DiskInArrears",
      "Account.Arrearage",
      "InvalidAccountStatus.NotEnoughBalance",
    ],
    unpaid,
  ),
  "Forbidden.RiskControl": ["locked", "The cloud has restricted the account. Settle that with the cloud."],
  NotApplicable: ["unsupported", "The account belongs to the other site: pass `site`."],
  ...each(
    ["InvalidOperation.ResourceManagedByCloudProduct", "InvalidOperation.EniServiceManaged"],
    ["owned", "A service of the cloud operates it: change it through that service."],
  ),
  "InvalidOperation.NotInWhiteList": unsupported,
  ...each(
    [
      "InvalidInstanceId.NotFound",
      "Forbidden.InstanceNotFound",
      "InvalidDiskId.NotFound",
      "InvalidSnapshotId.NotFound",
      "InvalidSecurityGroupId.NotFound",
      "InvalidAllocationId.NotFound",
      "InvalidEniId.NotFound",
      "InvalidParameter.EniId.NotFound",
      "InvalidGroupAuthItem.NotFound",
      "InvalidSecurityGroupAssociation.NotFound",
      "InvalidSecurityGroupRule.RuleNotExist",
      "InvalidParam.SecurityGroupRuleId",
      "InvalidResourceId.NotFound",
      "InvalidDisk.AlreadyDetached",
      "InvalidLoadBalancerId.NotFound",
      "ResourceNotFound.ServerGroup",
      "InvalidScalingGroupId.NotFound",
      "InvalidDBInstanceId.NotFound",
      "InvalidDBClusterId.NotFound",
      "InvalidFileSystem.NotFound",
      "ErrorClusterNotFound",
      "ResourceNotExists",
      "EntityNotExist.User",
    ],
    gone,
  ),
  ...each(
    ["InvalidRegionId.NotFound", "InvalidZoneId.NotFound"],
    ["invalid-request", "This region or zone is not known to the service. Check `region`."],
  ),
  ...each(
    [
      "InvalidInstanceId.Malformed",
      "InvalidParameter",
      "MissingParameter",
      "InvalidParameterValue",
      "IdempotentParameterMismatch",
      "UnsupportedParameter",
      "InvalidAction.NotFound",
      "InvalidOwner",
    ],
    badInput,
  ),
  ...each(
    [
      "QuotaExceed.Snapshot",
      "QuotaExceed.SecurityGroupRuleNumber",
      "QuotaExceed.BuyImage",
      "AuthorizationLimitExceed",
      "OperationDenied.QuotaExceed",
    ],
    quota,
  ),
  ...each(
    [
      "DiskCategory.OperationNotSupported",
      "IncorrectDiskStatus.NeverAttached",
      "IncorrectDiskStatus.NeverUsed",
      "OperationDenied",
      "InvalidOperation.NotSupported",
      "InvalidInstanceId.NotSupport",
      "DiskNotPortable",
    ],
    unsupported,
  ),
  "InvalidParameter.KMSKeyId.KMSUnauthorized": ["access-denied", "Let ECS use the key, then try again."],
  ...each(
    [
      "Forbidden.RAM",
      "Forbidden.SubUser",
      "Forbidden",
      "NoPermission",
      "Forbidden.NoPermission",
      "NotAuthorized",
      "NoPermission.SLR",
      "Forbidden.Unauthorized",
      "StatusForbidden",
    ],
    denied,
  ),
  ...each(
    [
      "InvalidAccessKeyId.NotFound",
      "InvalidAccessKeyId.Inactive",
      "SignatureDoesNotMatch",
      "IncompleteSignature",
      "InvalidCredentials",
      "InvalidSecurityToken.Expired",
      "InvalidSecurityToken.Malformed",
      "InvalidSecurityToken.MismatchWithAccessKey",
      "MissingSecurityToken",
      "InvalidTimeStamp.Expired",
      "InvalidTimeStamp.Format",
    ],
    credentials,
  ),
};

/** Codes of the cloud's dry runs that say "this would have worked". */
export const dryRunPassed: ReadonlySet<string> = new Set(["DryRunOperation", "DRYRUN.SUCCESS"]);

const neverConnected = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

/** The cloud's own code in a thrown value; `undefined` for trouble of the transport. */
export function cloudCodeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error) || typeof error.code !== "string")
    return undefined;
  return /^E[A-Z_]+$/.test(error.code) || error.code === "" ? undefined : error.code;
}

/** Says what a value thrown by the Alibaba Cloud SDK means. */
export function translate(error: unknown, request: ApiRequest): TranslatedError {
  if (DecommissionError.isInstance(error)) return { problem: error.problem, executed: "no" };
  const what = `${request.service}:${request.action}`;
  const cloudCode = cloudCodeOf(error);
  if (cloudCode === undefined) return transportError(error, what);
  const [code, hint] = meaningOf(cloudCode);
  const requestId = typeof error === "object" && error !== null && "requestId" in error ? error.requestId : undefined;
  const problem = {
    code,
    message: `${what} was refused (${cloudCode}).`,
    hint,
    cloud: "aliyun",
    cloudCode,
    ...(typeof requestId === "string" && requestId !== "" ? { requestId } : {}),
  };
  // A server error, whatever its code, says nothing about whether the request was carried out.
  return { problem, executed: code === "service" || isServerError(error, code) ? "maybe" : "no" };
}

/** Some services word their throttling as a server error, too; that is a refusal. */
function isServerError(error: unknown, code: ProblemCode): boolean {
  const status = typeof error === "object" && error !== null && "statusCode" in error ? error.statusCode : undefined;
  return code !== "throttled" && typeof status === "number" && status >= 500;
}

function meaningOf(cloudCode: string): Meaning {
  if (/Throttling/.test(cloudCode)) return tooFast;
  return (
    meanings[cloudCode] ?? [
      "unexpected",
      "The cloud documents no such error for this request. Report it with the code above.",
    ]
  );
}

/** Timeouts and connection errors come without a code; a page that is no JSON as a bare `SyntaxError`. */
function transportError(error: unknown, what: string): TranslatedError {
  const nodeCode = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (error instanceof SyntaxError || (error instanceof TypeError && !neverConnected.has(nodeCode))) {
    const hint = "Check that `endpoint` and proxies lead to Alibaba Cloud, then try again.";
    return {
      problem: { code: "service", message: `${what} got an answer that is not the cloud's.`, hint, cloud: "aliyun" },
      executed: "maybe",
    };
  }
  // "ConnectTimeout" is Node's idle timer: a server that took the request and stalled looks the same.
  const timedOut = error instanceof Error && error.name === "RequestTimeoutError";
  const hint = "Check the network path and `endpoint`, then try again.";
  return {
    problem: {
      code: timedOut ? "timeout" : "network",
      message: timedOut ? `${what} got no answer in time.` : `The connection broke during ${what}.`,
      hint,
      cloud: "aliyun",
    },
    executed: neverConnected.has(nodeCode) ? "no" : "maybe",
  };
}

function each(codes: readonly string[], meaning: Meaning): Record<string, Meaning> {
  return Object.fromEntries(codes.map((code) => [code, meaning]));
}
