import { describe, expect, it } from "vitest";
import { chunk, groupBy, mapConcurrent, unique } from "../../src/batch.js";
import { collectPages, type Page } from "../../src/paginate.js";

describe("cutting a list into batches", () => {
  it("keeps every item, each once, in order", () => {
    const items = Array.from({ length: 250 }, (_, index) => index);
    for (const size of [1, 7, 100, 250, 1_000]) {
      const pieces = chunk(items, size);
      expect(pieces.flat()).toEqual(items);
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(size);
    }
  });

  it("has no batch for nothing", () => {
    expect(chunk([], 100)).toEqual([]);
  });

  it("groups without losing order", () => {
    expect([...groupBy(["b1", "a1", "b2"], (name) => name[0])]).toEqual([
      ["b", ["b1", "b2"]],
      ["a", ["a1"]],
    ]);
  });

  it("keeps the first of equal items", () => {
    expect(unique(["b", "a", "b"])).toEqual(["b", "a"]);
  });
});

describe("mapping several at a time", () => {
  it("answers in the order of the items and never runs more than allowed", async () => {
    let running = 0;
    let most = 0;
    const results = await mapConcurrent([3, 1, 2], 2, async (item) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return item * 10;
    });
    expect(results).toEqual([30, 10, 20]);
    expect(most).toBe(2);
  });

  it("starts nothing new after a failure and throws it", async () => {
    const started: number[] = [];
    const mapping = mapConcurrent([1, 2, 3, 4], 1, async (item) => {
      started.push(item);
      if (item === 2) throw new Error("two");
    });
    await expect(mapping).rejects.toThrow("two");
    expect(started).toEqual([1, 2]);
  });
});

describe("reading a listing page by page", () => {
  const pages = (script: readonly Page<string>[]) => {
    const asked: (string | undefined)[] = [];
    const read = () =>
      collectPages("test:List", async (next) => {
        asked.push(next);
        return script[asked.length - 1] ?? { items: [] };
      });
    return { asked, read };
  };

  it("follows an empty page that names a next one", async () => {
    const { read, asked } = pages([
      { items: ["a"], next: "1" },
      { items: [], next: "2" },
      { items: ["b"], next: "" },
    ]);
    expect(await read()).toEqual(["a", "b"]);
    expect(asked).toEqual([undefined, "1", "2"]);
  });

  it("throws rather than go round for ever or end early", async () => {
    const { read } = pages([
      { items: ["a"], next: "1" },
      { items: ["b"], next: "1" },
    ]);
    await expect(read()).rejects.toMatchObject({ code: "service" });
  });
});
