import { DecommissionError, type ProblemCode } from "../../src/errors.js";
import type { ApiRequest, TranslatedError } from "../../src/transport.js";

type Meaning = readonly [code: ProblemCode, hint: string];

const credentials: Meaning = ["authentication", "Check the credentials, their session and this computer's clock."];
const denied: Meaning = [
  "access-denied",
  "Grant the action to the calling role; `permissions()` lists what is needed.",
];
const tooFast: Meaning = ["throttled", "Lower the rate in `limits`, or try again later."];
const tooSlow: Meaning = ["timeout", "The cloud waited for the rest of the request. Check the network path to it."];
const passing: Meaning = ["service", "The cloud had trouble of its own. Try again later."];
const gone: Meaning = ["not-found", "It is not there, or not visible to these credentials in this region."];
const badInput: Meaning = ["invalid-request", "Check ids and options; if they are right, report this."];
const busy: Meaning = ["wrong-state", "Wait until the operation under way has ended, then try again."];
const inUse: Meaning = ["dependency", "Something still uses it: see `listDependencies`."];
const snapshotRate: Meaning = [
  "quota",
  "Too many snapshots of this disk at a time. Wait for them to complete, then try again.",
];
const unknownThere: Meaning = [
  "unsupported",
  "That endpoint does not know this action: check `endpoint`, proxies and the region, or go without what it tells.",
];
const quota: Meaning = ["quota", "A quota of the account is used up. Raise it or clean up, then try again."];

/**
 * What each AWS error code means to a caller. Codes that are not listed are `unexpected` and never retried.
 * Sources: "Error codes for the Amazon EC2 API"; "Common errors" of the Auto Scaling and ELB API references.
 */
const meanings: Readonly<Record<string, Meaning>> = {
  ...each(
    [
      "RequestLimitExceeded",
      "Throttling",
      "ThrottlingException",
      "ThrottledException",
      "RequestThrottled",
      "RequestThrottledException",
      "EC2ThrottledException",
      "SlowDown",
      "TooManyRequestsException",
      "BandwidthLimitExceeded",
      "LimitExceededException",
      "PriorRequestNotComplete",
      "ProvisionedThroughputExceededException",
      "TransactionInProgressException",
    ],
    tooFast,
  ),
  ...each(
    [
      "InternalError",
      "InternalFailure",
      "ServiceUnavailable",
      "ServiceUnavailableException",
      "Unavailable",
      "InsufficientInstanceCapacity",
    ],
    passing,
  ),
  ...each(["RequestTimeout", "RequestTimeoutException"], tooSlow),
  ...each(["UnauthorizedOperation", "AccessDenied", "AccessDeniedException"], denied),
  ...each(
    [
      "AuthFailure",
      "InvalidClientTokenId",
      "SignatureDoesNotMatch",
      "RequestExpired",
      "ExpiredToken",
      "ExpiredTokenException",
      "OptInRequired",
      "Blocked",
      "PendingVerification",
      "UnrecognizedClientException",
      "MissingAuthenticationToken",
      "IncompleteSignature",
      "CredentialsProviderError",
    ],
    credentials,
  ),
  ...each(
    [
      "InvalidInstanceID.NotFound",
      "InvalidInstanceId.NotFound",
      "InvalidVolume.NotFound",
      "InvalidSnapshot.NotFound",
      "InvalidGroup.NotFound",
      "InvalidSecurityGroupID.NotFound",
      "InvalidSecurityGroupRuleId.NotFound",
      "InvalidPermission.NotFound",
      "InvalidAllocationID.NotFound",
      "InvalidAddress.NotFound",
      "InvalidAssociationID.NotFound",
      "InvalidNetworkInterfaceID.NotFound",
      "InvalidAMIID.NotFound",
      "InvalidAMIID.Unavailable",
      "InvalidKeyPair.NotFound",
      "InvalidAttachmentID.NotFound",
      "InvalidAttachment.NotFound",
      "InvalidSpotInstanceRequestID.NotFound",
      "InvalidPlacementGroup.Unknown",
      "InvalidRoute.NotFound",
      "TargetGroupNotFound",
      "LoadBalancerNotFound",
      "InvalidInstance",
      "NoSuchEntity",
      "InvalidLaunchTemplateId.NotFound",
      "DBInstanceNotFound",
      "DBClusterNotFound",
      "ClusterNotFoundException",
      "NoSuchHostedZone",
      "NotFoundException",
      "ResourceNotFoundException",
      "ServiceNotFound",
    ],
    gone,
  ),
  ...each(
    [
      "InvalidInstanceID.Malformed",
      "InvalidParameterValue",
      "InvalidParameterCombination",
      "InvalidParameter",
      "MissingParameter",
      "UnknownParameter",
      "FilterLimitExceeded",
      "ValidationError",
      "InvalidId",
      "IdempotentParameterMismatch",
      "InvalidPaginationToken",
      "InvalidNextToken",
    ],
    badInput,
  ),
  ...each(
    ["IncorrectInstanceState", "IncorrectState", "InvalidState", "ResourceContention", "ScalingActivityInProgress"],
    busy,
  ),
  ...each(
    [
      "DependencyViolation",
      "InvalidGroup.InUse",
      "VolumeInUse",
      "InvalidIPAddress.InUse",
      "InvalidNetworkInterface.InUse",
      "InvalidSnapshot.InUse",
    ],
    inUse,
  ),
  ...each(["ConcurrentSnapshotLimitExceeded", "SnapshotCreationPerVolumeRateExceeded"], snapshotRate),
  ...each(
    [
      "LimitExceeded",
      "RulesPerSecurityGroupLimitExceeded",
      "SecurityGroupLimitExceeded",
      "SnapshotLimitExceeded",
      "TagLimitExceeded",
      "TooManyRegistrationsForTargetId",
      "TooManyTargets",
    ],
    quota,
  ),
  // "Common errors" of the query services, and those of the JSON services.
  ...each(["InvalidAction", "UnknownAction", "UnknownOperation", "NotImplemented"], unknownThere),
  ...each(
    ["UnsupportedOperation", "UnsupportedOperationException"],
    ["unsupported", "EC2 does not do this for this kind of instance."],
  ),
  ...each(
    ["InvalidGroup.Reserved", "CannotDelete"],
    ["protected", "The default group belongs to its network and stays."],
  ),
  OperationNotPermitted: [
    "protected",
    "Switch the protection that the message names off, or name the instance in `protection.clear`.",
  ],
  InvalidTarget: ["wrong-state", "Read the target group again: the target may not be registered any more."],
  "InvalidPermission.Duplicate": ["conflict", "The same rule is already there."],
};

