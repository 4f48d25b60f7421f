import type { CloudAdapter } from "../../src/adapter.js";
import type { FakeCloud, FakeOptions, World } from "../../src/testing/world.js";

/** Whom an adapter works for, and where it finds the fake. */
export interface Place {
  readonly accountId: string;
  readonly region: string;
  readonly project?: string;
  readonly endpoint: Readonly<Record<string, string>>;
  readonly clock: FakeCloud["clock"];
}

/** How one cloud's world is put together. */
export interface CloudParts<Options> {
  /** The account and region of a world that does not ask for others. */
  readonly home: { readonly accountId: string; readonly region: string };
  readonly fake: (options: FakeOptions) => FakeCloud;
  /** The access key of an account, in the form the cloud gives them. */
  readonly keyOf: (accountId: string) => string;
  /** What an adapter is made with there, the credentials of that account among it. */
  readonly optionsAt: (place: Place) => Options;
  readonly adapter: (options: Options) => CloudAdapter;
}

/** A fake on loopback with the adapter in it, through the official SDK. */
export interface CloudWorld<Options> extends World {
  readonly fake: FakeCloud;
  /** The account the adapter works for. */
  readonly accountId: string;
  /** Where the fake listens, by service and as a whole: for a client of one's own. */
  readonly endpoint: Readonly<Record<string, string>>;
  readonly url: string;
  /** The options of the adapter, with some of one's own. */
  optionsWith(over: Partial<Options>): Options;
  /** An adapter with those options. */
  adapterWith(over: Partial<Options>): CloudAdapter;
}

interface Timed {
  readonly timeouts?: { readonly totalMs?: number };
}

/** Opens a world. Whoever opens it closes it. */
export async function openCloudWorld<Options extends Timed>(
  parts: CloudParts<Options>,
  options: FakeOptions,
): Promise<CloudWorld<Options>> {
  const { keyOf, optionsAt, adapter } = parts;
  const home = { ...parts.home, ...options };
  // The fake looks accounts up by key with each request, so strangers can be added while it runs.
  const accounts: Record<string, string> = { [keyOf(home.accountId)]: home.accountId };
  const fake = parts.fake({ accounts, ...options });
  const server = await fake.listen();
  const place = { accountId: home.accountId, region: home.region, endpoint: server.endpoint, clock: fake.clock };
  const optionsWith = (over: Partial<Options>): Options => ({ ...optionsAt(place), ...over });
  const adapterWith = (over: Partial<Options>): CloudAdapter => adapter(optionsWith(over));
  return {
    ...fake,
    requests: fake.requests,
    fake,
    accountId: home.accountId,
    endpoint: server.endpoint,
    url: server.url,
    optionsWith,
    adapterWith,
    adapter: adapterWith({}),
    another: ({ totalMs, ...over }) => {
      const there = { ...place, ...over };
      accounts[keyOf(there.accountId)] = there.accountId;
      return adapter({ ...optionsAt(there), ...(totalMs === undefined ? {} : { timeouts: { totalMs } }) });
    },
    close: () => server.close(),
  };
}
