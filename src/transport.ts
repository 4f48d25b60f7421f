import type { Problem } from "./errors.js";

/** One request as the adapter words it, before any SDK. */
export interface ApiRequest {
  /** The service's short name, such as `ec2`. */
  readonly service: string;
  /** The action's name, or method and path template where the cloud has no action names. */
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What the cloud answered. */
export interface ApiAnswer {
  /** As the SDK parsed it. Nothing in it is trusted before it was checked. */
  readonly body: unknown;
  readonly requestId?: string | undefined;
  /** The cloud's `Date` header, where the SDK lets it through. */
  readonly date?: string | undefined;
}

/** What a thrown value means. */
export interface TranslatedError {
  readonly problem: Problem;
  /** Whether the request may have taken effect: `no` only where the cloud refused it before doing anything. */
  readonly executed: "no" | "maybe";
  readonly date?: string | undefined;
}

/** What a request does to the world. `dry-run`: the cloud's own trial of a mutation. */
export type RequestClass = "read" | "dry-run" | "mutation";

/** The SDK side of an adapter: everything that differs between SDKs when a request is sent. */
export interface Transport {
  /**
   * Whether a request only reads, judged by action **and** parameters. Made from a list of reads kept as data:
   * whatever is not listed is a mutation.
   */
  classify(request: ApiRequest): RequestClass;
  /** Sends one request, once. `signal` carries its total deadline. */
  send(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>;
  /** Says what a thrown value means. Must not put credentials, headers or signed URLs into the problem. */
  translate(error: unknown, request: ApiRequest): TranslatedError;
}
