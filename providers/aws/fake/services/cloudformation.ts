import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { type AwsRequestContext, iso } from "../state.js";
import { text } from "../wire/read.js";
import { service } from "./service.js";

/** By stack, or by what belongs to it: one resource in a call. */
function describeResources({ state, parameters, now }: AwsRequestContext): JsonObject {
  const stackName = text(parameters, "StackName");
  const physicalId = text(parameters, "PhysicalResourceId");
  if ((stackName === undefined) === (physicalId === undefined))
    throw refusal("ValidationError", "Exactly one of StackName and PhysicalResourceId has to be given");
  const all = [...state.memberships.values()].filter(({ kind }) => kind === "stack");
  const stack = stackName ?? all.find(({ member }) => member === physicalId)?.id;
  const members = all.filter(({ id }) => id === stack);
  if (stack === undefined || members.length === 0)
    throw refusal("ValidationError", `Stack for ${physicalId ?? stackName} does not exist`);
  const resources = members.map(({ member }, index) => ({
    LogicalResourceId: `Server${index}`,
    PhysicalResourceId: member,
    ResourceType: "AWS::EC2::Instance",
    ResourceStatus: "CREATE_COMPLETE",
    StackName: stack,
    Timestamp: iso(now),
  }));
  return { StackResources: resources };
}

/** Stacks. */
export const cloudformation = service(
  {
    name: "cloudformation",
    protocol: "query",
    version: "2010-05-15",
    namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
  },
  {
    DescribeStackResources: {
      parameters: "StackName LogicalResourceId PhysicalResourceId",
      handle: describeResources,
    },
  },
);
