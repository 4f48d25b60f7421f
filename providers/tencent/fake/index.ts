import { fakeCloud } from "../../../src/testing/fake-cloud.js";
import type { FakeDefinition } from "../../../src/testing/fake-definition.js";
import type { FakeCloud, FakeOptions } from "../../../src/testing/world.js";
import { actions } from "./actions.js";
import { endpoints, errors, hosts, refuse, respond, routeOf } from "./envelopes.js";
import { idForms, type TencentKind } from "./ids.js";
import { changeInstance, giveAddressAway, remove } from "./meddle.js";
import { seed } from "./seed/index.js";
import { copyState, newState, type TencentRoute, type TencentState } from "./state.js";
import { holds, view } from "./view.js";

/**
 * Tencent Cloud CVM and its neighbours as one function that the official SDK talks to: TC3 requests, every error an
 * HTTP 200. `TerminateInstances` has its two meanings: a prepaid instance goes into the bin with a refund, a second
 * call destroys it. That second stage is counted in `view().effects` under `<id>/second-stage`, besides the id itself;
 * disks and prepaid addresses, which have two stages as well, likewise.
 */
export function fakeTencent(options: FakeOptions = {}): FakeCloud {
  const definition: FakeDefinition<TencentState, TencentRoute, TencentKind> = {
    cloud: "tencent",
    defaults: {
      accountId: "100000000001",
      region: "ap-guangzhou",
      // No page speaks of reads that lag; what lags is the state behind an accepted operation.
      staleReadsMs: 0,
    },
    idForms,
    actions,
    hosts,
    endpoints,
    route: (request) => routeOf(request, actions, options.regions),
    respond,
    refuse,
    errors,
    newState,
    copy: copyState,
    seed,
    holds,
    view,
    change: changeInstance,
    remove,
    giveAddressAway,
  };
  return fakeCloud(definition, options);
}
