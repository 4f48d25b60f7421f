import { describe, expect, it } from "vitest";
import { type ListForm, pagesOf } from "../../../providers/huawei/pages.js";
import { momentOf } from "../../../providers/huawei/times.js";
import type { Call } from "../../../src/calls.js";
import { Wire } from "../../../src/wire.js";

const rows = (from: number, length: number) => Array.from({ length }, (_, index) => ({ id: `r${from + index}` }));

/** Follows a listing that answers these pages in turn; tells what was read and what was asked. */
async function follow(form: Partial<ListForm>, pages: readonly object[]) {
  const asked: unknown[] = [];
  const read: Call["read"] = async (_service, action, { query }) => {
    const body = new Wire(pages[Math.min(asked.length, pages.length - 1)], action);
    asked.push(query);
    return { body, at: "" };
  };
  const found = await pagesOf({ read }, "svc", "GET /list", {}, { field: "rows", limit: 2, ...form });
  return { ids: found.map((row) => row.need("id")), asked };
}

describe("listings of Huawei Cloud", () => {
  it("go on behind the last id, until a page is not full", async () => {
    const { ids, asked } = await follow({}, [{ rows: rows(0, 2) }, { rows: rows(2, 1) }]);
    expect(ids).toEqual(["r0", "r1", "r2"]);
    expect(asked).toEqual([{ limit: 2 }, { limit: 2, marker: "r1" }]);
  });

  it("trust `page_info` where there is one, also for a page that is not full", async () => {
    const first = { rows: rows(0, 1), page_info: { next_marker: "r0" } };
    const { ids, asked } = await follow({}, [first, { rows: rows(1, 1), page_info: { current_count: 1 } }]);
    expect(ids).toEqual(["r0", "r1"]);
    expect(asked).toHaveLength(2);
  });

  it.each([
    ["offset", [0, 2]],
    ["start_number", [0, 2]],
    ["page", [1, 2]],
  ] as const)("count by %s, from where the service counts", async (by, places) => {
    const { ids, asked } = await follow({ by }, [{ rows: rows(0, 2) }, { rows: rows(2, 1) }]);
    expect(ids).toHaveLength(3);
    const name = by === "page" ? "offset" : by;
    expect(asked).toEqual(places.map((place) => ({ limit: 2, [name]: place })));
  });

  it("go on where the service caps its pages below what was asked for", async () => {
    const pages = [
      { rows: rows(0, 1), total_number: 2 },
      { rows: rows(1, 1), total_number: 2 },
    ];
    expect((await follow({ by: "start_number", limit: 50 }, pages)).ids).toEqual(["r0", "r1"]);
  });

  it("throw rather than answer half where the same page comes again", async () => {
    await expect(follow({ by: "offset" }, [{ rows: rows(0, 2), count: 9 }])).rejects.toMatchObject({ code: "service" });
  });

  it("throw where the list is not there: that is no empty list", async () => {
    await expect(follow({}, [{}])).rejects.toMatchObject({ code: "service" });
    await expect(follow({}, [{ rows: null }])).rejects.toMatchObject({ code: "service" });
  });
});

describe("times of Huawei Cloud", () => {
  it.each([
    ["2018-08-13T13:46:09Z", "2018-08-13T13:46:09.000Z"],
    ["2018-08-13T13:46:46.000000", "2018-08-13T13:46:46.000Z"],
    ["2016-04-25T20:04:47.591Z", "2016-04-25T20:04:47.591Z"],
    ["2023-03-15T08:00:00+0000", "2023-03-15T08:00:00.000Z"],
    ["2020-08-13T09:12:36.000+02:00", "2020-08-13T07:12:36.000Z"],
    ["2017-11-15 15:44:42.595173", "2017-11-15T15:44:42.595Z"],
    ["2018-04-20 16:32:16", "2018-04-20T16:32:16.000Z"],
    ["2018-09-13T01:43:41", "2018-09-13T01:43:41.000Z"],
  ])("read %s as %s, in UTC where no zone is named", (text, moment) => {
    expect(momentOf(text)).toBe(moment);
  });

  it("are nothing where there is none, and no guess where there is nonsense", () => {
    expect([momentOf(undefined), momentOf("")]).toEqual([undefined, undefined]);
    expect(() => momentOf("soon")).toThrow(/malformed/);
  });
});
