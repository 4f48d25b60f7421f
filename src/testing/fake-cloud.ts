import type { JsonObject, JsonValue } from "../common.js";
import { type FakeClock, fakeClock } from "./fake-clock.js";
import type {
  ActionContext,
  FakeAction,
  FakeAnswer,
  FakeContext,
  FakeDefinition,
  FakeRequest,
  FakeRoute,
  FakeScope,
} from "./fake-definition.js";
import { faultBook, type Trouble } from "./fake-faults.js";
import { type StateHistory, stateHistory } from "./fake-history.js";
import { type IdRegistry, idRegistry, randomText } from "./fake-ids.js";
import { nearestNames } from "./fake-nearest.js";
import { CloudRefusal, ConnectionDropped } from "./fake-refusal.js";
import { serveOnLoopback } from "./http-loopback.js";
import type { WorldSeed } from "./seed.js";
import type { FakeCloud, FakeOptions, LoggedRequest, WorldView } from "./world.js";

/*
 * How a cloud uses this
 *
 * A fake is a `FakeDefinition` (fake-definition.ts) given to `fakeCloud(definition, options)`:
 *
 *   export function fakeAcme(options: FakeOptions = {}): FakeCloud { return fakeCloud(acme, options); }
 *
 *   const acme: FakeDefinition<AcmeState> = {
 *     route:   request -> { service, action, parameters, instanceIds, accessKey, region, project }
 *     actions: { "ecs:DeleteServer": { mutating: true, handle({ state, parameters, effect, later, now }) { … } }, … }
 *     respond / refuse: a handler's plain object, or a thrown `refusal(code, message, status)`, in the cloud's envelope
 *     errors, newState, seed, view, holds, change, remove, giveAddressAway, idForms, endpoints, hosts
 *   };
 *
 * - Handlers are synchronous: one request is one moment. They change `state` in place, call `effect(id)` for each thing
 *   that really changed, and `later(ms, …)` for what the cloud does afterwards (jobs, drains, bins).
 * - What a handler changed before it threw stays: clouds are not all-or-nothing either.
 * - Reads may be given a former state (stale reads): look up everything in `context.state`, change nothing.
 * - A seed that throws is taken back whole, so that nothing of it stays.
 * - There is one state per account, region and project. Seeds go to the home scope; other access keys (`accounts`),
 *   regions and projects find an empty one.
 * - Parameters are checked by the cloud's own handlers or by a helper of that cloud; unknown actions are refused here.
 *
 * What each fault does to the request it hits: `deny`, `throttle`, `error`, `server-error` refuse it; `html` answers
 * 200 with a web page, as a proxy would: these and `drop-before` and `hang` execute nothing. `drop-after`, `empty` (200
 * without a body) and `truncate` (connection breaks half way through the body) execute it. `null-lists` answers with
 * every list null. `slow` waits on the fake's clock first; `stale` lets a read lag.
 */

const hangLimitMs = 30_000;
const webPage =
  "<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Sign in to the network</p></body></html>";

/** What the fake keeps of one account, region and project. */
interface Place<State> {
  readonly scope: FakeScope;
  readonly home: boolean;
  readonly state: State;
  readonly history: StateHistory<State>;
}
type LogEntry = { -readonly [Field in keyof LoggedRequest]: LoggedRequest[Field] };

/** A whole cloud from its definition. See the comment at the top of this file. */
export function fakeCloud<State extends object, Route extends FakeRoute, Kind extends string>(
  definition: FakeDefinition<State, Route, Kind>,
  options: FakeOptions = {},
): FakeCloud {
  return new Fake(definition, options).face();
}

class Fake<State extends object, Route extends FakeRoute, Kind extends string> {
  private readonly clock: FakeClock;
  private readonly ids: IdRegistry<Kind>;
  private readonly places = new Map<string, Place<State>>();
  private readonly log: LogEntry[] = [];
  private readonly effects = new Map<string, { readonly api: string; readonly id: string; count: number }>();
  private readonly book = faultBook((name) => this.ids.known(name));
  private readonly staleReadsMs: number;
  /** Apart from the ids' own, so that polling once more does not change what the next disk is called. */
  private readonly requestText = randomText(4711);

  constructor(
    private readonly definition: FakeDefinition<State, Route, Kind>,
    private readonly options: FakeOptions,
  ) {
    this.clock = fakeClock(options.now);
    this.ids = idRegistry(definition.idForms, options.randomSeed);
    this.staleReadsMs = options.staleReadsMs ?? definition.defaults.staleReadsMs;
  }

