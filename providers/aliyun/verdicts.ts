import type { Problem } from "../../src/errors.js";

/** What became of one member of a batch. */
export type Verdict =
  | { readonly kind: "accepted"; readonly requestId?: string }
  /** Refused, and a re-read shows it unchanged. */
  | { readonly kind: "refused"; readonly problem: Problem }
  | { readonly kind: "unsent"; readonly problem: Problem }
  | { readonly kind: "unclear"; readonly problem: Problem };
