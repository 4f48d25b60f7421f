import { EC2Client } from "@aws-sdk/client-ec2";
import { expect, onTestFinished } from "vitest";
import type { InstanceRecord } from "../../../src/instances.js";
import type { FakeOptions, LoggedRequest } from "../../../src/testing/world.js";
import { type AwsWorld, openAwsWorld } from "./world.js";

/** A world that is closed with the test. */
export async function awsWorld(options?: FakeOptions): Promise<AwsWorld> {
  const world = await openAwsWorld(options);
  onTestFinished(() => world.close());
  return world;
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

/** What the adapter sees of a seeded instance now. */
export async function sighting(world: AwsWorld, name: string): Promise<InstanceRecord> {
  for await (const record of world.adapter.findInstances({ ids: [world.id(name)] })) return record;
  throw new Error(`${name} is not there.`);
}

/** The requests of one API since a moment, dry runs left out. */
export function sent(world: AwsWorld, api: string, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter((request) => request.api === api && !request.dryRun);
}

/** Real mutations since a moment. */
export function mutations(world: AwsWorld, from = 0): readonly LoggedRequest[] {
  return world.requests.slice(from).filter(({ mutating, dryRun }) => mutating && !dryRun);
}

/** Lets stops, drains, detachments and lagging reads come to their end. */
export async function settle(world: AwsWorld): Promise<void> {
  await world.clock.advance(20 * 60_000);
}

/** Fails unless the outcome is `blocked` with that code, and answers its problem. */
export function expectBlocked(outcome: object | undefined, code: string): void {
  expect(outcome).toMatchObject({ status: "blocked", problem: { code } });
}

export const discard = { data: { discard: "a test" } } as const;