  /** What users hold: functions that work without `this`, so that they can be passed on. */
  face(): FakeCloud {
    const { definition } = this;
    const fetch = (request: Request) => this.fetch(request);
    return {
      fetch,
      handlers: (all) => [
        // Undefined for other hosts: several fakes can share one msw server.
        all("*", async ({ request }) =>
          definition.hosts.test(new URL(request.url).hostname) ? fetch(request) : undefined,
        ),
      ],
      listen: async () => {
        const { url, close } = await serveOnLoopback(fetch);
        return { url, endpoint: definition.endpoints(url), close };
      },
      seed: (seed) => this.seed("length" in seed ? { instances: seed } : seed),
      id: (name) => this.ids.find(name),
      holds: (name) => {
        const id = this.ids.find(name);
        return [...this.places.values()].some(({ state }) => definition.holds(state, id));
      },
      view: () => this.view(),
      requests: this.log,
      faults: { add: (fault) => this.book.add(fault), clear: () => this.book.clear() },
      meddle: (change) => this.meddle(change),
      clock: this.clock,
    };
  }

  private async fetch(request: Request): Promise<Response> {
    const release = this.clock.hold();
    try {
      const incoming = await readRequest(request);
      if (this.options.latencyMs) await new Promise((resolve) => setTimeout(resolve, this.options.latencyMs));
      const route = this.routeOf(incoming);
      if ("answer" in route) return this.dated(route.answer);
      return await this.answer(route.route, request.signal, release);
    } finally {
      release();
    }
  }

  private routeOf(incoming: FakeRequest): { readonly route: Route } | { readonly answer: FakeAnswer } {
    try {
      return { route: this.definition.route(incoming) };
    } catch (error) {
      return { answer: this.definition.refuse(asRefusal(error), undefined, this.requestId()) };
    }
  }

  /** From a readable request to its answer: log, faults, then the action itself. */
  private async answer(route: Route, signal: AbortSignal, release: () => void): Promise<Response> {
    const api = route.api ?? `${route.service}:${route.action}`;
    const action = this.definition.actions[api];
    const dryRun = action?.dryRun?.(route.parameters) ?? false;
    const entry = this.enter(route, api, dryRun, action);
    const trouble = this.book.judge({ ...entry, action: route.action }, this.clock.now());
    if (trouble.slowMs > 0) {
      release();
      // Not ended by the client's abort: a cloud works on.
      await this.clock.sleep(trouble.slowMs);
    }
    if (trouble.end?.fault === "hang") {
      release();
      await hang(signal);
      throw new ConnectionDropped();
    }
    if (trouble.end?.fault === "drop-before") throw new ConnectionDropped();
    const perform = () => this.perform(route, action, entry, trouble);
    if (trouble.end?.fault === "drop-after") {
      const landsAfterMs = trouble.end.landsAfterMs ?? 0;
      this.clock.at(this.clock.now() + landsAfterMs, () => {
        perform();
        entry.status = 0;
      });
      throw new ConnectionDropped();
    }
    return this.spoil(perform(), trouble, entry);
  }

  private enter(
    route: Route,
    api: string,
    dryRun: boolean,
    action: FakeAction<State, Route, Kind> | undefined,
  ): LogEntry {
    const declared = action?.mutating ?? false;
    const mutating = typeof declared === "function" ? declared(route.parameters) : declared;
    const entry: LogEntry = {
      at: new Date(this.clock.now()).toISOString(),
      service: route.service,
      action: route.action,
      api,
      mutating: mutating && !dryRun,
      dryRun,
      instanceIds: route.instanceIds,
      parameters: route.parameters,
      status: 0,
      tookEffect: false,
    };
    this.log.push(entry);
    return entry;
  }

  /** Executes an action, or refuses it as a fault demands. */
  private perform(
    route: Route,
    action: FakeAction<State, Route, Kind> | undefined,
    entry: LogEntry,
    trouble: Trouble,
  ): FakeAnswer {
    const requestId = this.requestId();
    try {
      const refused = this.refusedBy(trouble, route);
      if (refused === "web-page") return { status: 200, headers: { "content-type": "text/html" }, body: webPage };
      const place = this.placeOf(route);
      if (!action) throw this.definition.errors.unknownAction(route, this.nearest(route));
      const seen = refused === "hides-rows" ? "nothing" : trouble;
      const result = this.execute(place, action, route, entry, seen, requestId);
      const answer = trouble.end?.fault === "null-lists" ? withoutLists(result) : result;
      return this.noted(entry, this.definition.respond(answer, route, requestId));
    } catch (error) {
      const refused = asRefusal(error);
      entry.cloudCode = refused.cloudCode;
      return this.noted(entry, this.definition.refuse(refused, route, requestId));
    }
  }

