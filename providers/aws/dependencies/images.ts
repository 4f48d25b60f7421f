import { type Finding, findingsOf } from "../../../src/findings.js";
import type { Wire } from "../../../src/wire.js";
import { readBulk } from "../bulk.js";
import type { AwsCall } from "../call.js";
import { filterLimit, pageLimit } from "../instances.js";
import { hidesRows } from "./hides-rows.js";
import type { AwsSource } from "./survey.js";

const source = "ec2:DescribeImages";

/** Images made from the instances, finished and under way. */
export const imageSources: readonly AwsSource[] = [
  {
    kind: "image",
    source,
    gate: "report",
    hidesRows,
    read: async ({ reads }) => findingsOf(source, (await reads.images()).map(imageFinding)),
  },
  {
    kind: "pending-operation",
    source,
    gate: "required",
    hidesRows,
    read: async ({ reads }) => {
      const pending = (await reads.images()).filter((image) => image.text("State") === "pending");
      return findingsOf(source, pending.map(pendingFinding));
    },
  },
];

/** Images made from these instances. Only those that CreateImage made know it ("Image", EC2 API reference: SourceInstanceId). */
export async function readImagesOf(call: AwsCall, instanceIds: readonly string[]): Promise<readonly Wire[]> {
  const whole = { Owners: ["self"], IncludeDisabled: true, IncludeDeprecated: true, MaxResults: pageLimit };
  const { items } = await readBulk(
    call,
    {
      service: "ec2",
      action: "DescribeImages",
      list: "Images",
      whole,
      some: (ids) => ({ ...whole, Filters: [{ Name: "source-instance-id", Values: [...ids] }] }),
      batch: filterLimit,
      keysOf: (image) => [image.text("SourceInstanceId") ?? ""],
    },
    instanceIds,
  );
  return items;
}

function imageFinding(image: Wire): Finding {
  const name = image.text("Name");
  const since = image.date("CreationDate");
  return {
    instanceId: image.need("SourceInstanceId"),
    node: {
      kind: "image",
      id: image.need("ImageId"),
      ...(name === undefined ? {} : { name }),
      ...(since === undefined ? {} : { since }),
      billing: "continues",
    },
    edge: {
      relation: "references",
      effect: "report",
      atTermination: "kept",
      why: "It was made from this instance: it stays, and its snapshots bill until they are deleted.",
    },
  };
}

function pendingFinding(image: Wire): Finding {
  const id = image.need("ImageId");
  return {
    instanceId: image.need("SourceInstanceId"),
    node: { kind: "pending-operation", id, billing: "none" },
    edge: {
      relation: "references",
      effect: "blocks",
      atTermination: "unknown",
      why: `The image ${id} is still being made from it.`,
      unblock: "Wait until it is available.",
    },
  };
}
