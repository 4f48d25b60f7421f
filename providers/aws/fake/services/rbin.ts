import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import type { AwsRequestContext } from "../state.js";
import { need } from "../wire/read.js";
import { service } from "./service.js";

/** Words of the Recycle Bin for kinds of things. */
const binTypes = { EBS_VOLUME: "volume", EBS_SNAPSHOT: "snapshot", EC2_IMAGE: "image" } as const;

function binRule(context: AwsRequestContext, type: keyof typeof binTypes): JsonObject | undefined {
  const days = context.state.binDays.get(binTypes[type]);
  if (days === undefined) return undefined;
  const Identifier = `rule-${binTypes[type]}`;
  return {
    Identifier,
    Description: "seeded",
    RetentionPeriod: { RetentionPeriodValue: days, RetentionPeriodUnit: "DAYS" },
    RuleArn: `arn:aws:rbin:${context.scope.region}:${context.scope.accountId}:rule/${Identifier}`,
  };
}

/** Rules of the Recycle Bin: one for each kind that is kept, without tags. */
export const rbin = service(
  { name: "rbin", protocol: "rest-json" },
  {
    ListRules: {
      parameters: "MaxResults:n NextToken ResourceType! ResourceTags[]{ResourceTagKey! ResourceTagValue} LockState",
      http: "POST /list-rules",
      handle: (context) => {
        const asked = need(context.parameters, "ResourceType");
        const type = Object.keys(binTypes).find((one): one is keyof typeof binTypes => one === asked);
        if (!type) throw refusal("ValidationException", `Unknown resource type ${asked}`);
        const rule = binRule(context, type);
        return { Rules: rule ? [rule] : [] };
      },
    },
    GetRule: {
      parameters: "Identifier!",
      http: "GET /rules/{Identifier}",
      handle: (context) => {
        const id = need(context.parameters, "Identifier");
        const types = Object.keys(binTypes) as (keyof typeof binTypes)[];
        const type = types.find((one) => binRule(context, one)?.Identifier === id);
        if (!type) throw refusal("ResourceNotFoundException", `Rule ${id} not found`, 404);
        return { ...binRule(context, type), ResourceType: type, ResourceTags: [], Status: "available" };
      },
    },
  },
);