  private noted(entry: LogEntry, answer: FakeAnswer): FakeAnswer {
    entry.status = answer.status;
    return answer;
  }

  /** Throws what a fault makes the cloud say; answers what it makes it do. */
  private refusedBy({ end }: Trouble, route: Route): "web-page" | "hides-rows" | undefined {
    const { errors } = this.definition;
    if (end?.fault === "throttle") throw errors.throttled(route);
    if (end?.fault === "server-error") throw errors.internal(route);
    if (end?.fault === "error")
      throw new CloudRefusal(end.cloudCode, `Made to fail: ${end.cloudCode}.`, end.httpStatus);
    if (end?.fault === "html") return "web-page";
    if (end?.fault !== "deny") return undefined;
    const denied = errors.denied(route);
    if (denied === "hides-rows") return denied;
    throw denied;
  }

  private execute(
    place: Place<State>,
    action: FakeAction<State, Route, Kind>,
    route: Route,
    entry: LogEntry,
    trouble: Trouble | "nothing",
    requestId: string,
  ): JsonObject | undefined {
    const { dryRun } = entry;
    const state = this.stateFor(place, entry, trouble);
    const context = this.contextOf(place, state, {
      route,
      parameters: route.parameters,
      requestId,
      dryRun,
      ...(dryRun ? { later: () => undefined } : {}),
      effect: (id) => {
        if (dryRun) return;
        entry.tookEffect = true;
        const key = `${entry.api} ${id}`;
        const counted = this.effects.get(key) ?? { api: entry.api, id, count: 0 };
        counted.count += 1;
        this.effects.set(key, counted);
      },
    });
    return action.handle(context);
  }

  /** The present state for a mutation, a copy for a dry run, perhaps a former one for a read. */
  private stateFor(place: Place<State>, entry: LogEntry, trouble: Trouble | "nothing"): State {
    const now = this.clock.now();
    if (trouble === "nothing") return this.definition.newState(place.scope);
    if (entry.dryRun) return this.copy(place.state);
    if (!entry.mutating) return place.history.seenAt(now, Math.max(this.staleReadsMs, trouble.staleMs)) ?? place.state;
    place.history.remember(now, place.state);
    return place.state;
  }

  /** Turns an answer into a response, broken as a fault demands. */
  private spoil(answer: FakeAnswer, { end }: Trouble, entry: LogEntry): Response {
    if (end?.fault === "empty") {
      entry.status = 200;
      return this.dated({ ...answer, status: 200, body: "" });
    }
    const response = this.dated(answer);
    return end?.fault === "truncate" && answer.body !== null ? broken(response, answer.body) : response;
  }

  private dated({ status, headers, body }: FakeAnswer): Response {
    const date = new Date(this.clock.now() + (this.options.clockSkewMs ?? 0)).toUTCString();
    return new Response(body, { status, headers: { ...headers, date } });
  }

  private placeOf(route: Route): Place<State> {
    const { options, definition } = this;
    const { scope } = this.home();
    if (route.accessKey === undefined) throw definition.errors.unknownCredentials(route);
    const accountId = options.accounts === undefined ? scope.accountId : options.accounts[route.accessKey];
    if (accountId === undefined) throw definition.errors.unknownCredentials(route);
    return this.place({ accountId, region: route.region ?? scope.region, project: route.project ?? scope.project });
  }

  private home(): Place<State> {
    const { options, definition } = this;
    return this.place({
      accountId: options.accountId ?? definition.defaults.accountId,
      region: options.region ?? definition.defaults.region,
      project: options.project ?? definition.defaults.project ?? "",
    });
  }

  private place(scope: FakeScope): Place<State> {
    const key = `${scope.accountId}/${scope.region}/${scope.project}`;
    const known = this.places.get(key);
    if (known) return known;
    const place: Place<State> = {
      scope,
      home: this.places.size === 0,
      state: this.definition.newState(scope),
      history: stateHistory(
        (state) => this.copy(state),
        () => Math.max(this.staleReadsMs, this.book.longestLagMs()),
      ),
    };
    this.places.set(key, place);
    return place;
  }

