import { DecommissionError } from "../../../src/errors.js";
import { type Finding, findingsOf } from "../../../src/findings.js";
import type { SeenInstance } from "../record.js";
import { hidesRows } from "./hides-rows.js";
import type { HuaweiSource } from "./survey.js";

const source = "bss:ListPayPerUseCustomerResources";

/** Subscriptions: what was paid in advance, and whether it renews itself. */
export const commitmentSources: readonly HuaweiSource[] = [
  {
    kind: "commitment",
    source,
    gate: "report",
    hidesRows,
    read: async ({ instances, seen }) => {
      if (seen.unread.subscriptions) throw new DecommissionError(seen.unread.subscriptions);
      const prepaid = instances.filter(({ record }) => record.billing.unified === "prepaid");
      const unknown = prepaid.filter(({ facts }) => facts.subscription === undefined);
      return {
        ...findingsOf(source, prepaid.flatMap(subscriptionFinding)),
        ...(unknown.length === 0
          ? {}
          : {
              partial: {
                reason: "Billing does not know these yearly or monthly servers.",
                instanceIds: unknown.map(({ record }) => record.id),
              },
            }),
      };
    },
  },
];

function subscriptionFinding({ record, facts: { subscription } }: SeenInstance): readonly Finding[] {
  if (!subscription) return [];
  const ends = subscription.expiresAt === undefined ? "" : `, paid until ${subscription.expiresAt}`;
  return [
    {
      instanceId: record.id,
      node: {
        kind: "commitment",
        id: `${record.id}/subscription`,
        billing: subscription.renews ? "continues" : "none",
      },
      edge: {
        relation: "attached",
        effect: "report",
        atTermination: "deleted",
        why: `It is a yearly or monthly server${ends}${subscription.renews ? ", and renews itself" : ""}.`,
      },
    },
  ];
}
