import { fakeCloud } from "../../../src/testing/fake-cloud.js";
import type { FakeDefinition } from "../../../src/testing/fake-definition.js";
import type { FakeCloud, FakeOptions } from "../../../src/testing/world.js";
import { projectActions } from "./actions.js";
import { errors, refuse, respond } from "./envelopes.js";
import { type HuaweiKind, idForms } from "./ids.js";
import { changeServer, giveAddressAway, remove } from "./meddle.js";
import { hosts, router, services } from "./route.js";
import { seed } from "./seed/index.js";
import { identityActions, projectsOf } from "./services/identity.js";
import { copyState, type HuaweiRoute, type HuaweiState, newState } from "./state.js";
import { holds, view } from "./view.js";

const defaults = {
  accountId: "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
  region: "cn-north-4",
  project: "0970dd9c1a0026a62fddc0038c52b5eb",
  // No page says how far reads lag; that a 404 right after a request may be a lagging replica is why others wait.
  staleReadsMs: 0,
};

/**
 * Huawei Cloud ECS and its neighbours as one function that the official SDK talks to. A single server answers for all
 * services behind `/<service>`, since their paths collide. Actions in the log are named by method and path template:
 * `ecs:POST /v1/{project_id}/cloudservers/delete`. IAM gives each region a project; the one of `options.region` is
 * `options.project`.
 */
export function fakeHuawei(options: FakeOptions = {}): FakeCloud {
  const home = {
    accountId: options.accountId ?? defaults.accountId,
    region: options.region ?? defaults.region,
    project: options.project ?? defaults.project,
  };
  const projects = (accountId: string) => projectsOf(accountId, home, options.regions);
  const actions = { ...projectActions, ...identityActions(projects) };
  const everServers = new Set<string>();
  const accounts = () => [...new Set([home.accountId, ...Object.values(options.accounts ?? {})])];
  const read = router(Object.keys(actions), {
    ...home,
    regionOf: (project) =>
      accounts()
        .flatMap(projects)
        .find(({ id }) => id === project)?.name,
  });
  const definition: FakeDefinition<HuaweiState, HuaweiRoute, HuaweiKind> = {
    cloud: "huawei",
    defaults,
    idForms,
    actions,
    hosts,
    endpoints: (base) => Object.fromEntries(services.map((name) => [name, `${base}/${name}`])),
    route: (request) => {
      const route = read(request);
      return { ...route, instanceIds: serversIn(route, everServers) };
    },
    respond: (result, route, requestId) =>
      respond(result, actions[`${route.service}:${route.action}`]?.success, requestId),
    refuse,
    errors,
    newState: (scope) => newState(scope, everServers),
    copy: copyState,
    seed,
    holds,
    view,
    change: changeServer,
    remove,
    giveAddressAway,
  };
  return fakeCloud(definition, options);
}

/** The servers a request names: under a name for servers, or by an id that was one's. */
function serversIn({ path, parameters }: HuaweiRoute, everServers: ReadonlySet<string>): readonly string[] {
  const words = JSON.stringify(parameters).match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
  const known = words.filter((word) => everServers.has(word));
  return [...new Set([...(path.server_id === undefined ? [] : [path.server_id]), ...known])];
}
