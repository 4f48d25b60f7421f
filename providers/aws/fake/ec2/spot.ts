import type { JsonObject } from "../../../../src/common.js";
import { type ListSpec, list } from "../describe.js";
import { type AwsRequestContext, change, existing, iso, type SpotRequest, tagSet } from "../state.js";
import { texts } from "../wire/read.js";
import { type Ec2Actions, read, write } from "./actions.js";

const requestList: ListSpec<SpotRequest> = {
  set: "spotInstanceRequestSet",
  things: ({ spotRequests }) => spotRequests,
  ids: [
    {
      parameter: "SpotInstanceRequestId",
      path: "spotInstanceRequestId",
      notFound: "InvalidSpotInstanceRequestID.NotFound",
      form: "spot-request",
      malformed: "InvalidSpotInstanceRequestID.Malformed",
    },
  ],
  idsExcludePages: true,
  pages: [5, 1000],
  filters: {
    "instance-id": "instanceId",
    "launched-availability-zone": "launchedAvailabilityZone",
    "spot-instance-request-id": "spotInstanceRequestId",
    state: "state",
    "status-code": "status.code",
    type: "type",
  },
  item: ({ id, type, state, instanceId, createTime, tags }, context) => ({
    spotInstanceRequestId: id,
    spotPrice: "0.100000",
    type,
    state,
    status: { code: statusCodes[state], updateTime: iso(createTime), message: "" },
    instanceId: instanceId ?? null,
    launchedAvailabilityZone: context.state.instances.get(instanceId ?? "")?.zone ?? null,
    createTime: iso(createTime),
    productDescription: "Linux/UNIX",
    instanceInterruptionBehavior: type === "persistent" ? "stop" : "terminate",
    tagSet: tagSet(tags),
  }),
};

const statusCodes: Readonly<Record<SpotRequest["state"], string>> = {
  open: "pending-evaluation",
  active: "fulfilled",
  closed: "instance-terminated-by-user",
  cancelled: "request-canceled-and-instance-running",
};

/** "Canceling a Spot Instance request does not terminate running Spot Instances" (CancelSpotInstanceRequests). */
function cancel({ state, parameters, effect }: AwsRequestContext): JsonObject {
  const requests = texts(parameters, "SpotInstanceRequestId").map((id) =>
    existing(state.spotRequests, id, "InvalidSpotInstanceRequestID.NotFound", "spot instance request ID"),
  );
  const items = requests.map((request) => {
    if (request.state === "open" || request.state === "active") {
      change(state.spotRequests, request.id, { state: "cancelled" });
      effect(request.id);
    }
    return { spotInstanceRequestId: request.id, state: state.spotRequests.get(request.id)?.state ?? request.state };
  });
  return { spotInstanceRequestSet: items };
}

/** Spot requests. */
export const spotActions: Ec2Actions = {
  DescribeSpotInstanceRequests: read((context) => list(context, requestList)),
  CancelSpotInstanceRequests: write(cancel),
};