/** Node's names for a connection that was never made: nothing can have happened. */
const neverConnected = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
/** Node's names for a connection that broke: the request may have been carried out. */
const broken = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "ERR_STREAM_PREMATURE_CLOSE"]);

/** The cloud's own code in a thrown value. Services with modelled errors differ in `name`, so `Code` comes first. */
export function cloudCodeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("Code" in error && typeof error.Code === "string" && error.Code !== "") return error.Code;
  if (!("name" in error) || typeof error.name !== "string") return undefined;
  // JavaScript's own names are nobody's code, nor are those by which the SDK says that it found none.
  return /^(|Error|TypeError|SyntaxError|RangeError|Unknown|UnknownError|NotFound)$/.test(error.name)
    ? undefined
    : error.name;
}

/** Says what a value thrown by the AWS SDK means. Judges by Node's code first: the SDK calls a reset a timeout. */
export function translate(error: unknown, request: ApiRequest): TranslatedError {
  if (DecommissionError.isInstance(error)) return { problem: error.problem, executed: "no" };
  const what = `${request.service}:${request.action}`;
  const nodeCode = nodeCodeOf(error);
  if (nodeCode !== undefined && neverConnected.has(nodeCode)) {
    return { problem: network(`${what} could not reach the cloud (${nodeCode}).`), executed: "no" };
  }
  if (nodeCode !== undefined && broken.has(nodeCode)) {
    return { problem: network(`The connection broke during ${what} (${nodeCode}).`), executed: "maybe" };
  }
  const { status, requestId, date } = metadataOf(error);
  const cloudCode = cloudCodeOf(error);
  const ofAws = cloudCode !== undefined || requestId !== undefined;
  const [code, hint] = notBuilt(status, ofAws) ?? byCode(cloudCode) ?? byStatus(status);
  const text = textOf(error);
  const named = instancesIn(text);
  const problem = {
    code,
    message: ofAws
      ? `${what} was refused${cloudCode === undefined ? "" : ` (${cloudCode})`}${protectionIn(text)}.`
      : `${what} got an answer that is none of AWS's${status === undefined ? "" : ` (HTTP ${status})`}.`,
    hint,
    cloud: "aws",
    ...(named.length === 0 ? {} : { instanceIds: named }),
    ...(cloudCode === undefined ? {} : { cloudCode }),
    ...(requestId === undefined ? {} : { requestId }),
  };
  // Only an answer that refuses shows that nothing was done: a success that cannot be parsed was carried out, and a
  // server error, or one that ran out of patience, says nothing.
  const refused = status !== undefined && status >= 400 && (status < 500 || code === "throttled") && code !== "timeout";
  return { problem, executed: refused || code === "authentication" ? "no" : "maybe", date };
}

