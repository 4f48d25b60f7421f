import { adapterCalls, type Call, totalMsOf } from "../../src/calls.js";
import { DecommissionError } from "../../src/errors.js";
import type { CallerIdentity } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import type { Requests } from "../../src/requests.js";
import { Wire } from "../../src/wire.js";
import { defaultLimit, huaweiCapabilities } from "./capabilities.js";
import { type HuaweiClients, huaweiClients } from "./clients.js";
import type { HuaweiOptions } from "./options.js";
import { type ListForm, pagesOf } from "./pages.js";

/** One call of one operation: its requests, and the account, region and project they go to. */
export interface HuaweiCall extends Call {
  /** All items of a listing, each once. Throws rather than answer half of it. */
  pages(service: string, action: string, parameters: RequestParameters, list: ListForm): Promise<readonly Wire[]>;
}

/** What a request carries besides method and path template. Path values are ids that were checked, or read from the cloud. */
export interface RequestParameters {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** Opens calls. `reads` refuses every mutation before it is sent. */
export type OpenHuaweiCall = (mode: "reads" | "all", options?: CallOptions) => Promise<HuaweiCall>;

/** Prepares one adapter's calls. Sends nothing: whose credentials these are is asked with the first call. */
export function huaweiCalls(options: HuaweiOptions): OpenHuaweiCall {
  const clients = huaweiClients(options, totalMsOf(options));
  const open = adapterCalls({
    cloud: "huawei",
    options,
    capabilities: huaweiCapabilities,
    transport: clients,
    fingerprint: clients.fingerprint,
    askIdentity: (requests) => askIdentity(requests, clients, options),
    defaultLimit,
  });
  return async (mode, callOptions) => {
    const call = await open(mode, callOptions);
    return {
      ...call,
      pages: (service, action, parameters, list) => pagesOf(call, service, action, parameters, list),
    };
  };
}

/**
 * The account and the project, by reading only: the SDK's own look-up creates a project where it finds none. Which user
 * calls IAM tells to administrators alone, so the principal is named after its account.
 */
async function askIdentity(
  requests: Requests,
  clients: HuaweiClients,
  { domainId, projectId, region }: HuaweiOptions,
): Promise<CallerIdentity> {
  const answer = await requests.read("iam", "GET /v3/auth/domains", {});
  const [domain] = new Wire(answer.body, "ListAuthDomains").needList("domains");
  if (!domain) throw wrongPlace("IAM shows these credentials no account.", "Check the access key.");
  const accountId = domain.need("id");
  if (domainId !== undefined && domainId !== accountId) {
    throw wrongPlace(
      `The credentials belong to account ${accountId}, not to ${domainId}.`,
      "Use the credentials of the account that `domainId` names.",
    );
  }
  clients.settle({ domainId: accountId });
  const project = projectId ?? (await mainProject(requests, region));
  clients.settle({ domainId: accountId, projectId: project });
  return { accountId, principal: `a user of ${domain.text("name") ?? accountId}`, project };
}

/** The project that a region has from the start: it bears the region's name. Others are named by the caller. */
async function mainProject(requests: Requests, region: string): Promise<string> {
  const { body } = await requests.read("iam", "GET /v3/projects", { query: { name: region } });
  const projects = new Wire(body, "ListProjects").needList("projects").filter((row) => row.text("name") === region);
  const [project, ...others] = projects;
  if (project && others.length === 0) return project.need("id");
  throw wrongPlace(
    `IAM shows ${projects.length} projects named ${region}.`,
    'Pass `projectId`; it stands under "My Credentials" in the console.',
  );
}

function wrongPlace(message: string, hint: string): DecommissionError {
  return new DecommissionError({ code: "wrong-account", message, hint, cloud: "huawei" });
}
