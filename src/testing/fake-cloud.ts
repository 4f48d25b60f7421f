import { type FakeClock, fakeClock } from "./fake-clock.js";
import type {
  ActionContext,
  FakeAction,
  FakeAnswer,
  FakeDefinition,
  FakeRequest,
  FakeRoute,
} from "./fake-definition.js";
import { type FaultBook, faultBook, type Trouble } from "./fake-faults.js";
import { type IdRegistry, idRegistry, randomText } from "./fake-ids.js";
import { fakeLog, type LogEntry } from "./fake-log.js";
import { nearestNames } from "./fake-nearest.js";
import { FakePlaces, type Place } from "./fake-places.js";
import { CloudRefusal, ConnectionDropped } from "./fake-refusal.js";
import { broken, hang, webPage, withoutLists } from "./fake-spoil.js";
import { serveOnLoopback } from "./http-loopback.js";
import type { FakeCloud, FakeOptions } from "./world.js";

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
  private readonly places: FakePlaces<State, Route, Kind>;
  private readonly log = fakeLog();
  private readonly book: FaultBook;
  private readonly staleReadsMs: number;
  /** Apart from the ids' own, so that polling once more does not change what the next disk is called. */
  private readonly requestText = randomText(4711);

  constructor(
    private readonly definition: FakeDefinition<State, Route, Kind>,
    private readonly options: FakeOptions,
  ) {
    this.clock = fakeClock(options.now);
    this.ids = idRegistry(definition.idForms, options.randomSeed);
    this.book = faultBook((name) => this.ids.known(name));
    this.staleReadsMs = options.staleReadsMs ?? definition.defaults.staleReadsMs;
    const keepMs = () => Math.max(this.staleReadsMs, this.book.longestLagMs());
    this.places = new FakePlaces(definition, options, this.clock, this.ids, keepMs);
  }

  /** What users hold: functions that work without `this`, so that they can be passed on. */
  face(): FakeCloud {
    const { definition, places, ids, book, log } = this;
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
      seed: (seed) => places.seed("length" in seed ? { instances: seed } : seed),
      id: (name) => ids.find(name),
      holds: (name) => places.holds(ids.find(name)),
      view: () => ({ ...places.view(), effects: log.effects() }),
      requests: log.entries,
      faults: { add: (fault) => book.add(fault), clear: () => book.clear() },
      meddle: (change) => places.meddle(change),
      clock: this.clock,
    };
  }

  private async fetch(request: Request): Promise<Response> {
    const release = this.clock.hold();
    try {
      const incoming = await readRequest(request);
      if (this.options.latencyMs) await new Promise((resolve) => setTimeout(resolve, this.options.latencyMs));
      const read = this.read(incoming);
      return "unreadable" in read
        ? this.dated(this.answerUnreadable(read.unreadable))
        : await this.answer(read.route, request.signal, release);
    } finally {
      release();
    }
  }

  private read(incoming: FakeRequest): { readonly route: Route } | { readonly unreadable: CloudRefusal } {
    try {
      return { route: this.definition.route(incoming) };
    } catch (error) {
      return { unreadable: asRefusal(error) };
    }
  }

  /** Not signed, or not a request of this cloud at all: logged without a name. */
  private answerUnreadable(refused: CloudRefusal): FakeAnswer {
    const nameless = {
      service: "",
      action: "",
      api: "",
      mutating: false,
      dryRun: false,
      instanceIds: [],
      parameters: {},
    };
    const entry = this.log.enter({ at: this.timestamp(), ...nameless });
    entry.cloudCode = refused.cloudCode;
    return this.noted(entry, this.definition.refuse(refused, undefined, this.requestId()));
  }

  /** From a readable request to its answer: log, faults, then the action itself. */
  private async answer(route: Route, signal: AbortSignal, release: () => void): Promise<Response> {
    const action = this.definition.actions[apiOf(route)];
    const entry = this.enter(route, action);
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
      this.clock.at(this.clock.now() + (trouble.end.landsAfterMs ?? 0), () => {
        perform();
        entry.status = 0;
      });
      throw new ConnectionDropped();
    }
    return this.spoil(perform(), trouble, entry);
  }

  private enter(route: Route, action: FakeAction<State, Route, Kind> | undefined): LogEntry {
    const { service, parameters, instanceIds } = route;
    const dryRun = action?.dryRun?.(parameters) ?? false;
    const declared = action?.mutating ?? false;
    const mutating = typeof declared === "function" ? declared(parameters) : declared;
    return this.log.enter({
      at: this.timestamp(),
      service,
      action: route.action,
      api: apiOf(route),
      mutating: mutating && !dryRun,
      dryRun,
      instanceIds,
      parameters,
    });
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
      const instead = this.refusedBy(trouble, route);
      if (instead === "web-page")
        return this.noted(entry, { status: 200, headers: { "content-type": "text/html" }, body: webPage });
      const place = this.places.of(route);
      if (!action) throw this.definition.errors.unknownAction(route, this.nearest(route));
      const state =
        instead === "hides-rows" ? this.definition.newState(place.scope) : this.stateFor(place, entry, trouble);
      const result = action.handle(this.contextFor(place, state, route, entry, requestId));
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

  /** Throws what a fault makes the cloud say; answers what it makes it do instead. */
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

  /** The present state for a mutation, a copy for a dry run, perhaps a former one for a read. */
  private stateFor(place: Place<State>, { dryRun, mutating }: LogEntry, { staleMs }: Trouble): State {
    const now = this.clock.now();
    if (dryRun) return this.places.copy(place.state);
    if (!mutating) return place.history.seenAt(now, Math.max(this.staleReadsMs, staleMs)) ?? place.state;
    place.history.remember(now, place.state);
    return place.state;
  }

  private contextFor(
    place: Place<State>,
    state: State,
    route: Route,
    entry: LogEntry,
    requestId: string,
  ): ActionContext<State, Route, Kind> {
    const { dryRun } = entry;
    return Object.assign(this.places.context(place, state), {
      route,
      parameters: route.parameters,
      requestId,
      dryRun,
      ...(dryRun ? { later: () => undefined } : {}),
      effect: (id: string) => {
        if (!dryRun) this.log.effect(entry, id);
      },
    });
  }

  /** Turns an answer into a response, broken as a fault demands. */
  private spoil(answer: FakeAnswer, { end }: Trouble, entry: LogEntry): Response {
    if (end?.fault === "empty") return this.dated(this.noted(entry, { ...answer, status: 200, body: "" }));
    const response = this.dated(answer);
    return end?.fault === "truncate" && answer.body !== null ? broken(response, answer.body) : response;
  }

  private dated({ status, headers, body }: FakeAnswer): Response {
    const date = new Date(this.clock.now() + (this.options.clockSkewMs ?? 0)).toUTCString();
    return new Response(body, { status, headers: { ...headers, date } });
  }

  private nearest(route: Route): readonly string[] {
    return nearestNames(apiOf(route), Object.keys(this.definition.actions));
  }

  private timestamp(): string {
    return new Date(this.clock.now()).toISOString();
  }

  private requestId(): string {
    const { hex } = this.requestText;
    return this.definition.requestId?.(this.requestText) ?? `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`;
  }
}

function apiOf(route: FakeRoute): string {
  return route.api ?? `${route.service}:${route.action}`;
}

async function readRequest(request: Request): Promise<FakeRequest> {
  const { method, url, headers } = request;
  return { method, url: new URL(url), headers, body: await request.text() };
}

/** A defect of the fake itself must not pass for the cloud's word, so it names itself and is no known code. */
function asRefusal(error: unknown): CloudRefusal {
  if (error instanceof CloudRefusal) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new CloudRefusal("FakeDefect", `The fake itself failed: ${text}`, 500);
}
