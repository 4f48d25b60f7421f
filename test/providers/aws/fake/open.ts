import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { STSClient } from "@aws-sdk/client-sts";
import { afterEach } from "vitest";
import { fakeAws } from "../../../../providers/aws/fake/index.js";
import type { FakeOptions } from "../../../../src/testing/world.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A fake on loopback with a client for each service. Without options reads do not lag. */
export async function openFake(options: FakeOptions = { staleReadsMs: 0 }) {
  const cloud = fakeAws(options);
  const server = await cloud.listen();
  closers.push(() => server.close());
  const config = (over: object = {}) => ({
    region: "eu-west-1",
    endpoint: server.url,
    credentials: { accessKeyId: "AKIAHOME", secretAccessKey: "never checked" },
    maxAttempts: 1,
    ...over,
  });
  const open = <Client extends { destroy(): void }>(client: Client): Client => {
    closers.push(() => client.destroy());
    return client;
  };
  return {
    cloud,
    server,
    ec2: open(new EC2Client(config())),
    autoScaling: open(new AutoScalingClient(config())),
    balancing: open(new ElasticLoadBalancingV2Client(config())),
    sts: open(new STSClient(config())),
    /** Another client of the same cloud. */
    open: <Client extends { destroy(): void }>(make: (settings: ReturnType<typeof config>) => Client, over?: object) =>
      open(make(config(over))),
  };
}

/** Code of the error a call ends with; fails when it does not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    // A modelled exception has another name than its code; services that speak JSON have no code.
    if (error instanceof Error) return "Code" in error && error.Code !== undefined ? String(error.Code) : error.name;
  }
  throw new Error("The call succeeded.");
}
