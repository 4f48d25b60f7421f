import { DecommissionError, type Problem, type ProblemCode } from "../../../errors.js";
import type { ApiAnswer, ApiRequest, TranslatedError, Transport } from "../../../transport.js";
import type { FakeCloud } from "../../world.js";

/** Where requests go to, and in whose name. */
export interface MemoryConnection {
  readonly fetch: FakeCloud["fetch"];
  readonly credentials: { readonly accessKey: string; readonly secret: string };
  readonly region: string;
  readonly project?: string | undefined;
}

/** What only reads. All else is a mutation. */
const reads: ReadonlySet<string> = new Set([
  "GetBin",
  "GetCaller",
  "ListAddresses",
  "ListDisks",
  "ListGroupUsers",
  "ListGroups",
  "ListInstances",
  "ListInterfaces",
  "ListPeerings",
  "ListProtection",
  "ListReferences",
  "ListRules",
  "ListScalingGroups",
  "ListSnapshots",
  "ListTargets",
  "QuoteRefund",
]);

/** What each of the cloud's codes means to a caller. Codes not listed are `unexpected`. */
const meanings: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  AccessDenied: ["access-denied", "Grant the caller this action."],
  UnknownCredentials: ["authentication", "Check the access key."],
  Unsigned: ["authentication", "Pass credentials."],
  Throttled: ["throttled", "Ask for less at a time, or try again later."],
  InternalError: ["service", "Try again later."],
  InstanceNotFound: ["not-found", "Check the id, the account and the region."],
  DiskNotFound: ["not-found", "Look at the disks again."],
  AddressNotFound: ["not-found", "Look at the addresses again."],
  SnapshotNotFound: ["not-found", "Look at the snapshots again."],
  GroupNotFound: ["not-found", "Look at the groups again."],
  RuleNotFound: ["not-found", "Look at the rules again."],
  NotAMember: ["not-found", "Look at the members again."],
  Protected: ["protected", "Switch the protection off, or name the id in `protection.clear`."],
  Locked: ["locked", "Unlock it first."],
  OperationInProgress: ["wrong-state", "Wait until the cloud is done with it."],
  WrongState: ["wrong-state", "Look at its state first."],
  OwnedByService: ["owned", "Delete it through the service that runs it."],
  MemberProtected: ["dependency", "Let the group give its members up first."],
  ChargeTypeViolation: ["prepaid", "Choose a way out with `prepaid`."],
  RefundRefused: ["prepaid", "Choose another way out with `prepaid`."],
  QuotaExceeded: ["quota", "Remove old snapshots first."],
  LimitExceeded: ["invalid-request", "Ask for less at a time."],
  InvalidParameter: ["invalid-request", "Check what was asked for."],
  DiskTied: ["unsupported", "This disk goes with its instance."],
  DiskInUse: ["wrong-state", "Detach it first."],
  AddressInUse: ["wrong-state", "Wait until its instance is gone."],
  VersionMismatch: ["conflict", "Read the group again."],
  Unsupported: ["unsupported", "This cloud cannot do it."],
};

/** Thrown for an answer that is a refusal. */
class Refused extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    message: string,
    readonly instanceId: string | undefined,
    readonly requestId: string | undefined,
    readonly date: string | undefined,
  ) {
    super(message);
  }
}

/** Talks to the cloud in memory: JSON over a function call. */
export function memoryTransport(connection: MemoryConnection): Transport {
  return {
    classify: ({ action, parameters }) => {
      if (reads.has(action)) return "read";
      return parameters.dryRun === true ? "dry-run" : "mutation";
    },
    send: (request, signal) => send(connection, request, signal),
    translate,
  };
}

async function send(
  { fetch, credentials, region, project }: MemoryConnection,
  { service, action, parameters }: ApiRequest,
  signal: AbortSignal,
): Promise<ApiAnswer> {
  const headers = {
    authorization: `Memory ${credentials.accessKey}:${credentials.secret}`,
    "x-region": region,
    ...(project === undefined ? {} : { "x-project": project }),
  };
  const body = JSON.stringify(parameters);
  const response = await fetch(
    new Request(`http://${service}.memory.invalid/${action}`, { method: "POST", headers, body, signal }),
  );
  const text = await response.text();
  const date = response.headers.get("date") ?? undefined;
  const requestId = response.headers.get("x-request-id") ?? undefined;
  const answer: unknown = JSON.parse(text);
  if (response.ok) return { body: answer, requestId, date };
  throw new Refused(
    textOf(answer, "code") ?? "",
    response.status,
    textOf(answer, "message") ?? "",
    textOf(answer, "instanceId"),
    requestId,
    date,
  );
}

function translate(error: unknown, { action }: ApiRequest): TranslatedError {
  if (error instanceof Refused) {
    const [code, hint] = meanings[error.code] ?? ["unexpected", "Look the code up, and report it."];
    const problem: Problem = {
      code,
      message: `${action}: ${error.message}`,
      hint,
      cloudCode: error.code,
      ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
      ...(error.instanceId === undefined ? {} : { instanceIds: [error.instanceId] }),
    };
    return { problem, executed: error.status >= 500 ? "maybe" : "no", date: error.date };
  }
  if (DecommissionError.isInstance(error)) return { problem: error.problem, executed: "maybe" };
  const dropped = typeof error === "object" && error !== null && "code" in error && error.code === "ECONNRESET";
  const problem: Problem = dropped
    ? { code: "network", message: `${action}: the connection broke.`, hint: "Check the way to the cloud." }
    : {
        code: "service",
        message: `${action}: the answer cannot be read.`,
        hint: "Check what answers at this address.",
      };
  return { problem, executed: "maybe" };
}

function textOf(answer: unknown, name: string): string | undefined {
  const value: unknown = typeof answer === "object" && answer !== null ? Reflect.get(answer, name) : undefined;
  return typeof value === "string" ? value : undefined;
}
