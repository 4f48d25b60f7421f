import type { JsonObject } from "../../../../src/common.js";
import { CloudRefusal, refusal } from "../../../../src/testing/fake-refusal.js";
import type { AwsAction, AwsRequestContext } from "../state.js";
import type { ec2Parameters } from "./parameters.js";

/** Names of the EC2 actions the fake knows. */
export type Ec2ActionName = keyof typeof ec2Parameters;
/** Some EC2 actions by name. */
export type Ec2Actions = Partial<Readonly<Record<Ec2ActionName, AwsAction>>>;

type Handler = (context: AwsRequestContext) => JsonObject;

/** An action that only reads. */
export function read(handle: Handler): AwsAction {
  return { mutating: false, handle };
}

/**
 * An action that changes something. `DryRun` checks permission and parameters and then answers an error,
 * DryRunOperation; it does not look at the state of things ("DryRun" in the EC2 API reference).
 */
export function write(handle: Handler): AwsAction {
  return {
    mutating: true,
    dryRun: ({ DryRun }) => DryRun === true,
    handle(context) {
      if (!context.dryRun) return handle(context);
      try {
        handle(context);
      } catch (error) {
        if (!(error instanceof CloudRefusal) || aboutParameters.test(error.cloudCode)) throw error;
      }
      throw refusal("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
    },
  };
}

const aboutParameters = /NotFound$|Malformed$|^InvalidParameter|^Missing|^Unknown/;

/** What mutations without a result of their own answer. */
export const done: JsonObject = { return: true };
