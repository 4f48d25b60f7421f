import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import type { AwsRequestContext } from "../state.js";
import { need } from "../wire/read.js";
import { service } from "./service.js";

/** Words of the Recycle Bin for kinds of things. */
const kinds = { EBS_VOLUME: "volume", EBS_SNAPSHOT: "snapshot", EC2_IMAGE: "image" } as const;

interface BinRule {
  readonly type: string;
  readonly id: string;
  readonly summary: JsonObject;
}

function rulesOf({ state, scope }: AwsRequestContext): readonly BinRule[] {
  return Object.entries(kinds).flatMap(([type, kind]) => {
    const days = state.binDays.get(kind);
    if (days === undefined) return [];
    const id = `rule-${kind}`;
    const summary = {
      Identifier: id,
      Description: "seeded",
      RetentionPeriod: { RetentionPeriodValue: days, RetentionPeriodUnit: "DAYS" },
      RuleArn: `arn:aws:rbin:${scope.region}:${scope.accountId}:rule/${id}`,
    };
    return [{ type, id, summary }];
  });
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
        if (!Object.hasOwn(kinds, asked)) throw refusal("ValidationException", `Unknown resource type ${asked}`);
        const rules = rulesOf(context).filter(({ type }) => type === asked);
        return { Rules: rules.map(({ summary }) => summary) };
      },
    },
    GetRule: {
      parameters: "Identifier!",
      http: "GET /rules/{Identifier}",
      handle: (context) => {
        const id = need(context.parameters, "Identifier");
        const rule = rulesOf(context).find((one) => one.id === id);
        if (!rule) throw refusal("ResourceNotFoundException", `Rule ${id} not found`, 404);
        return { ...rule.summary, ResourceType: rule.type, ResourceTags: [], Status: "available" };
      },
    },
  },
);
