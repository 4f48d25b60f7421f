import { adapterCalls, type Call, totalMsOf } from "../../src/calls.js";
import type { IdentityReader } from "../../src/identity.js";
import type { CallOptions } from "../../src/options.js";
import { Wire } from "../../src/wire.js";
import { defaultLimit, tencentCapabilities } from "./capabilities.js";
import { tencentClients } from "./clients.js";
import type { TencentOptions } from "./options.js";
import { type SentReturns, sentReturns } from "./termination/sent-returns.js";

/** One call of one operation: its requests, and the account and region they go to. */
export interface TencentCall extends Call {
  /** The returns that this adapter has sent, in whichever call. */
  readonly returns: SentReturns;
  /** The renewals that this adapter has sent, by kind and id. */
  readonly renewals: SentReturns;
  /**
   * All items of a listing by offset, each id once. `list` names the field that holds them. The end is an empty page:
   * a page past it still tells the full total, and an account that changes meanwhile shifts the offsets.
   */
  pages(
    service: string,
    action: string,
    parameters: Readonly<Record<string, unknown>>,
    list: ListForm,
  ): Promise<readonly Wire[]>;
}

/** How a listing answers. */
export interface ListForm {
  /** The field that holds the items. */
  readonly field: string;
  /** The field that names an item, or several together, to leave out what two pages show. */
  readonly id: string | readonly string[];
  /** Largest page. Default: 100. */
  readonly limit?: number;
  /** How many items there can be, where that is known: one for each id asked for. Saves asking for the empty page. */
  readonly most?: number;
  /** Whether offset and limit go as texts, as some VPC listings want them. Default: false. */
  readonly asText?: boolean;
}

/** Opens calls. `reads` refuses every mutation before it is sent. */
export type OpenTencentCall = (mode: "reads" | "all", options?: CallOptions) => Promise<TencentCall>;

/** Default and largest page of nearly every listing; the cloud's own default of 20 cuts lists of ids, too. */
const pageLimit = 100;

/** Prepares one adapter's calls. Sends nothing: whose credentials these are is asked with the first call. */
export function tencentCalls(options: TencentOptions): OpenTencentCall {
  const clients = tencentClients(options, totalMsOf(options));
  const open = adapterCalls({
    cloud: "tencent",
    options,
    capabilities: tencentCapabilities,
    transport: clients,
    fingerprint: clients.fingerprint,
    askIdentity,
    defaultLimit,
  });
  const sent = { returns: sentReturns(), renewals: sentReturns() };
  return async (mode, callOptions) => withPages(await open(mode, callOptions), sent);
}

function withPages(call: Call, sent: Pick<TencentCall, "returns" | "renewals">): TencentCall {
  return {
    ...call,
    ...sent,
    pages: async (
      service,
      action,
      parameters,
      { field, id, limit = pageLimit, most = Number.POSITIVE_INFINITY, asText = false },
    ) => {
      const items = new Map<string, Wire>();
      const say = (value: number) => (asText ? String(value) : value);
      for (let offset = 0; ; ) {
        const { body } = await call.read(service, action, { ...parameters, Offset: say(offset), Limit: say(limit) });
        const page = body.needList(field);
        for (const item of page) items.set(nameOf(item, id), item);
        offset += page.length;
        const total = body.number("TotalCount");
        if (
          page.length === 0 ||
          items.size >= most ||
          (page.length < limit && (total === undefined || offset >= total))
        )
          return [...items.values()];
      }
    },
  };
}

function nameOf(item: Wire, id: ListForm["id"]): string {
  return typeof id === "string" ? item.need(id) : id.map((field) => item.text(field) ?? "").join("/");
}

const askIdentity: IdentityReader = async (requests) => {
  const { body } = await requests.read("sts", "GetCallerIdentity", {});
  const caller = new Wire(body, "GetCallerIdentity");
  return { accountId: caller.need("AccountId"), principal: caller.text("Arn") ?? caller.need("PrincipalId") };
};
