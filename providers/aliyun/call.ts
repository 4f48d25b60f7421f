import { adapterCalls, type Call, totalMsOf, type WireAnswer } from "../../src/calls.js";
import type { IdentityReader } from "../../src/identity.js";
import type { CallOptions } from "../../src/options.js";
import { Wire } from "../../src/wire.js";
import { aliyunCapabilities, defaultLimit } from "./capabilities.js";
import { aliyunClients } from "./clients.js";
import { type ListingPage, pagesOf, readListing } from "./listings.js";
import type { AliyunOptions } from "./options.js";

/** One call of one operation: its requests, and the account and region they go to. */
export interface AliyunCall extends Call {
  /** All rows of a listing, to its end. `atMost`: how many there can be, where they are asked for by id. */
  pages(
    service: string,
    action: string,
    parameters?: Readonly<Record<string, unknown>>,
    atMost?: number,
  ): Promise<readonly Wire[]>;
  /** The pages of a listing one by one, for those who may have seen enough before its end. */
  eachPage(
    service: string,
    action: string,
    parameters: Readonly<Record<string, unknown>>,
  ): AsyncGenerator<ListingPage, void, undefined>;
  /** As `pages`, with the requests that brought the rows: for evidence. */
  listed(service: string, action: string, parameters: Readonly<Record<string, unknown>>): Promise<Listed>;
}

/** All rows of a listing, and the ids of the requests for them. */
export interface Listed {
  readonly rows: readonly Wire[];
  readonly requestIds: readonly string[];
}

/** A read's answer: what it said, and the evidence that it said so. */
export type AliyunRead = WireAnswer;

/** Opens calls. `reads` refuses every mutation before it is sent. */
export type OpenAliyunCall = (mode: "reads" | "all", options?: CallOptions) => Promise<AliyunCall>;

/** Prepares one adapter's calls. Sends nothing: whose credentials these are is asked with the first call. */
export function aliyunCalls(options: AliyunOptions): OpenAliyunCall {
  const clients = aliyunClients(options, totalMsOf(options));
  const open = adapterCalls({
    cloud: "aliyun",
    options,
    capabilities: aliyunCapabilities,
    transport: clients,
    fingerprint: clients.fingerprint,
    askIdentity,
    defaultLimit,
  });
  return async (mode, callOptions) => withPages(await open(mode, callOptions));
}

function withPages(call: Call): AliyunCall {
  const listed = async (
    service: string,
    action: string,
    parameters: Readonly<Record<string, unknown>>,
    atMost?: number,
  ): Promise<Listed> => {
    const requestIds: string[] = [];
    const readPage = async (paging: Readonly<Record<string, unknown>>) => {
      const { body, requestId } = await call.read(service, action, { ...parameters, ...paging });
      if (requestId !== undefined) requestIds.push(requestId);
      return body;
    };
    return { rows: await readListing(`${service}:${action}`, readPage, atMost), requestIds };
  };
  return {
    ...call,
    listed,
    eachPage: (service, action, parameters) =>
      pagesOf(
        `${service}:${action}`,
        async (paging) => (await call.read(service, action, { ...parameters, ...paging })).body,
      ),
    pages: async (service, action, parameters = {}, atMost) => (await listed(service, action, parameters, atMost)).rows,
  };
}

const askIdentity: IdentityReader = async (requests) => {
  const { body } = await requests.read("sts", "GetCallerIdentity", {});
  const caller = new Wire(body, "GetCallerIdentity");
  return { accountId: caller.need("AccountId"), principal: caller.text("Arn") ?? caller.need("PrincipalId") };
};
