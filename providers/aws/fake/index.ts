import { fakeCloud } from "../../../src/testing/fake-cloud.js";
import type { FakeDefinition } from "../../../src/testing/fake-definition.js";
import type { FakeCloud, FakeOptions } from "../../../src/testing/world.js";
import { errors, refuse, respond } from "./envelopes.js";
import { type AwsKind, idForms } from "./ids.js";
import { changeInstance, giveAddressAway, removeThing } from "./meddle.js";
import { freshState } from "./network.js";
import { route } from "./route.js";
import { seed } from "./seed/index.js";
import { services } from "./services.js";
import { type AwsAction, type AwsRoute, type AwsState, copyState } from "./state.js";
import { holds, view } from "./view.js";

/**
 * AWS in one process, for the services this library uses: EC2 with Auto Scaling, load balancing and STS in depth, and
 * what is only looked at of RDS, IAM, Route 53, Cloud Map, CloudWatch, Backup, DLM, ECS, EKS, SSM, CloudFormation, EFS,
 * Savings Plans, KMS, RAM and the Recycle Bin. As strict as the cloud with ids, parameters, pages, filters and states;
 * reads lag a second behind mutations (`staleReadsMs`). Parameters in the request log are named as on the wire
 * (`InstanceId`, not `InstanceIds`).
 */
export function fakeAws(options: FakeOptions = {}): FakeCloud {
  return fakeCloud(definition, options);
}

/** Every action under its name in the log, refusing first what could not be read. */
const actions: Readonly<Record<string, AwsAction>> = Object.fromEntries(
  services.flatMap(({ name, operations }) =>
    [...operations].map(([operation, { action }]) => [`${name}:${operation}`, checked(action)]),
  ),
);

function checked(action: AwsAction): AwsAction {
  return {
    ...action,
    handle(context) {
      if (context.route.problem) throw context.route.problem;
      const { regions } = context.options;
      // A Region that does not exist or is not enabled cannot validate credentials ("AuthFailure").
      if (regions && !regions.includes(context.scope.region)) throw errors.unknownCredentials(context.route);
      return action.handle(context);
    },
  };
}

const definition: FakeDefinition<AwsState, AwsRoute, AwsKind> = {
  cloud: "aws",
  defaults: {
    accountId: "123456789012",
    region: "eu-west-1",
    // "Eventual consistency in the Amazon EC2 API": usually a moment, at times minutes.
    staleReadsMs: 1_000,
  },
  idForms,
  actions,
  hosts: /(^|\.)(amazonaws\.com(\.cn)?|api\.aws)$/,
  endpoints: (base) => Object.fromEntries(services.map(({ name }) => [name, base])),
  route,
  respond,
  refuse,
  errors,
  newState: freshState,
  copy: copyState,
  seed,
  holds,
  view,
  change: changeInstance,
  remove: removeThing,
  giveAddressAway,
};
