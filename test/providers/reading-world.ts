import { onTestFinished } from "vitest";
import type { InstanceRecord, InstanceSelector } from "../../src/instances.js";
import type { FakeCloud } from "../../src/testing/world.js";
import { collect, counts } from "./for-test.js";

/** A fake on loopback, and calls into it through the official SDK. */
export interface ReadingWorld<Open> {
  readonly fake: FakeCloud;
  readonly open: Open;
  /** Where the fake listens, for a client of one's own. */
  readonly url: string;
  /** The requests of one piece of work, by API. */
  counted<T>(work: () => Promise<T>): Promise<{ readonly answer: T; readonly byApi: Readonly<Record<string, number>> }>;
  record(name: string): Promise<InstanceRecord>;
}

/** What a cloud's reading world is made of. */
export interface ReadingParts<Open> {
  readonly fake: FakeCloud;
  /** Opens calls to where the fake listens. */
  readonly calls: (url: string) => Open;
  readonly findInstances: (open: Open, query: InstanceSelector) => AsyncIterable<InstanceRecord>;
}

/** Opens a world. It is closed after the test. */
export async function openReadingWorld<Open>(parts: ReadingParts<Open>): Promise<ReadingWorld<Open>> {
  const { fake } = parts;
  const server = await fake.listen();
  onTestFinished(() => server.close());
  const open = parts.calls(server.url);
  return {
    fake,
    open,
    url: server.url,
    counted: async (work) => {
      const from = fake.requests.length;
      const answer = await work();
      return { answer, byApi: counts(fake, from) };
    },
    record: async (name) => {
      const [record] = await collect(parts.findInstances(open, { ids: [fake.id(name)] }));
      if (!record) throw new Error(`${name} is not there`);
      return record;
    },
  };
}
