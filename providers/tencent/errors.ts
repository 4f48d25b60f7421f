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
const noBalance: Meaning = ["quota", "The account's balance does not cover this. Top it up, then run it again."];
const atLeast: Meaning = ["dependency", "The scaling group is at its least size. Lower that, or name fewer instances."];
const gone: Meaning = ["not-found", "It is not there, or not visible to these credentials in this region."];
const returnQuota: Meaning = [
  "quota",
  'The account\'s quota of returns is used up ("Refund rules", 213/9711). Ask for more by a ticket, or let it expire.',
];
const notReturnable: Meaning = ["prepaid", "It is not eligible for return. Switch its renewal off and let it expire."];
const expired: Meaning = ["wrong-state", "It has expired. Renew it, or leave it to the recycle bin."];
const unpaid: Meaning = ["prepaid", "An order of it is not paid. Pay or cancel that order first."];
const platform: Meaning = ["unsupported", "The cloud does not release this kind of instance through the API."];
const inUse: Meaning = ["dependency", "Something still uses it: see `listDependencies`."];
const approval: Meaning = [
  "access-denied",
  "The company's administrator has to approve this in the Organization console; then run it again.",
];
const governed: Meaning = ["locked", "A rule of the company's account management holds it. Ask its administrator."];
const support: Meaning = ["locked", "The platform holds it in a special state. Contact the cloud's support."];

