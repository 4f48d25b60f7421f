import { EC2Client } from "@aws-sdk/client-ec2";
import { onTestFinished } from "vitest";
import type { FakeOptions } from "../../../src/testing/world.js";
import { closedWithTest } from "../for-test.js";
import { type AwsWorld, openAwsWorld } from "./world.js";

export { collect, discard, effect, expectBlocked, mutations, sent, settle, sighting } from "../for-test.js";

/** A world that is closed with the test. */
export async function awsWorld(options?: FakeOptions): Promise<AwsWorld> {
  return await closedWithTest(openAwsWorld(options));
}

/** A client of the test's own, for what others do in the same account. */
export function otherTool(world: AwsWorld): EC2Client {
  const { accessKeyId, secretAccessKey } = world.credentials;
  const client = new EC2Client({
    region: world.adapter.region,
    endpoint: world.adapter.endpoints?.ec2 ?? "",
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** The action that a request needs: IAM knows both generations of load balancers by one name. */
export function actionBehind(api: string): string {
  return api.replace(/^elb:/, "elasticloadbalancing:");
}
