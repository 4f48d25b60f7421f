import { afterEach } from "vitest";
import { aliyunCalls, type OpenAliyunCall } from "../../../providers/aliyun/call.js";
import { fakeAliyun } from "../../../providers/aliyun/fake/index.js";
import { findInstances } from "../../../providers/aliyun/find-instances.js";
import type { AliyunOptions } from "../../../providers/aliyun/options.js";
import type { InstanceRecord } from "../../../src/instances.js";
import type { FakeCloud, FakeOptions } from "../../../src/testing/world.js";

/** A fake on loopback, and calls into it through the official SDK. */
export interface ReadingWorld {
  readonly fake: FakeCloud;
  readonly open: OpenAliyunCall;
  /** Where the fake listens, for a client of one's own. */
  readonly url: string;
  /** The requests of one piece of work, by API. */
  counted<T>(work: () => Promise<T>): Promise<{ readonly answer: T; readonly byApi: Readonly<Record<string, number>> }>;
  record(name: string): Promise<InstanceRecord>;
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Opens a world. It is closed after the test. */
export async function readingWorld(
  options: FakeOptions & { readonly adapter?: Partial<AliyunOptions> } = {},
): Promise<ReadingWorld> {
  const { adapter, ...fakeOptions } = options;
  const fake = fakeAliyun(fakeOptions);
  const server = await fake.listen();
  closers.push(() => server.close());
  const open = aliyunCalls({
    region: fakeOptions.region ?? "cn-hangzhou",
    endpoint: server.url,
    credentials: { accessKeyId: "LTAI-reader", accessKeySecret: "not-a-secret" },
    clock: fake.clock,
    ...adapter,
  });
  return {
    fake,
    open,
    url: server.url,
    counted: async (work) => {
      const from = fake.requests.length;
      const answer = await work();
      const byApi: Record<string, number> = {};
      for (const { api } of fake.requests.slice(from)) byApi[api] = (byApi[api] ?? 0) + 1;
      return { answer, byApi };
    },
    record: async (name) => {
      const [record] = await collect(findInstances(open, { ids: [fake.id(name)] }));
      if (!record) throw new Error(`${name} is not there`);
      return record;
    },
  };
}

/** All of an async iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
