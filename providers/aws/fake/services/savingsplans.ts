import { page } from "../paging.js";
import { resourcesOf } from "../state.js";
import { texts } from "../wire/read.js";
import { service } from "./service.js";

/** Savings Plans. */
export const savingsplans = service(
  { name: "savingsplans", protocol: "rest-json", global: true },
  {
    DescribeSavingsPlans: {
      parameters: "savingsPlanArns[] savingsPlanIds[] nextToken maxResults:n states[] filters[]{name values[]}",
      http: "POST /DescribeSavingsPlans",
      handle: (context) => {
        const states = texts(context.parameters, "states");
        const chosen = resourcesOf(context.state, "savings-plan").filter(
          ({ wire }) => states.length === 0 || states.includes(String(wire.state)),
        );
        const spec = { token: "nextToken", size: "maxResults", usual: 100, most: 1000, invalid: "ValidationException" };
        const { things, next } = page(context, chosen, spec);
        return { savingsPlans: things.map(({ wire }) => wire), ...next };
      },
    },
  },
);
