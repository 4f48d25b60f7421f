import type { JsonObject } from "../../../src/common.js";
import { type CloudRefusal, refusal } from "../../../src/testing/fake-refusal.js";
import type { AliyunAction, AliyunRequestContext } from "./state.js";
import { checkParameters, type ParameterErrors, parseParameters, type RecordShape } from "./wire/parameters.js";
import { text } from "./wire/read.js";
import type { AliyunRoute } from "./wire/request.js";
import { defaultRegion } from "./wire/services.js";

type Handler = (context: AliyunRequestContext) => JsonObject | undefined;

/** Codes of an action for a parameter that does not fit, where it has its own. */
export type ParameterCodes = Readonly<Record<string, readonly [code: string, status: number]>>;
interface Options {
  readonly codes?: ParameterCodes;
}
interface WriteOptions extends Options {
  /**
   * How a dry run that passes is called. `shallow`: it looks at the request alone, not at the state of anything
   * ("without querying resource status", DeleteInstancesRequest).
   */
  readonly dryRun?: { readonly code: string; readonly shallow?: boolean };
  /** Whether a request only reads, judged by what it sends. */
  readonly reads?: (parameters: JsonObject) => boolean;
  /** How long the work goes on: until then a request with the same token is told to wait. */
  readonly workMs?: number;
}

/** An action that only reads, with its line of parameters (see `parseParameters`). */
export function read(parameters: string, handle: Handler, options: Options = {}): AliyunAction {
  const shape = parseParameters(parameters);
  return {
    shape,
    mutating: false,
    handle: (context) => {
      checkRegion(context);
      return handle({ ...context, input: inputOf(context, shape, options.codes) });
    },
  };
}

/** An action that changes something. With `ClientToken` among its parameters it is idempotent. */
export function write(parameters: string, handle: Handler, options: WriteOptions = {}): AliyunAction {
  const shape = parseParameters(parameters);
  const { code = "DryRunOperation", shallow = false } = options.dryRun ?? {};
  return {
    shape,
    mutating: true,
    dryRun: ({ DryRun }) => typeof DryRun === "string" && DryRun.toLowerCase() === "true",
    handle: (context) => {
      checkRegion(context);
      const request = { ...context, input: inputOf(context, shape, options.codes) };
      if (!context.dryRun) return once(request, handle, options.workMs ?? 0);
      if (!shallow) handle(request);
      // A dry run that passes is an error by design.
      throw refusal(code, "Request validation has been passed with DryRun flag set.");
    },
  };
}

/**
 * The same token with the same parameters gets the first answer and does nothing; with others it is refused ("How to
 * ensure idempotence", ECS API reference). A request that failed leaves no token.
 */
function once(request: AliyunRequestContext, handle: Handler, workMs: number): JsonObject | undefined {
  const { input, state, route, now } = request;
  const token = text(input, "ClientToken");
  if (token === undefined || token === "") return handle(request);
  if (!/^[\x21-\x7e]{1,64}$/.test(token))
    throw refusal("InvalidClientToken.ValueNotSupported", "The ClientToken provided is invalid.");
  const key = `${route.service}:${route.action}/${token}`;
  const fingerprint = JSON.stringify(Object.entries(input).sort(([one], [other]) => (one < other ? -1 : 1)));
  const before = state.tokens.get(key);
  if (before && before.fingerprint !== fingerprint)
    throw refusal("IdempotentParameterMismatch", "The specified clientToken is used.", 403);
  if (before && before.busyUntil > now)
    throw refusal("IdempotentProcessing", "The previous idempotent request(s) is still processing.", 403);
  if (before) return before.result;
  const result = handle(request);
  state.tokens.set(key, { fingerprint, result, busyUntil: now + workMs });
  return result;
}

type Request = Omit<AliyunRequestContext, "input">;

/** The checked parameters. A regional service takes `RegionId` with every action, also where its model names none. */
function inputOf({ route, parameters }: Request, shape: RecordShape, codes?: ParameterCodes): JsonObject {
  const { RegionId: _region, ...rest } = parameters;
  const sent = shape.fields.has("RegionId") || route.product.global ? parameters : rest;
  return checkParameters(shape, sent, parameterErrors(route, codes));
}

/** A region that does not exist. Which ones do is an option of the fake; without it every name of the form does. */
function checkRegion({ route, options }: Request): void {
  const { region } = route;
  if (region === undefined) return;
  const known = options.regions?.includes(region) ?? true;
  const home = region === (options.region ?? defaultRegion);
  if (/^[a-z]{2}-[a-z]+(-\d)?(-[a-z]+)*$/.test(region) && (known || home)) return;
  throw refusal("InvalidRegionId.NotFound", "The specified RegionId does not exist.", 404);
}

function parameterErrors({ service, action }: AliyunRoute, codes: ParameterCodes = {}): ParameterErrors {
  const named = (path: string) => path.split(".")[0] ?? path;
  return {
    // The cloud drops what it does not know; here a slip of the pen shall not pass for a filter that works.
    unknown: (path) => refusal("UnsupportedParameter", `The parameter ${path} of ${action} is not known to the fake.`),
    missing: (path) =>
      service === "ecs"
        ? refusal(
            `MissingParameter.${path}`,
            `The input parameter "${path}" that is mandatory for processing this request is not supplied.`,
          )
        : refusal(`Missing${path}`, `${path} is mandatory for this action.`),
    invalid: (path): CloudRefusal => {
      const [code, status] = codes[named(path)] ?? ["InvalidParameter", 400];
      return refusal(code, `The specified parameter "${path}" is not valid.`, status);
    },
  };
}
