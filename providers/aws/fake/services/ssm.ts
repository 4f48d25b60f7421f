import type { JsonObject } from "../../../../src/common.js";
import { page } from "../paging.js";
import { type AwsRequestContext, resourcesOf } from "../state.js";
import { records, text, texts } from "../wire/read.js";
import { epoch, service } from "./service.js";

/** An instance that runs the agent and has a role shows up here. */
function describeManaged(context: AwsRequestContext): JsonObject {
  const { parameters, state, now } = context;
  const wanted = [
    ...records(parameters, "Filters")
      .filter((one) => text(one, "Key") === "InstanceIds")
      .map((one) => texts(one, "Values")),
    ...records(parameters, "InstanceInformationFilterList").map((one) => texts(one, "valueSet")),
  ];
  const rows = resourcesOf(state, "ssm-instance")
    .filter(({ id }) => wanted.every((ids) => ids.includes(id)))
    .map(({ id }) => ({
      InstanceId: id,
      PingStatus: state.instances.get(id)?.state === "running" ? "Online" : "ConnectionLost",
      LastPingDateTime: epoch(now),
      PlatformType: "Linux",
      ResourceType: "EC2Instance",
    }));
  const spec = {
    token: "NextToken",
    size: "MaxResults",
    usual: 10,
    least: 5,
    most: 50,
    invalid: "ValidationException",
  };
  const { things, next } = page(context, rows, spec);
  return { InstanceInformationList: things, ...next };
}

/** Systems Manager. */
export const ssm = service(
  { name: "ssm", protocol: "json", target: "AmazonSSM" },
  {
    DescribeInstanceInformation: {
      parameters: "InstanceInformationFilterList[]{key! valueSet[]!} Filters[]{Key! Values[]!} MaxResults:n NextToken",
      handle: describeManaged,
    },
  },
);
