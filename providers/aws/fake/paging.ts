import type { JsonObject } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { readToken, writeToken } from "./describe.js";
import type { AwsRequestContext } from "./state.js";
import { number, text } from "./wire/read.js";

/** How a service pages outside EC2. */
export interface PageSpec {
  /** Parameter for the token: `Marker`, `NextToken`, `nextToken`. */
  readonly token: string;
  /** Element of the answer with the next token. Default: as `token`. */
  readonly next?: string;
  readonly size: string;
  readonly usual: number;
  readonly least?: number;
  readonly most: number;
  readonly invalid?: string;
}

/** One page of things, and the element for the next one. */
export function page<Thing>(
  { parameters, route }: AwsRequestContext,
  things: readonly Thing[],
  spec: PageSpec,
): { readonly things: readonly Thing[]; readonly next: JsonObject } {
  const size = number(parameters, spec.size) ?? spec.usual;
  if (size < (spec.least ?? 1) || size > spec.most)
    throw refusal(
      spec.invalid ?? "ValidationError",
      `${spec.size} must be between ${spec.least ?? 1} and ${spec.most}`,
    );
  const token = text(parameters, spec.token);
  const start = token ? readToken(token, route.action, spec.invalid ?? "ValidationError") : 0;
  const end = start + size;
  return {
    things: things.slice(start, end),
    next: end < things.length ? { [spec.next ?? spec.token]: writeToken(end, route.action) } : {},
  };
}