/**
 * What each Tencent Cloud error code means to a caller: exact codes first, then families by the part before the dot.
 * Codes that are not listed are `unexpected` and never retried. Source: the SDK's documented codes for each operation,
 * "Common error codes" of the API documentation.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  "UnauthorizedOperation.MFAExpired": [
    "access-denied",
    "The account asks for MFA before dangerous operations, which the API cannot give.",
  ],
  "UnauthorizedOperation.MFANotFound": [
    "access-denied",
    "The account asks for MFA before dangerous operations, which the API cannot give.",
  ],
  "AuthFailure.UnauthorizedOperation": denied,
  "InvalidParameter.PermissionDenied": denied,
  "OperationDenied.AccessDenied": denied,
  "AuthFailure.SignatureExpire": ["authentication", "This computer's clock is more than five minutes off."],
  "InvalidInstanceId.NotFound": gone,
  "InvalidSecurityGroupID.NotFound": gone,
  "InvalidDisk.NotFound": gone,
  "InvalidSnapshot.NotFound": gone,
  "InvalidSnapshotId.NotFound": gone,
  "InvalidAddressId.NotFound": gone,
  "InvalidDiskId.NotFound": gone,
  "InvalidSecurityGroupId.NotFound": gone,
  "InvalidImageId.NotFound": gone,
  "InvalidKeyPairId.NotFound": gone,
  "InvalidParameterValue.AddressNotFound": gone,
  "InvalidParameter.LBIdNotFound": gone,
  "InvalidParameter.ListenerIdNotFound": gone,
  "InvalidParameter.LocationNotFound": gone,
  // "Started" says that the request was filed for approval: it is not carried out ("Error codes", vpc 2017-03-12).
  "InvalidParameterValue.MemberApprovalApplicationStarted": approval,
  "InvalidParameterValue.MemberApprovalApplicationNotApproved": approval,
  "InvalidParameterValue.MemberApprovalApplicationRejected": approval,
  "InvalidParameterValue.MemberApprovalApplicationIdMismatch": approval,
  "UnsupportedOperation.LockedResources": governed,
  "UnsupportedOperation.BpaasResources": governed,
  "UnsupportedOperation.DuplicatePolicy": ["conflict", "The group holds such a rule already."],
  "UnsupportedOperation.StoppedModeStopCharging": [
    "wrong-state",
    "It is stopped without charges, where most changes are refused. Start it first.",
  ],
  "UnsupportedOperation.InstanceStateShutdown": [
    "wrong-state",
    "It waits in the recycle bin: bring it back with `recover` first.",
  ],
  "UnsupportedOperation.InstanceStateLaunchFailed": [
    "wrong-state",
    "Its creation failed; the cloud removes it by itself.",
  ],
  "UnsupportedOperation.NotSupportImportInstancesActionTimer": [
    "unsupported",
    "Only unprotected pay-as-you-go instances can be released by a timer.",
  ],
  "FailedOperation.MutActionTimerExist": ["dependency", "A timed release is set already. Delete that timer first."],
  "FailedOperation.InquiryRefundPriceFailed": notReturnable,
  "FailedOperation.SecurityGroupActionFailed": [
    "conflict",
    "The instance's groups were changed in between. Read again.",
  ],
  SecGroupActionFailure: ["conflict", "The instance's groups were changed in between. Read again."],
  "ResourceInsufficient.InServiceInstanceBelowMinSize": atLeast,
  "ResourceInsufficient.AutoScalingGroupBelowMinSize": atLeast,
  "ResourceInsufficient.OverQuota": [
    "quota",
    "A quota of the account is used up. Raise it or clean up, then try again.",
  ],
  InsufficientSnapshotQuota: [
    "quota",
    "The quota of snapshots is used up. Raise it or delete old ones, then try again.",
  ],
  "ResourceUnavailable.AutoScalingGroupInActivity": busy,
  "ResourceUnavailable.InstanceInOperation": busy,
  "ResourceUnavailable.SnapshotCreating": busy,
  "ResourceUnavailable.TooManyCreatingSnapshot": busy,
  "ResourceUnavailable.DiskBackupCreating": busy,
  "ResourceUnavailable.NotSupportRefund": notReturnable,
  "InvalidDisk.SnapshotCreating": busy,
  "InvalidDisk.Busy": busy,
  "InvalidDisk.NotSupportSnapshot": platform,
  "InvalidDisk.TypeError": platform,
  "InvalidDisk.Expire": expired,
  "ResourceUnavailable.Expire": expired,
  "ResourceUnavailable.DiskSnapshotChainTooLarge": [
    "quota",
    "The disk has too many snapshots in a row. Delete old ones, then try again.",
  ],
  "ResourceUnavailable.NotSupported": platform,
  "UnsupportedOperation.SnapshotHasBindedImage": [
    "dependency",
    "An image rests on this snapshot. Delete the image first.",
  ],
  InvalidPeriod: badInput,
  "UnsupportedOperation.InstancesProtected": [
    "protected",
    "Switch termination protection off, or name the instance in `protection.clear`.",
  ],
  "UnsupportedOperation.InvalidInstanceNotSupportedProtectedInstance": [
    "dependency",
    "A timed release is set, whatever the name says. Delete that timer first.",
  ],
  "UnsupportedOperation.InstanceMixedPricingModel": badInput,
  "UnsupportedOperation.InstanceMixedZoneType": badInput,
  "UnsupportedOperation.InstanceStateTerminating": busy,
  // The older word, which Terraform still meets.
  "InvalidInstanceState.Terminating": busy,
  "UnsupportedOperation.InvalidState": busy,
  "OperationDenied.InstanceStatusLimitError": busy,
  "ResourceInUse.DiskMigrating": busy,
  "ResourceInUse.DiskRollbacking": busy,
  "UnsupportedOperation.InstanceAssociateHavip": inUse,
  "UnsupportedOperation.InstanceStateTerminated": gone,
  "UnsupportedOperation.InstanceStateBanning": support,
  "UnsupportedOperation.InstanceStateFreezing": support,
  "UnsupportedOperation.InstanceStateCorrupted": support,
  InvalidInstanceNotSupportedPrepaidInstance: notReturnable,
  "FailedOperation.Unreturnable": notReturnable,
  "UnsupportedOperation.InstanceChargeType": notReturnable,
  "LimitExceeded.UserReturnQuota": returnQuota,
  "UnsupportedOperation.UserLimitOperationExceedQuota": returnQuota,
  InsufficientRefundQuota: returnQuota,
  "ResourceInsufficient.OverRefundQuota": returnQuota,
  "LimitExceeded.AccountReturnQuota": returnQuota,
  "InvalidAccount.UnpaidOrder": unpaid,
  "UnsupportedOperation.UnpaidOrderAlreadyExists": unpaid,
  "UnsupportedOperation.NotSupportUnpaidOrder": unpaid,
  "InvalidAccount.InsufficientBalance": noBalance,
  "UnsupportedOperation.RedHatInstanceTerminateUnsupported": platform,
  "UnsupportedOperation.RedHatInstanceUnsupported": platform,
  "UnsupportedOperation.SpecialInstanceType": platform,
  "UnsupportedOperation.Region": platform,
  "UnsupportedOperation.InvalidInstancesOwner": platform,
  "FailedOperation.InvalidInstanceApplicationRole": ["owned", "Another product runs it. Release it there."],
  "FailedOperation.InvalidInstanceApplicationRoleEmr": ["owned", "Elastic MapReduce runs it. Release it there."],
  "UnsupportedOperation.VersionMismatch": ["conflict", "The group was changed in between. Read it again."],
  "OperationDenied.AddressDeletionProtectionEnabled": [
    "protected",
    "The address has deletion protection, which only the console switches off.",
  ],
  "ResourceUnavailable.RepeatRefund": gone,
  "InvalidInstance.NotSupported": busy,
  "OperationDenied.InstanceOperationInProgress": busy,
  "OperationDenied.MutexTaskRunning": busy,
  "InvalidAddressId.StatusNotPermit": busy,
  "InvalidAddressIdStatus.NotPermit": busy,
  "UnsupportedOperation.AddressStatusNotPermit": busy,
  "InvalidFilterValue.LimitExceeded": badInput,
  "InvalidParameterValue.LimitExceeded": badInput,
};

/** Families: every code that begins so. */
const families: readonly (readonly [prefix: string, meaning: Meaning])[] = [
  ["RequestLimitExceeded", tooFast],
  ["UnauthorizedOperation", denied],
  ["AuthFailure", credentials],
  ["InternalError", passing],
  ["InternalServerError", passing],
  ["UnsupportedOperation.InstanceState", busy],
  ["MutexOperation", busy],
  ["DesOperation", busy],
  ["TradeDealConflict", busy],
  ["ResourceBusy", busy],
  ["ResourceInUse", inUse],
  ["ResourceNotFound", gone],
  ["LimitExceeded", ["quota", "A quota of the account is used up. Raise it or clean up, then try again."]],
  ["InvalidParameter", badInput],
  ["MissingParameter", badInput],
  ["UnknownParameter", badInput],
  ["InvalidAction", badInput],
  ["InvalidInstanceId", badInput],
  ["InvalidFilter", badInput],
  ["UnsupportedOperation", ["unsupported", "The cloud refuses this for this kind of instance."]],
];

