import type { JsonObject } from "../../../src/common.js";
import type { TencentAction, TencentRequestContext } from "./state.js";
import { checkShape, parseShape } from "./wire/shape.js";

/** The codes of one service for what is wrong with a request (its page "Error Codes"; the SDK's list per operation). */
export interface Wording {
  /** More items in a list than allowed. */
  readonly tooMany: string;
  /** `Limit` or `Offset` out of range. */
  readonly range: string;
  /** A word or text that a parameter does not take. */
  readonly value: string;
  /** Ids and filters together, or other parameters that exclude each other. */
  readonly coexist: string;
  readonly unknownFilter: string;
  readonly tooManyFilters: string;
}
/** Makes the actions of one service from a line of its parameters and a handler. */
export interface Service {
  readonly wording: Wording;
  /** An action that changes nothing. */
  read(parameters: string, handle: Handler): TencentAction;
  /** An action that changes something. `dryRun` where the parameter `DryRun` makes it a check only. */
  write(parameters: string, handle: Handler, options?: { readonly dryRun?: boolean }): TencentAction;
}
/** Answers a request whose parameters fit their table. */
export type Handler = (context: TencentRequestContext) => JsonObject | undefined;

const common: Wording = {
  tooMany: "InvalidParameterValue.LimitExceeded",
  range: "InvalidParameterValue",
  value: "InvalidParameterValue",
  coexist: "InvalidParameter",
  unknownFilter: "InvalidParameterValue",
  tooManyFilters: "InvalidParameterValue.LimitExceeded",
};

/** A service, with its own words where they differ from what most say. */
export function service(words: Partial<Wording> = {}): Service {
  const wording = { ...common, ...words };
  const action = (line: string, handle: Handler, mutating: boolean): TencentAction => {
    const parameters = parseShape(line);
    return {
      mutating,
      parameters,
      handle: (context) =>
        handle({
          ...context,
          parameters: checkShape(parameters, context.parameters, wording),
          // Still a getter, so that what runs later reads the time it runs at.
          get now() {
            return context.now;
          },
        }),
    };
  };
  return {
    wording,
    read: (line, handle) => action(line, handle, false),
    write: (line, handle, options) => ({
      ...action(line, handle, true),
      ...(options?.dryRun ? { dryRun: ({ DryRun }: JsonObject) => DryRun === true } : {}),
    }),
  };
}

/** CVM: "InvalidFilter" and "InvalidFilterValue.LimitExceeded" besides the common ones. */
export const cvm = service({ unknownFilter: "InvalidFilter", tooManyFilters: "InvalidFilterValue.LimitExceeded" });
/** CBS. */
export const cbs = service({ unknownFilter: "InvalidFilter", coexist: "InvalidParameterValue" });
/** VPC. */
export const vpc = service({
  range: "InvalidParameterValue.Range",
  value: "InvalidParameterValue.Malformed",
  coexist: "InvalidParameter.Coexist",
  unknownFilter: "InvalidParameter.FilterInvalidKey",
});
/** The part of VPC that serves elastic addresses has words of its own. */
export const eip = service({
  range: "InvalidParameterValue.LimitExceeded",
  unknownFilter: "InvalidParameter.InvalidFilter",
  tooManyFilters: "LimitExceeded.NumberOfFilters",
});
/** CLB. */
export const clb = service({
  tooMany: "InvalidParameterValue.Length",
  range: "InvalidParameterValue.Range",
  unknownFilter: "InvalidParameterValue.InvalidFilter",
  tooManyFilters: "InvalidParameterValue.Length",
});
/** Auto Scaling. */
export const autoScaling = service({
  coexist: "InvalidParameter.Conflict",
  unknownFilter: "InvalidParameterValue.Filter",
  tooManyFilters: "LimitExceeded.FilterValuesTooLong",
});
/** TKE. */
export const tke = service({ tooMany: "LimitExceeded", range: "InvalidParameter", unknownFilter: "InvalidParameter" });
/** Services that have no words of their own for what the table checks. */
export const plain = service();