  private contextOf(place: Place<State>): FakeContext<State, Kind>;
  private contextOf(
    place: Place<State>,
    state: State,
    more: Omit<ActionContext<State, Route, Kind>, keyof FakeContext<State, Kind>> & Partial<FakeContext<State, Kind>>,
  ): ActionContext<State, Route, Kind>;
  private contextOf(place: Place<State>, state: State = place.state, more: object = {}): FakeContext<State, Kind> {
    const { clock, ids, options } = this;
    return {
      state,
      scope: place.scope,
      home: place.home,
      ids,
      options,
      clock,
      later: (delayMs, effect) => clock.at(clock.now() + delayMs, () => effect(clock.now(), place.state)),
      ...more,
      // A getter, so that what runs later on the clock reads the time it runs at.
      get now() {
        return clock.now();
      },
    };
  }

  /** All or nothing: a refused seed leaves no half of itself behind. */
  private seed(seed: WorldSeed): void {
    const { state, history } = this.home();
    const before = this.copy(state);
    const forgetNames = this.ids.mark();
    try {
      this.definition.seed(this.contextOf(this.home()), seed);
    } catch (error) {
      // In place, since what runs later on the clock holds this very object.
      Object.assign(state, before);
      forgetNames();
      throw error;
    }
    history.forget();
  }

  private copy(state: State): State {
    return (this.definition.copy ?? structuredClone)(state);
  }

  /** At once visible: what a test sets up behind our back must not hide behind a stale read. */
  private meddle(change: Parameters<FakeCloud["meddle"]>[0]): void {
    const { definition, ids } = this;
    const context = this.contextOf(this.home());
    for (const instance of change.set ?? []) definition.change(context, instance);
    for (const name of change.remove ?? []) definition.remove(context, ids.find(name));
    if (change.add) this.seed(change.add);
    if (change.giveAddressAway !== undefined) definition.giveAddressAway(context, ids.find(change.giveAddressAway));
    this.home().history.forget();
  }

  private view(): WorldView {
    this.home();
    const views = [...this.places.values()].map(({ state, scope }) => this.definition.view(state, scope));
    return {
      instances: views.flatMap(({ instances }) => instances),
      disks: views.flatMap(({ disks }) => disks),
      addresses: views.flatMap(({ addresses }) => addresses),
      rules: views.flatMap(({ rules }) => rules),
      snapshots: views.flatMap(({ snapshots }) => snapshots),
      memberships: views.flatMap(({ memberships }) => memberships),
      orders: views.flatMap(({ orders }) => orders),
      effects: [...this.effects.values()].map((effect) => ({ ...effect })),
    };
  }

  private nearest(route: Route): readonly string[] {
    const names = Object.keys(this.definition.actions);
    return nearestNames(route.api ?? `${route.service}:${route.action}`, names);
  }

  private requestId(): string {
    const { hex } = this.requestText;
    return this.definition.requestId?.(this.requestText) ?? `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }
}

async function readRequest(request: Request): Promise<FakeRequest> {
  return {
    method: request.method,
    url: new URL(request.url),
    headers: request.headers,
    body: await request.text(),
  };
}

/** A defect of the fake itself must not pass for the cloud's word, so it names itself and is no known code. */
function asRefusal(error: unknown): CloudRefusal {
  if (error instanceof CloudRefusal) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CloudRefusal("FakeDefect", `The fake itself failed: ${text}`, 500);
}

/** Real time, since the client's own timeouts are real. */
async function hang(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, hangLimitMs);
    timer.unref();
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done, { once: true });
  });
}

/** The same response with a body that breaks off half way, though its length was announced. */
function broken(response: Response, body: string): Response {
  const bytes = new TextEncoder().encode(body);
  const stream = new ReadableStream({
    start: (controller) => controller.enqueue(bytes.slice(0, Math.floor(bytes.length / 2))),
    pull: (controller) => controller.error(new ConnectionDropped()),
  });
  const headers = new Headers(response.headers);
  headers.set("content-length", String(bytes.length));
  return new Response(stream, { status: response.status, headers });
}

function withoutLists(result: JsonObject | undefined): JsonObject | undefined {
  if (result === undefined) return undefined;
  const strip = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return null;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, strip(inner)]));
  };
  return Object.fromEntries(Object.entries(result).map(([name, value]) => [name, strip(value)]));
}
