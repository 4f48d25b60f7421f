import { checkEndpoints } from "../../src/endpoints.js";
import { invalidRequest } from "../../src/errors.js";
import type { AdapterOptions } from "../../src/factory.js";

/** Static AWS credentials. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Any AWS SDK v3 client. `never` for parameters is what lets overloaded SDK methods fit. */
export interface AwsSdkClient {
  readonly config: { readonly region: unknown };
  send(command: never, options?: never): Promise<unknown>;
  destroy(): void;
}

/**
 * Options of `aws`. Services are named as IAM names them: `ec2`, `sts`, `autoscaling`, `elasticloadbalancing`; the
 * classic load balancer is `elb`.
 */
export type AwsOptions = AdapterOptions<AwsCredentials, AwsSdkClient>;

/** Throws `invalid-request` for options that cannot work, before anything is sent. */
export function checkAwsOptions(options: AwsOptions): void {
  if (!/^[a-z]{2}(-[a-z]+)+-\d+$/.test(options.region ?? "")) {
    throw invalidRequest(
      `${JSON.stringify(options.region)} is not an AWS region.`,
      "Pass `region`, such as eu-west-1: one adapter is one region.",
    );
  }
  checkEndpoints(options.endpoint);
}
