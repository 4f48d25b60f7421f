import type { Clock } from "../../src/clock.js";
import { systemClock } from "../../src/clock.js";
import type { Scope } from "../../src/common.js";
import { DecommissionError } from "../../src/errors.js";
import { type IdentityReader, identityReader } from "../../src/identity.js";
import type { CallerIdentity } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { collectPages } from "../../src/paginate.js";
import { type Answer, openRequests, type Requests } from "../../src/requests.js";
import type { RateLimit } from "../../src/scheduler.js";
import { Wire } from "../../src/wire.js";
import { awsCapabilities, defaultLimit } from "./capabilities.js";
import { awsClients } from "./clients.js";
import type { AwsOptions } from "./options.js";

/** One call of one operation: its requests, and the account and region they go to. */
export interface AwsCall {
  readonly requests: Requests;
  readonly scope: Scope;
  readonly identity: CallerIdentity;
  /** One read; the answer as a checked part. */
  read(service: string, action: string, parameters: Readonly<Record<string, unknown>>): Promise<AwsRead>;
  /** All items of a listing. `list` names the field that holds them; EC2 always sends it, so its absence throws. */
  pages(
    service: string,
    action: string,
    parameters: Readonly<Record<string, unknown>>,
    list: string,
  ): Promise<readonly Wire[]>;
}

/** A read's answer: what it said, and the evidence that it said so. */
export type AwsRead = Omit<Answer<unknown>, "body"> & { readonly body: Wire };

/** Opens calls. `reads` refuses every mutation before it is sent. */
export type OpenAwsCall = (mode: "reads" | "all", options?: CallOptions) => Promise<AwsCall>;

/** Defaults of `timeouts.totalMs`. */
const defaultTotalMs = 60_000;

/** Prepares one adapter's calls. Sends nothing: whose credentials these are is asked with the first call. */
export function awsCalls(options: AwsOptions): OpenAwsCall {
  const clock: Clock = options.clock ?? systemClock;
  const totalMs = options.timeouts?.totalMs ?? defaultTotalMs;
  const clients = awsClients(options, totalMs);
  const whoAmI = identityReader(clients.fingerprint, askIdentity);
  const limitOf = (api: string): RateLimit => ({
    ...(awsCapabilities.limits[api] ?? defaultLimit(api)),
    ...options.limits?.[api],
  });
  return async (mode, callOptions) => {
    const credential = await fingerprint(clients.fingerprint, callOptions);
    const requests = openRequests(
      {
        cloud: "aws",
        transport: clients,
        clock,
        totalMs,
        consistencyWindowMs: awsCapabilities.consistencyWindowMs,
        limiterKey: `aws/${options.region}/${credential}`,
        limitOf,
      },
      mode,
      callOptions,
    );
    const identity = await whoAmI(requests);
    const endpoints = typeof options.endpoint === "string" ? { all: options.endpoint } : options.endpoint;
    const scope: Scope = {
      cloud: "aws",
      accountId: identity.accountId,
      region: options.region,
      ...(endpoints === undefined ? {} : { endpoints }),
    };
    return { requests, scope, identity, ...readers(requests) };
  };
}

async function fingerprint(read: () => Promise<string>, options: CallOptions | undefined): Promise<string> {
  if (options?.signal?.aborted) {
    throw new DecommissionError({
      code: "aborted",
      message: "The call was stopped before it began.",
      hint: "Nothing was sent.",
      cloud: "aws",
    });
  }
  return await read();
}

function readers(requests: Requests): Pick<AwsCall, "read" | "pages"> {
  const read: AwsCall["read"] = async (service, action, parameters) => {
    const answer = await requests.read(service, action, parameters);
    return { ...answer, body: new Wire(answer.body, action) };
  };
  return {
    read,
    pages: async (service, action, parameters, list) => {
      const token = pageTokens[service] ?? ec2Token;
      return await collectPages(`${service}:${action}`, async (next) => {
        const { body } = await read(service, action, { ...parameters, ...(next ? { [token.ask]: next } : {}) });
        return { items: body.needList(list), next: body.text(token.told) };
      });
    },
  };
}

/** How a service asks for the next page, and what it calls its token. */
const ec2Token = { ask: "NextToken", told: "NextToken" };
const pageTokens: Readonly<Record<string, { readonly ask: string; readonly told: string }>> = {
  elasticloadbalancing: { ask: "Marker", told: "NextMarker" },
};

const askIdentity: IdentityReader = async (requests) => {
  try {
    const { body } = await requests.read("sts", "GetCallerIdentity", {});
    const caller = new Wire(body, "GetCallerIdentity");
    return { accountId: caller.need("Account"), principal: caller.need("Arn") };
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code === "missing-package")
      return await accountByNetwork(requests, error);
    throw error;
  }
};

/**
 * The account without the STS package: the owner of its default network, which cannot be shared ("Shareable
 * resources", VPC User Guide). Who exactly calls stays unknown.
 */
async function accountByNetwork(requests: Requests, cause: DecommissionError): Promise<CallerIdentity> {
  const parameters = { Filters: [{ Name: "is-default", Values: ["true"] }] };
  const { body } = await requests.read("ec2", "DescribeVpcs", parameters);
  const accountId = new Wire(body, "DescribeVpcs").needList("Vpcs")[0]?.text("OwnerId");
  if (accountId === undefined) throw cause;
  return { accountId, principal: `unknown (${cause.hint})` };
}
