import { describe, expect, it } from "vitest";
import { copyOf } from "../../../providers/aws/copies.js";
import { readKeyStates } from "../../../providers/aws/keys.js";
import { proofsOf } from "../../../providers/aws/proofs.js";
import { ownDescription, ownTags } from "../../../src/own-tags.js";
import { Wire } from "../../../src/wire.js";
import { type Canned, cannedCalls, sdkError } from "./canned.js";

const key = "arn:aws:kms:eu-west-1:123456789012:key/1";

async function stateOf(answer: Canned) {
  const { open } = cannedCalls({ "kms:DescribeKey": answer });
  return (await readKeyStates(await open("reads"), [key])).get(key);
}

/** An error as the SDK throws it for a JSON service: the code is the name alone. */
function jsonError(name: string): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: 400, requestId: "req-1" } });
}

describe("the key of a copy", () => {
  it("opens it while it is enabled, and in no other state", async () => {
    const inState = (KeyState?: string) => stateOf({ KeyMetadata: { KeyId: "1", ...(KeyState && { KeyState }) } });
    expect(await inState("Enabled")).toBe(true);
    for (const state of ["Disabled", "PendingDeletion", "PendingImport", "Unavailable"]) {
      expect(await inState(state)).toBe(false);
    }
    expect(await inState()).toBe("unknown");
  });

  // KMS API reference, DescribeKey: NotFoundException, the only error of its own.
  it("S10 is gone for good where KMS does not know it, so that what it encrypted cannot be read again", async () => {
    expect(await stateOf(jsonError("NotFoundException"))).toBe(false);
  });

  it("S10 is unknown where it may not be looked at, and where KMS has trouble", async () => {
    expect(await stateOf(sdkError("AccessDeniedException"))).toBe("unknown");
    expect(await stateOf(jsonError("KMSInternalException"))).toBe("unknown");
    expect(await stateOf(jsonError("SomethingNew"))).toBe("unknown");
  });

  it("S10 is unknown where the copy does not say whether it is encrypted, or by which key", async () => {
    const mark = {
      runId: "test",
      attempt: 1,
      instanceIds: ["i-0123456789abcdef0"],
      diskIds: ["vol-1"],
      takenFrom: "running",
    } as const;
    const { open } = cannedCalls({});
    const call = await open("reads");
    const usable = async (over: object) => {
      const row = {
        SnapshotId: "snap-1",
        VolumeId: "vol-1",
        State: "completed",
        OwnerId: "123456789012",
        Description: ownDescription(mark),
        Tags: Object.entries(ownTags(mark)).map(([Key, Value]) => ({ Key, Value })),
        ...over,
      };
      const [proof] = await proofsOf(call, [copyOf(new Wire(row, "row"))]);
      return [proof?.encrypted, proof?.keyUsable];
    };
    expect(await usable({ Encrypted: false })).toEqual([false, true]);
    expect(await usable({})).toEqual(["unknown", "unknown"]);
    expect(await usable({ Encrypted: true })).toEqual([true, "unknown"]);
  });
});
