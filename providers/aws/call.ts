import { adapterCalls, type Call, totalMsOf, type WireAnswer } from "../../src/calls.js";
import { DecommissionError } from "../../src/errors.js";
import type { IdentityReader } from "../../src/identity.js";
import type { CallerIdentity } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import { collectPages } from "../../src/paginate.js";
import type { Requests } from "../../src/requests.js";
import { Wire } from "../../src/wire.js";
import { awsCapabilities, defaultLimit } from "./capabilities.js";
import { awsClients } from "./clients.js";
import { unknownForGood } from "./errors.js";
import type { AwsOptions } from "./options.js";

/** One call of one operation: its requests, and the account and region they go to. */
export interface AwsCall extends Call {
  /** All items of a listing. `list` names the field that holds them; EC2 always sends it, so its absence throws. */
  pages(
    service: string,
    action: string,
    parameters: Readonly<Record<string, unknown>>,
    list: string,
  ): Promise<readonly Wire[]>;
}

/** A read's answer: what it said, and the evidence that it said so. */
export type AwsRead = WireAnswer;

/** Opens calls. `reads` refuses every mutation before it is sent. */
export type OpenAwsCall = (mode: "reads" | "all", options?: CallOptions) => Promise<AwsCall>;

/** Prepares one adapter's calls. Sends nothing: whose credentials these are is asked with the first call. */
export function awsCalls(options: AwsOptions): OpenAwsCall {
  const clients = awsClients(options, totalMsOf(options));
  const open = adapterCalls({
    cloud: "aws",
    options,
    capabilities: awsCapabilities,
    transport: clients,
    fingerprint: clients.fingerprint,
    askIdentity,
    defaultLimit,
  });
  return async (mode, callOptions) => withPages(await open(mode, callOptions));
}

/** The same call for a survey, where a source that is not known there is one that is unavailable, and no more. */
export function surveyCall(call: AwsCall): AwsCall {
  return withPages({
    ...call,
    read: async (service, action, parameters) => {
      try {
        return await call.read(service, action, parameters);
      } catch (error) {
        throw unknownForGood(error) ?? error;
      }
    },
  });
}

function withPages(call: Call): AwsCall {
  return {
    ...call,
    pages: async (service, action, parameters, list) => {
      const token = pageTokens[service] ?? ec2Token;
      return await collectPages(`${service}:${action}`, async (next) => {
        const { body } = await call.read(service, action, { ...parameters, ...(next ? { [token.ask]: next } : {}) });
        return { items: body.needList(list), next: body.text(token.told) };
      });
    },
  };
}

/** How a service asks for the next page, and what it calls its token. */
const ec2Token = { ask: "NextToken", told: "NextToken" };
const pageTokens: Readonly<Record<string, { readonly ask: string; readonly told: string }>> = {
  elasticloadbalancing: { ask: "Marker", told: "NextMarker" },
  elb: { ask: "Marker", told: "NextMarker" },
  elasticfilesystem: { ask: "Marker", told: "NextMarker" },
  route53: { ask: "Marker", told: "NextMarker" },
  rds: { ask: "Marker", told: "Marker" },
  ecs: { ask: "nextToken", told: "nextToken" },
  ram: { ask: "nextToken", told: "nextToken" },
  savingsplans: { ask: "nextToken", told: "nextToken" },
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
