import type { CloudAdapter, Trust, Waiver } from "cloud-decom";
import { aws } from "cloud-decom/aws";
import { fakeAws } from "cloud-decom/aws/fake";
import type { FakeCloud, SeedInstance, WorldSeed } from "cloud-decom/testing";

process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

/** An EC2 that exists only in this process, and the adapter that talks to it through the official SDK. */
export interface Pretended {
  readonly cloud: CloudAdapter;
  readonly world: FakeCloud;
  readonly clock: FakeCloud["clock"];
  /** Where it listens, for another process. */
  readonly endpoint: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Opens a pretended EC2. With an account of your own, `aws({ region })` is all there is to it. */
export async function pretendAws(seed: WorldSeed | readonly SeedInstance[]): Promise<Pretended> {
  const world = fakeAws({ region: "eu-west-1" });
  world.seed(seed);
  const server = await world.listen();
  const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
  const { clock } = world;
  const cloud = aws({ region: "eu-west-1", credentials, endpoint: server.endpoint, clock });
  return { cloud, world, clock, endpoint: server.endpoint, close: () => server.close() };
}

/** Somebody who works alone says so; the receipt repeats it. */
export const alone: Trust = { approvers: [], required: 0, solo: { maxInstances: 20 } };

/** Consent to what no dry run of the cloud can prove, such as the right to put something back into a load balancer. */
export const roleReviewed: Waiver = {
  kind: "permission",
  cause: "partial",
  instanceIds: "all",
  reason: "the role was compared with permissions()",
  expiresAt: "2030-01-01T00:00:00Z",
};
