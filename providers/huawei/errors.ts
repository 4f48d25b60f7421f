import { DecommissionError, type ProblemCode } from "../../src/errors.js";
import type { ApiRequest, TranslatedError } from "../../src/transport.js";

type Meaning = readonly [code: ProblemCode, hint: string];

const denied: Meaning = [
  "access-denied",
  "Grant the action to the calling user or agency; `permissions()` lists what is needed.",
];
const credentials: Meaning = ["authentication", "Check the credentials, the project and this computer's clock."];
const tooFast: Meaning = ["throttled", "Lower the rate in `limits`, or try again later."];
const passing: Meaning = ["service", "The cloud had trouble of its own. Try again later."];
const badInput: Meaning = ["invalid-request", "Check ids and options; if they are right, report this."];
const busy: Meaning = ["wrong-state", "Wait until the operation under way has ended, then try again."];
const gone: Meaning = ["not-found", "It is not there, or not visible to these credentials in this project."];
const inUse: Meaning = ["dependency", "Something still uses it: see `listDependencies`."];
const frozen: Meaning = ["locked", "It is frozen, or the account is. Settle that with billing first."];
const notReturnable: Meaning = [
  "prepaid",
  'It cannot be unsubscribed this way. See "Unsubscription rules" of the account\'s site.',
];

const notOffered: Meaning = ["unsupported", "This API is not offered in the region, or not open to the account."];

/** BSS answers these to an account of its other site ("Error codes", Customer Operation Capabilities). */
const wrongSiteCodes: readonly string[] = ["CBC.0150", "CBC.0156"];

/**
 * What each Huawei Cloud error code means to a caller. A code that is not listed means
 * what its status says, and is `unexpected` where that says nothing.
 * Sources: error code pages of ECS, EVS, VPC, EIP and BSS ("Customer Operation Capabilities", error codes).
 */
const meanings: Readonly<Record<string, Meaning>> = {
  ...each(["APIGW.0308", "APIG.0308"], tooFast),
  ...each(["APIGW.0101", "APIG.0101"], notOffered),
  ...each(["APIGW.0301", "APIG.1009", "APIG.1004", "APIGW.0305"], credentials),
  ...each(["APIGW.0302", "APIGW.0303", "CBC.0151"], denied),
  "Ecs.0003": ["access-denied", "The permission is missing, or the account is in arrears or frozen."],
  ...each(["Ecs.0000", "Ecs.0005", "CBC.0100"], badInput),
  ...each(
    [
      "Ecs.0073",
      "Ecs.0100",
      "Ecs.0101",
      "Ecs.0102",
      "Ecs.0103",
      "EVS.1046",
      "EVS.1047",
      "EVS.2130",
      "EVS.2409",
      "EVS.5400",
      "VPC.0512",
      "CBC.3144",
      "CBC.99003651",
      "CBC.30050011",
      "BackupService.0001",
      "CBC.3002",
      "CBC.30000067",
    ],
    busy,
  ),
  ...each(
    [
      "Ecs.0114",
      "Ecs.0614",
      "EVS.5404",
      "VPC.0003",
      "VPC.0012",
      "VPC.0501",
      "VPC.0504",
      "VPC.0603",
      "CBC.99003012",
      "CBC.30050009",
      "CBC.3124",
      "AS.2007",
      "itemNotFound",
      "SecurityGroupNotFound",
      "SecurityGroupRuleNotFound",
      "PortNotFound",
      "PoolNotFound",
      "MemberNotFound",
    ],
    gone,
  ),
  ...each(["Ecs.0501", "Ecs.0502", "Ecs.0507", "VPC.0602", "CBC.0999"], passing),
  "BackupService.6207": ["quota", "The backup vault is full. Enlarge it, or name another."],
  "Ecs.0605": ["locked", "Unlock it, or name the instance in `protection.clear`; a lock of an order stays."],
  "VPC.0607": ["wrong-state", "A port must be in one security group at least."],
  "Ecs.0030": frozen,
  ...each(["CBC.99003656", "CBC.7281"], frozen),
  ...each(
    ["EVS.2019", "EVS.2020", "EVS.2021"],
    ["wrong-state", "The disk is stuck in an error state. Contact the cloud's support."],
  ),
  ...each(["VPC.0510", "VPC.0511", "VPC.0517", "VPC.0516", "SecurityGroupInUse", "conflictingRequest"], inUse),
  ...each(wrongSiteCodes, ["wrong-account", "The account belongs to the other billing site. Set `site`."]),
  ...each(
    [
      "CBC.3016",
      "CBC.99003185",
      "CBC.99003643",
      "CBC.99003649",
      "CBC.99003650",
      "CBC.99003647",
      "CBC.99003652",
      "CBC.30000053",
    ],
    notReturnable,
  ),
  ...each(
    ["CBC.99003100", "CBC.30050010"],
    ["prepaid", "It is part of an order that is not paid. Pay or cancel that order first."],
  ),
};

/** A refusal in an answer of status 200, which billing and parts of VPC send. */
class RefusedInSuccess extends Error {
  readonly httpStatusCode = 200;
  constructor(
    readonly errorCode: string,
    readonly requestId: string | undefined,
  ) {
    super(errorCode);
  }
}

