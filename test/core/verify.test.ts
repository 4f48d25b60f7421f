import { describe, expect, it } from "vitest";
import type { DependencySource } from "../../src/coverage.js";
import { DecommissionError } from "../../src/errors.js";
import { lookThrough } from "../../src/verify.js";
import { problem } from "./tools.js";

const snapshots: DependencySource<object> = {
  kind: "snapshot",
  source: "ec2:DescribeSnapshots",
  gate: "report",
  hidesRows: false,
  read: async () => ({ nodes: [], edges: [] }),
};

/** A look at what is left, in which our copies read so. */
function look(readIds: () => Promise<ReadonlySet<string>>, skip: readonly "snapshot"[] = []) {
  return lookThrough([snapshots], {}, { skip }, { kinds: ["snapshot"], readIds });
}

describe("copies among what is left", () => {
  it("are ours where they were told", async () => {
    expect((await look(async () => new Set(["snap-1"]))).ourIds).toEqual(new Set(["snap-1"]));
  });

  it("are nobody's where they could not be told from others, and the look goes on", async () => {
    const denied = async () => {
      throw new DecommissionError(problem("access-denied"));
    };
    const { ourIds, coverage } = await look(denied);
    expect(ourIds).toEqual(new Set());
    expect(coverage).toHaveLength(1);
  });

  it("are not asked for where no copy is looked at", async () => {
    expect((await look(() => Promise.reject(new Error("asked")), ["snapshot"])).ourIds).toEqual(new Set());
  });

  it("end the look when the caller stops it", async () => {
    const stopped = async () => {
      throw new DecommissionError(problem("aborted"));
    };
    await expect(look(stopped)).rejects.toMatchObject({ code: "aborted" });
  });
});
