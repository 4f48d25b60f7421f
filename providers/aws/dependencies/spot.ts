import { chunk } from "../../../src/batch.js";
import type { Finding } from "../../../src/findings.js";
import type { AwsCall } from "../call.js";
import { filterLimit, pageLimit } from "../instances.js";
import type { SeenInstance } from "../record.js";

/** A Spot request that holds an instance. */
export interface SpotRequest {
  readonly id: string;
  readonly instanceId?: string;
  readonly type: string;
  /** `open`, `active`, `closed`, `cancelled`, `failed` or `disabled`. */
  readonly state: string;
}

/** The Spot requests behind these instances. Only Spot instances have one; without any, nothing is sent. */
export async function readSpotRequests(
  call: AwsCall,
  instances: readonly SeenInstance[],
): Promise<readonly SpotRequest[]> {
  const spotIds = instances
    .filter(({ record, facts }) => record.billing.unified === "spot" || facts.spotRequestId !== undefined)
    .map(({ record }) => record.id);
  return await readSpotRequestsBy(call, "instance-id", spotIds);
}

/** Spot requests by one of their filters, in chunks. */
export async function readSpotRequestsBy(
  call: AwsCall,
  filter: "instance-id" | "spot-instance-request-id",
  values: readonly string[],
): Promise<readonly SpotRequest[]> {
  const pieces = await Promise.all(
    chunk(values, filterLimit).map((piece) => {
      const parameters = { Filters: [{ Name: filter, Values: [...piece] }], MaxResults: pageLimit };
      return call.pages("ec2", "DescribeSpotInstanceRequests", parameters, "SpotInstanceRequests");
    }),
  );
  return pieces.flat().map((row) => {
    const instanceId = row.text("InstanceId");
    return {
      id: row.need("SpotInstanceRequestId"),
      ...(instanceId === undefined ? {} : { instanceId }),
      type: row.text("Type") ?? "unknown",
      state: row.text("State") ?? "unknown",
    };
  });
}

/** Whether a request launches another instance when its own ends (EC2 User Guide, Spot Instance request status). */
export function launchesAgain(request: SpotRequest): boolean {
  return request.type !== "one-time" && !["cancelled", "closed", "failed"].includes(request.state);
}

/** What a request means for its instance. A persistent one launches again; one whose type is unknown counts as such. */
export function spotFinding(request: SpotRequest, instanceId: string): Finding {
  const again = launchesAgain(request);
  return {
    instanceId,
    node: { kind: "spot-request", id: request.id, billing: "none" },
    edge: {
      relation: "owned-by",
      effect: again ? "release-first" : "report",
      atTermination: "kept",
      why: again
        ? `The ${request.type} Spot request is ${request.state}: it launches another instance when this one ends.`
        : `The ${request.type} Spot request is ${request.state}: it ends with the instance.`,
    },
  };
}
