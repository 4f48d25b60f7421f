import { describe, expect, it } from "vitest";
import { type BulkRead, readBulk } from "../../../providers/aws/bulk.js";
import { cannedCalls } from "./canned.js";

/** A region whose listing has these pages of keys; asked by key it answers what it has of them. */
function region(pages: readonly (readonly string[])[]) {
  const rows = pages.flat();
  const row = (key: string, index: number) => ({ VpcId: `${key}/${index}`, OwnerId: key });
  const { open, sent } = cannedCalls({
    "ec2:DescribeVpcs": (input) => {
      const filters = input.Filters as readonly { readonly Values: readonly string[] }[] | undefined;
      if (filters) return { Vpcs: rows.filter((key) => filters[0]?.Values.includes(key)).map(row) };
      const page = Number(input.NextToken ?? 0);
      return {
        Vpcs: (pages[page] ?? []).map(row),
        ...(page + 1 < pages.length ? { NextToken: String(page + 1) } : {}),
      };
    },
  });
  const asked = () => sent.filter(({ api }) => api === "ec2:DescribeVpcs");
  return {
    read: async (keys: readonly string[], over: Partial<BulkRead> = {}) => {
      const call = await open("reads");
      const { items } = await readBulk(call, { ...vpcs, ...over }, keys);
      return items.map((item) => item.need("OwnerId")).toSorted();
    },
    listed: () => asked().filter(({ input }) => input.Filters === undefined).length,
    byKey: () => asked().filter(({ input }) => input.Filters !== undefined).length,
  };
}

const vpcs: BulkRead = {
  service: "ec2",
  action: "DescribeVpcs",
  list: "Vpcs",
  whole: { MaxResults: 5 },
  some: (keys) => ({ Filters: [{ Name: "owner-id", Values: [...keys] }] }),
  batch: 2,
  keysOf: (item) => [item.need("OwnerId")],
};

describe("a bulk read", () => {
  it("asks by key where one request takes all keys", async () => {
    const world = region([["a", "b", "c"]]);
    expect(await world.read(["a", "b"])).toEqual(["a", "b"]);
    expect([world.listed(), world.byKey()]).toEqual([0, 1]);
  });

  it("takes the listing where that is shorter, and leaves out what nobody asked for", async () => {
    const world = region([["a", "b", "c", "d", "x", "y"]]);
    expect(await world.read(["a", "b", "c", "d"])).toEqual(["a", "b", "c", "d"]);
    expect([world.listed(), world.byKey()]).toEqual([1, 0]);
  });

  it("goes on with a listing as long as its pages bring as much as asking by key", async () => {
    const world = region([
      ["a", "b", "x"],
      ["c", "d", "y"],
      ["e", "f"],
    ]);
    expect(await world.read(["a", "b", "c", "d", "e", "f"])).toEqual(["a", "b", "c", "d", "e", "f"]);
    expect([world.listed(), world.byKey()]).toEqual([3, 0]);
  });

  it("gives a listing up that is mostly other people's, and misses nothing", async () => {
    const world = region([
      ["a", "x", "y"],
      ["x", "y", "b"],
      ["c", "a"],
    ]);
    expect(await world.read(["a", "b", "c"])).toEqual(["a", "a", "b", "c"]);
    expect([world.listed(), world.byKey()]).toEqual([1, 2]);
  });

  it("asks again only for what was not found, where a key has one item at most", async () => {
    const world = region([
      ["a", "x", "y"],
      ["b", "c"],
    ]);
    expect(await world.read(["a", "b", "c"], { oneEach: true })).toEqual(["a", "b", "c"]);
    expect([world.listed(), world.byKey()]).toEqual([1, 1]);
  });

  it("sends nothing for nobody", async () => {
    const world = region([["a"]]);
    expect(await world.read([])).toEqual([]);
    expect([world.listed(), world.byKey()]).toEqual([0, 0]);
  });

  it("does not follow a token that comes again for ever", async () => {
    const { open, sent } = cannedCalls({
      "ec2:DescribeVpcs": (input) =>
        input.Filters
          ? { Vpcs: [{ VpcId: "v", OwnerId: "a" }] }
          : {
              Vpcs: [
                { VpcId: `${sent.length}`, OwnerId: "a" },
                { VpcId: "w", OwnerId: "b" },
              ],
              NextToken: "again",
            },
    });
    const call = await open("reads");
    const { items } = await readBulk(call, { ...vpcs, batch: 1 }, ["a", "b"]);
    expect(items.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThan(8);
  });
});