/** Services that may answer 200 and mean a refusal ("Error codes" of BSS and VPC). Jobs carry an `error_code` of their own. */
const refuseWithSuccess: ReadonlySet<string> = new Set(["bss", "vpc"]);

/** The refusal that an answer of status 200 holds; `undefined` for real success. */
export function refusalIn(answer: unknown, service: string): Error | undefined {
  if (!refuseWithSuccess.has(service)) return undefined;
  const code = fieldOf(normalised(answer), "error_code");
  if (typeof code !== "string" || code === "" || code === "CBC.0000") return undefined;
  const requestId = fieldOf(answer, "request_id");
  return new RefusedInSuccess(code, typeof requestId === "string" ? requestId : undefined);
}

/** An answer's text as JSON; an error's so that the SDK finds its code. What is no JSON stays text. */
export function readBody(text: unknown, status: unknown): unknown {
  if (typeof text !== "string" || text === "") return text;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  return typeof status === "number" && status < 400 ? body : normalised(body);
}

/**
 * Gives every error envelope the code the SDK looks for. Core reads `error.code` and `error_code` alone; VPC v1 sends
 * `{ code, message }`, Neutron `{ NeutronError }`, Nova `{ itemNotFound }` and the like.
 */
function normalised(body: unknown): unknown {
  if (typeof body !== "object" || body === null || "error" in body || "error_code" in body) return body;
  if ("code" in body && typeof body.code === "string" && "message" in body) {
    return { ...body, error_code: body.code, error_msg: body.message };
  }
  const [name, inner] = Object.entries(body).find(([key]) => key !== "request_id") ?? [];
  if (typeof inner !== "object" || inner === null || !("message" in inner)) return body;
  const told = [fieldOf(inner, "type"), fieldOf(inner, "code")].find((word) => typeof word === "string" && word !== "");
  return { error_code: told ?? name, error_msg: inner.message };
}

/** The cloud's own code in a thrown value; `undefined` for trouble of the transport. */
export function cloudCodeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("errorCode" in error)) return undefined;
  return typeof error.errorCode === "string" && error.errorCode !== "" ? error.errorCode : undefined;
}

/** Whether billing refused because the account belongs to its other site. */
export function isWrongSite(error: unknown): boolean {
  return wrongSiteCodes.includes(cloudCodeOf(error) ?? "");
}

/** Says what a value thrown by the Huawei Cloud SDK means. Judges by code first: statuses are not always accurate. */
export function translate(error: unknown, request: ApiRequest): TranslatedError {
  if (DecommissionError.isInstance(error)) return { problem: error.problem, executed: "no" };
  const what = `${request.service}:${request.action}`;
  const status = fieldOf(error, "httpStatusCode");
  const cloudCode = cloudCodeOf(error);
  const refused = typeof status === "number" && (status >= 400 || cloudCode !== undefined);
  if (!refused) return transportError(error, what);
  const [code, hint] = meaningOf(cloudCode) ?? byStatus(status);
  const requestId = fieldOf(error, "requestId");
  const problem = {
    code,
    message: `${what} was refused (${cloudCode ?? `HTTP ${status}`}).`,
    hint,
    cloud: "huawei",
    ...(cloudCode === undefined ? {} : { cloudCode }),
    ...(typeof requestId === "string" && requestId !== "" ? { requestId } : {}),
  };
  return { problem, executed: code === "service" || status >= 500 ? "maybe" : "no", ...dateOf(error) };
}

/** A code that is a name of JavaScript's own, such as `constructor`, is nobody's. */
function meaningOf(cloudCode: string | undefined): Meaning | undefined {
  return cloudCode !== undefined && Object.hasOwn(meanings, cloudCode) ? meanings[cloudCode] : undefined;
}

/**
 * What a status means where the code does not tell. A 404 with a code nobody listed is no proof that a thing is gone,
 * and neither is one without a code: a gateway answers so for a path it does not know.
 */
function byStatus(status: number): Meaning {
  if (status === 401) return credentials;
  if (status === 403) return denied;
  if (status === 429) return tooFast;
  if (status >= 500) return passing;
  return ["unexpected", "The cloud documents no such error for this request. Report it with the code above."];
}

/** Network trouble, timeouts and aborts carry a message only, and it can quote the URL: none of it is passed on. */
function transportError(error: unknown, what: string): TranslatedError {
  const message = error instanceof Error ? error.message : "";
  const neverConnected = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/.test(message);
  const timedOut = /^timeout of \d+ms exceeded/.test(message);
  return {
    problem: {
      code: timedOut ? "timeout" : "network",
      message: timedOut ? `${what} got no answer in time.` : `The connection broke during ${what}.`,
      hint: "Check the network path and `endpoint`, then try again.",
      cloud: "huawei",
    },
    executed: neverConnected ? "no" : "maybe",
  };
}

/** When the cloud answered, by its own clock. */
function dateOf(error: unknown): { readonly date?: string } {
  const date = fieldOf(error, "answeredAt");
  return typeof date === "string" ? { date } : {};
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function each(codes: readonly string[], meaning: Meaning): Record<string, Meaning> {
  return Object.fromEntries(codes.map((code) => [code, meaning]));
}
