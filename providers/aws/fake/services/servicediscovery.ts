import { refusal } from "../../../../src/testing/fake-refusal.js";
import { page } from "../paging.js";
import { resourcesOf } from "../state.js";
import { need, records } from "../wire/read.js";
import { service } from "./service.js";

const discoveryPages = {
  token: "NextToken",
  size: "MaxResults",
  usual: 100,
  most: 100,
  invalid: "InvalidInput",
} as const;

/** Cloud Map: no way from an address to its service. */
export const servicediscovery = service(
  { name: "servicediscovery", protocol: "json", target: "Route53AutoNaming_v20170314" },
  {
    ListServices: {
      parameters: "NextToken MaxResults:n Filters[]{Name! Values[]! Condition}",
      handle: (context) => {
        const { things, next } = page(context, resourcesOf(context.state, "discovery-service"), discoveryPages);
        return { Services: things.map(({ id, wire }) => ({ Id: id, Name: wire.name ?? id })), ...next };
      },
    },
    ListInstances: {
      parameters: "ServiceId! NextToken MaxResults:n",
      handle: (context) => {
        const id = need(context.parameters, "ServiceId");
        const found = context.state.resources.get(`discovery-service/${id}`);
        if (!found) throw refusal("ServiceNotFound", `Service not found: ${id}`);
        const { things, next } = page(context, records(found.wire, "instances"), discoveryPages);
        return { Instances: things, ...next };
      },
    },
  },
);
