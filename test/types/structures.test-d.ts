/** Options and the testkit name shapes, not packages: what must fit them, and what must not. */
import * as nodeTest from "node:test";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { EC2Client } from "@aws-sdk/client-ec2";
import { STSClient } from "@aws-sdk/client-sts";
import { type AwsOptions, aws } from "cloud-decom/aws";
import { fakeAws } from "cloud-decom/aws/fake";
import { describeAdapterContract, memoryWorld } from "cloud-decom/testing";
import { http } from "msw";
import { setupServer } from "msw/node";
import { describe, it } from "vitest";

const region = "eu-west-1";

export function realClientsFit() {
  const clients: AwsOptions["clients"] = {
    ec2: new EC2Client({ region }),
    sts: new STSClient({ region }),
    autoscaling: new AutoScalingClient({ region }),
  };
  aws({ region, clients });
  // @ts-expect-error A Date is no client.
  aws({ region, clients: { ec2: new Date() } });
  // @ts-expect-error Nor is something that cannot send.
  aws({ region, clients: { ec2: { config: { region } } } });
}

export function credentialsFitAsTheyAreOrAsAReader() {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "example" };
  aws({ region, credentials });
  aws({ region, credentials: async () => ({ ...credentials, sessionToken: "example", expiration: new Date() }) });
  aws({ region, credentials: new EC2Client({ region }).config.credentials });
  // @ts-expect-error Half a key is none.
  aws({ region, credentials: { accessKeyId: "AKIDEXAMPLE" } });
}

export function everyRunnerFits() {
  describeAdapterContract({ describe, it }, "vitest", () => memoryWorld());
  describeAdapterContract({ describe: nodeTest.describe, it: nodeTest.it }, "node:test", () => memoryWorld());
}

export function mswFits() {
  return setupServer(...fakeAws().handlers(http.all));
}
