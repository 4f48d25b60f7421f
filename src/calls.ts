import type { Capabilities } from "./capabilities.js";
import { systemClock } from "./clock.js";
import type { Scope } from "./common.js";
import { DecommissionError } from "./errors.js";
import type { AdapterOptions } from "./factory.js";
import { type IdentityReader, identityReader } from "./identity.js";
import type { CallerIdentity } from "./instances.js";
import type { CallOptions } from "./options.js";
import { type Answer, openRequests, type Requests } from "./requests.js";
import type { RateLimit } from "./scheduler.js";
import type { Transport } from "./transport.js";
import { Wire } from "./wire.js";

/** One call of one operation: its requests, and the place they go to. */
export interface Call {
  readonly requests: Requests;
  readonly scope: Scope;
  readonly identity: CallerIdentity;
  /** One read; the answer as a part to be read with suspicion. */
  read(service: string, action: string, parameters: Readonly<Record<string, unknown>>): Promise<WireAnswer>;
}

/** A read's answer: what it said, and the evidence that it said so. */
export type WireAnswer = Omit<Answer<unknown>, "body"> & { readonly body: Wire };

/** Opens calls. `reads` refuses every mutation before it is sent. */
export type OpenCall = (mode: "reads" | "all", options?: CallOptions) => Promise<Call>;

/** What an adapter gives so that its calls can be opened. */
export interface CallsInput {
  readonly cloud: string;
  readonly options: Pick<AdapterOptions<unknown, unknown>, "region" | "endpoint" | "timeouts" | "limits" | "clock">;
  readonly capabilities: Capabilities;
  readonly transport: Transport;
  /** Names the credential in use without revealing it. */
  fingerprint(): Promise<string>;
  readonly askIdentity: IdentityReader;
  /** The rate of an API that has no line in `capabilities.limits`. */
  defaultLimit(api: string): RateLimit;
}

const defaultTotalMs = 60_000;

/** The total deadline of each request, in milliseconds. */
export function totalMsOf(options: Pick<AdapterOptions<unknown, unknown>, "timeouts">): number {
  return options.timeouts?.totalMs ?? defaultTotalMs;
}

/** Prepares one adapter's calls. Sends nothing: whose credentials these are is asked with the first call. */
export function adapterCalls(input: CallsInput): OpenCall {
  const { cloud, options, capabilities, transport } = input;
  const whoAmI = identityReader(input.fingerprint, input.askIdentity);
  const limitOf = (api: string): RateLimit => ({
    ...(capabilities.limits[api] ?? input.defaultLimit(api)),
    ...options.limits?.[api],
  });
  return async (mode, callOptions) => {
    if (callOptions?.signal?.aborted) throw abortedBefore(cloud);
    const path = {
      cloud,
      transport,
      clock: options.clock ?? systemClock,
      totalMs: totalMsOf(options),
      consistencyWindowMs: capabilities.consistencyWindowMs,
      limiterKey: `${cloud}/${options.region}/${await input.fingerprint()}`,
      limitOf,
    };
    const requests = openRequests(path, mode, callOptions);
    const identity = await whoAmI(requests);
    const read: Call["read"] = async (service, action, parameters) => {
      const answer = await requests.read(service, action, parameters);
      return { ...answer, body: new Wire(answer.body, action) };
    };
    return { requests, scope: scopeOfCall(input, identity), identity, read };
  };
}

function scopeOfCall({ cloud, options }: CallsInput, identity: CallerIdentity): Scope {
  const endpoints = typeof options.endpoint === "string" ? { all: options.endpoint } : options.endpoint;
  return {
    cloud,
    accountId: identity.accountId,
    region: options.region,
    ...(identity.project === undefined ? {} : { project: identity.project }),
    ...(endpoints === undefined ? {} : { endpoints }),
  };
}

function abortedBefore(cloud: string): DecommissionError {
  return new DecommissionError({
    code: "aborted",
    message: "The call was stopped before it began.",
    hint: "Nothing was sent.",
    cloud,
  });
}
