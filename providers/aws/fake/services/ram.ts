import { page } from "../paging.js";
import { resourcesOf } from "../state.js";
import { need, text, texts } from "../wire/read.js";
import { service } from "./service.js";

/** Resource shares: what this account gave to others. */
export const ram = service(
  { name: "ram", protocol: "rest-json" },
  {
    ListResources: {
      parameters:
        "resourceOwner! principal resourceType resourceArns[] resourceShareArns[] nextToken maxResults:n resourceRegionScope",
      http: "POST /listresources",
      handle: (context) => {
        const type = text(context.parameters, "resourceType");
        const arns = texts(context.parameters, "resourceArns");
        const all = need(context.parameters, "resourceOwner") === "SELF" ? resourcesOf(context.state, "share") : [];
        const chosen = all.filter(
          ({ wire }) =>
            (type === undefined || wire.type === type) && (arns.length === 0 || arns.includes(String(wire.arn))),
        );
        const spec = {
          token: "nextToken",
          size: "maxResults",
          usual: 100,
          most: 500,
          invalid: "InvalidParameterException",
        };
        const { things, next } = page(context, chosen, spec);
        return { resources: things.map(({ wire }) => wire), ...next };
      },
    },
  },
);