/**
 * The cloud's own text. It can hold anything (an encoded authorization failure, a policy's name), so only what is looked
 * for is taken out of it.
 */
function textOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("message" in error)) return "";
  return typeof error.message === "string" ? error.message : "";
}

/** The instances a refusal names: which members of a batch it is about. */
function instancesIn(text: string): readonly string[] {
  return [...new Set(text.match(/\bi-[0-9a-f]{8}(?:[0-9a-f]{9})?\b/g) ?? [])];
}

/**
 * Which of the two protections refused: EC2 tells by the attribute's name in the text alone ("Modify its
 * 'disableApiStop' instance attribute and try again").
 */
function protectionIn(text: string): string {
  if (text.includes("disableApiStop")) return ": stop protection is on";
  return text.includes("disableApiTermination") ? ": termination protection is on" : "";
}

function network(message: string) {
  return {
    code: "network",
    message,
    hint: "Check the network path and `endpoint`, then try again.",
    cloud: "aws",
  } as const;
}

/**
 * What stands in for AWS and lacks an action says so by the status of what is not built, or by a web page about a path it
 * does not have. AWS itself gives a code and names its answers.
 */
function notBuilt(status: number | undefined, ofAws: boolean): Meaning | undefined {
  const missing = status === 501 || (!ofAws && (status === 404 || status === 405));
  return missing ? unknownThere : undefined;
}

/**
 * What a problem with a server's error means that stayed through every attempt, where its answers were none of AWS's (no
 * code, no request id): a stand-in that falls over an action it lacks. `undefined` for any other. One such page alone can
 * be a gateway's bad moment, so `translate` calls it the service's trouble, which is tried again.
 */
export function unknownForGood(error: unknown): DecommissionError | undefined {
  if (!DecommissionError.isInstance(error) || error.code !== "service") return undefined;
  const { problem, cause } = error;
  const isPage = problem.cloudCode === undefined && problem.requestId === undefined;
  if (!isPage || metadataOf(cause).status !== 500) return undefined;
  const [code, hint] = unknownThere;
  return new DecommissionError({ ...problem, code, hint }, { cause });
}

function byCode(cloudCode: string | undefined): Meaning | undefined {
  if (cloudCode === undefined) return undefined;
  return meanings[cloudCode] ?? meanings[cloudCode.replace(/(Exception|Fault)$/, "")];
}

function byStatus(status: number | undefined): Meaning {
  if (status !== undefined && status >= 200 && status < 300) {
    return ["service", "The answer could not be read. Check that `endpoint` and proxies lead to AWS."];
  }
  if (status !== undefined && status >= 500) return passing;
  if (status === undefined) return ["network", "Check the network path and `endpoint`, then try again."];
  return ["unexpected", "AWS documents no such error for this request. Report it with the code above."];
}

/** What the SDK notes about the answer that an error was made from. */
export function metadataOf(error: unknown): { status?: number; requestId?: string; date?: string } {
  if (typeof error !== "object" || error === null) return {};
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  const response = "$response" in error ? error.$response : undefined;
  return {
    ...pick(metadata, "httpStatusCode", "number", "status"),
    ...pick(metadata, "requestId", "string", "requestId"),
    ...pick(
      typeof response === "object" && response !== null && "headers" in response ? response.headers : undefined,
      "date",
      "string",
      "date",
    ),
  };
}

function pick(from: unknown, field: string, type: "string" | "number", as: string): object {
  if (typeof from !== "object" || from === null || !(field in from)) return {};
  const value: unknown = Reflect.get(from, field);
  return typeof value === type ? { [as]: value } : {};
}

function nodeCodeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

function each(codes: readonly string[], meaning: Meaning): Record<string, Meaning> {
  return Object.fromEntries(codes.map((code) => [code, meaning]));
}
