import type { Clock } from "./clock.js";

/** Options alike on every cloud. A factory makes no request and loads no SDK. Clients are typed by what we need of them, never by an SDK's class. */
export interface AdapterOptions<Credentials, Client> {
  readonly region: string;
  /** Default: the SDK's own chain. */
  readonly credentials?: Credentials | (() => Promise<Credentials>);
  /** Service to URL, or one URL for all. Plain http for loopback only. On Huawei a base to which `/<service>` is added; on Aliyun without a path. */
  readonly endpoint?: string | Readonly<Record<string, string>>;
  /** Ready clients by service name; they stay the caller's. */
  readonly clients?: Readonly<Record<string, Client>>;
  /** Per request, in milliseconds. Defaults: connect 5,000, total 60,000. */
  readonly timeouts?: { readonly connectMs?: number; readonly totalMs?: number };
  /** Overrides of `capabilities.limits`, per API. The lower of two adapters wins. */
  readonly limits?: Readonly<Record<string, { readonly perSecond?: number; readonly burst?: number }>>;
  /** Default: the computer's own clock. */
  readonly clock?: Clock;
  /** Added to the SDK's own user agent. Default: `cloud-decom/<version>`. */
  readonly userAgent?: string;
}
