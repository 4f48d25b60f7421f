import { fakeCloud } from "./fake-cloud.js";
import { memoryAdapter } from "./memory/adapter/index.js";
import { memoryCloud, memoryCredentials } from "./memory/cloud.js";
import { featuresOf, type MemoryWorldOptions } from "./memory/options.js";
import type { FakeCloud, World } from "./world.js";

/** A {@link World} whose cloud can be talked to past its adapter: JSON in, JSON out. */
export type MemoryWorld = World & Required<Pick<World, "secrets">> & Pick<FakeCloud, "fetch">;

/**
 * A world without network: an adapter in memory with the whole interface, over a made-up cloud that can be seeded,
 * broken and looked into. What that cloud can do is up to `capabilities`.
 */
export function memoryWorld(options: MemoryWorldOptions = {}): MemoryWorld {
  const features = featuresOf(options);
  const home = { accountId: options.accountId ?? "100000000001", region: options.region ?? "memory-1" };
  const accounts: Record<string, string> = { [memoryCredentials.accessKey]: home.accountId, ...options.accounts };
  const cloud = fakeCloud(memoryCloud(features), { ...options, ...home, accounts });
  const { fetch, clock } = cloud;
  const connect = (accessKey: string, region: string, project: string | undefined, totalMs: number | undefined) =>
    memoryAdapter({
      connection: { fetch, credentials: { ...memoryCredentials, accessKey }, region, project },
      features,
      clock,
      totalMs,
    });
  const { accessKey, secret } = memoryCredentials;
  return {
    ...cloud,
    adapter: connect(accessKey, home.region, options.project, undefined),
    secrets: [accessKey, secret],
    close: async () => undefined,
    another: ({ accountId = home.accountId, region = home.region, project = options.project, totalMs }) => {
      const key = accountId === home.accountId ? accessKey : `MEMORY${accountId}`;
      accounts[key] = accountId;
      return connect(key, region, project, totalMs);
    },
  };
}
