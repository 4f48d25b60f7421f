import { adapterCalls, type Call } from "../../../calls.js";
import type { Clock } from "../../../clock.js";
import type { CallOptions } from "../../../options.js";
import { collectPages } from "../../../paginate.js";
import { Wire } from "../../../wire.js";
import type { MemoryFeatures } from "../options.js";
import { type MemoryConnection, memoryTransport } from "./transport.js";

/** One call of one operation. */
export interface MemoryCall extends Call {
  readonly features: MemoryFeatures;
  /** All items of a listing. */
  pages(action: string, parameters?: Readonly<Record<string, unknown>>): Promise<readonly Wire[]>;
}

/** Opens calls. `reads` refuses every mutation before it is sent. */
export type OpenMemoryCall = (mode: "reads" | "all", options?: CallOptions) => Promise<MemoryCall>;

/** What the adapter is made with. */
export interface MemoryAdapterInput {
  readonly connection: MemoryConnection;
  readonly features: MemoryFeatures;
  readonly clock: Clock;
  readonly totalMs?: number | undefined;
}

/** The one service of this cloud. */
export const service = "cloud";

/** Prepares an adapter's calls. Sends nothing. */
export function memoryCalls(input: MemoryAdapterInput): OpenMemoryCall {
  const { connection, features, clock, totalMs } = input;
  const open = adapterCalls({
    cloud: "memory",
    options: { region: connection.region, clock, ...(totalMs === undefined ? {} : { timeouts: { totalMs } }) },
    capabilities: features.capabilities,
    transport: memoryTransport(connection),
    fingerprint: async () => connection.credentials.accessKey,
    askIdentity: async (requests) => {
      const caller = new Wire((await requests.read(service, "GetCaller", {})).body, "GetCaller");
      const project = caller.text("project");
      return {
        accountId: caller.need("accountId"),
        principal: caller.need("principal"),
        ...(project === undefined ? {} : { project }),
      };
    },
    defaultLimit: () => ({ perSecond: 100, burst: 100 }),
  });
  return async (mode, options) => {
    const call = await open(mode, options);
    return {
      ...call,
      features,
      pages: (action, parameters = {}) =>
        collectPages(`${service}:${action}`, async (marker) => {
          const { body } = await call.read(service, action, { ...parameters, ...(marker ? { marker } : {}) });
          return { items: body.needList("items"), next: body.text("next") };
        }),
    };
  };
}