/** The cloud's own code in a thrown value; `undefined` for trouble of the transport. */
export function cloudCodeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error) || typeof error.code !== "string")
    return undefined;
  // Node's own codes (ECONNRESET, ERR_…) are no words of the cloud.
  return /^E[A-Z_]+$/.test(error.code) || error.code === "" ? undefined : error.code;
}

/** Says what a value thrown by the Tencent Cloud SDK means. Judges by code only: messages may be Chinese. */
export function translate(error: unknown, request: ApiRequest): TranslatedError {
  if (DecommissionError.isInstance(error)) return { problem: error.problem, executed: "no" };
  const what = `${request.service}:${request.action}`;
  const cloudCode = cloudCodeOf(error);
  if (cloudCode === undefined) return { problem: transportProblem(error, what), executed: "maybe" };
  const [code, hint] = meaningOf(cloudCode);
  const requestId = requestIdOf(error);
  const problem = {
    code,
    message: `${what} was refused (${cloudCode}).`,
    hint,
    cloud: "tencent",
    cloudCode,
    ...(requestId === undefined ? {} : { requestId }),
  };
  // An internal error says nothing about whether the request was carried out.
  return { problem, executed: code === "service" ? "maybe" : "no" };
}

function meaningOf(cloudCode: string): Meaning {
  return (
    meanings[cloudCode] ??
    families.find(([prefix]) => cloudCode.startsWith(prefix))?.[1] ?? [
      "unexpected",
      "The cloud documents no such error for this request. Report it with the code above.",
    ]
  );
}

/** The SDK's transport errors carry no code; an HTTP status or a parse error says that somebody answered. */
function transportProblem(error: unknown, what: string) {
  const answered =
    error instanceof TypeError ||
    error instanceof SyntaxError ||
    (typeof error === "object" &&
      error !== null &&
      (("httpCode" in error && error.httpCode !== undefined) || ("type" in error && error.type === "invalid-json")));
  return answered
    ? ({
        code: "service",
        message: `${what} got an answer that is not the cloud's.`,
        hint: "Check that `endpoint` and proxies lead to Tencent Cloud, then try again.",
        cloud: "tencent",
      } as const)
    : ({
        code: "network",
        message: `The connection broke during ${what}.`,
        hint: "Check the network path and `endpoint`, then try again.",
        cloud: "tencent",
      } as const);
}

function requestIdOf(error: unknown): string | undefined {
  const found = typeof error === "object" && error !== null && "requestId" in error ? error.requestId : undefined;
  return typeof found === "string" && found !== "" ? found : undefined;
}
