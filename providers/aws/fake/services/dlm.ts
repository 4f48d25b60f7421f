import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { type AwsRequestContext, iso, resourcesOf } from "../state.js";
import { need } from "../wire/read.js";
import { service } from "./service.js";

function getPolicies({ state }: AwsRequestContext): JsonObject {
  const policies = resourcesOf(state, "dlm-policy").map(({ id, wire }) => ({
    PolicyId: id,
    Description: "seeded",
    State: wire.State ?? "ENABLED",
    PolicyType: "EBS_SNAPSHOT_MANAGEMENT",
    DefaultPolicy: false,
  }));
  return { Policies: policies };
}

function getPolicy({ state, parameters, now }: AwsRequestContext): JsonObject {
  const id = need(parameters, "PolicyId");
  const found = state.resources.get(`dlm-policy/${id}`);
  if (!found) throw refusal("ResourceNotFoundException", `Unable to find policy ${id}`, 404);
  return { Policy: { PolicyId: id, Description: "seeded", DateCreated: iso(now), ...found.wire } };
}

/** Data Lifecycle Manager: policies choose by tag. */
export const dlm = service(
  { name: "dlm", protocol: "rest-json" },
  {
    GetLifecyclePolicies: {
      parameters: "PolicyIds[] State ResourceTypes[] TargetTags[] TagsToAdd[] DefaultPolicyType",
      http: "GET /policies?policyIds=PolicyIds&state=State&resourceTypes=ResourceTypes&targetTags=TargetTags&tagsToAdd=TagsToAdd&defaultPolicyType=DefaultPolicyType",
      handle: getPolicies,
    },
    GetLifecyclePolicy: { parameters: "PolicyId!", http: "GET /policies/{PolicyId}", handle: getPolicy },
  },
);
