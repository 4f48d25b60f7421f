import type { JsonObject } from "../common.js";
import type { FakeClock } from "./fake-clock.js";
import type { IdForm, IdRegistry, RandomText } from "./fake-ids.js";
import type { CloudRefusal } from "./fake-refusal.js";
import type { SeedInstance, WorldSeed } from "./seed.js";
import type { FakeOptions, WorldView } from "./world.js";

/** A request, read to its end. */
export interface FakeRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}
/** What a request asks for. A cloud may add fields (its wire dialect, say): they reach `respond` and `refuse`. */
export interface FakeRoute {
  readonly service: string;
  readonly action: string;
  /** Key in the table of actions, and `api` in the log. Default: `service:action`. */
  readonly api?: string;
  readonly parameters: JsonObject;
  readonly instanceIds: readonly string[];
  /** Whose request. Absent: unsigned, which is refused. */
  readonly accessKey?: string;
  readonly region?: string;
  readonly project?: string;
}
/** Whose things: each scope has a state of its own. */
export interface FakeScope {
  readonly accountId: string;
  readonly region: string;
  readonly project: string;
}
/** An answer before `Date` and transport faults. `null` where there is no body (204). */
export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | null;
}
/** What every piece of a fake may use. */
export interface FakeContext<State, Kind extends string = string> {
  readonly state: State;
  readonly scope: FakeScope;
  /** Whether this scope holds the seeded things. Others are empty accounts, regions or projects. */
  readonly home: boolean;
  readonly ids: IdRegistry<Kind>;
  readonly options: FakeOptions;
  /** Milliseconds since the epoch on the fake's clock, read anew each time. */
  readonly now: number;
  readonly clock: FakeClock;
  /** Runs something later on the fake's clock, given the present state. Never runs for a dry run. */
  later(delayMs: number, effect: (now: number, present: State) => void): void;
}
/** What a handler may use besides. Reads may get a former state: they must not change what they are given. */
export interface ActionContext<State, Route extends FakeRoute = FakeRoute, Kind extends string = string>
  extends FakeContext<State, Kind> {
  readonly route: Route;
  readonly parameters: JsonObject;
  /** The id this request will be answered with: some clouds let one ask later what became of it. */
  readonly requestId: string;
  /** A dry run works on a copy of the state; effects are not counted and `later` does nothing. */
  readonly dryRun: boolean;
  /** Call once for each thing that this request really changed. Shows in `view().effects` and `tookEffect`. */
  effect(id: string): void;
}
/** One action of the cloud. A handler that refuses throws a {@link CloudRefusal}; what it changed before stays. */
export interface FakeAction<State, Route extends FakeRoute = FakeRoute, Kind extends string = string> {
  readonly mutating: boolean | ((parameters: JsonObject) => boolean);
  readonly dryRun?: (parameters: JsonObject) => boolean;
  handle(context: ActionContext<State, Route, Kind>): JsonObject | undefined;
}
/** One cloud: what {@link fakeCloud} needs to know about it. `State` is plain data and Maps. */
export interface FakeDefinition<
  State extends object,
  Route extends FakeRoute = FakeRoute,
  Kind extends string = string,
> {
  readonly cloud: string;
  readonly defaults: {
    readonly accountId: string;
    readonly region: string;
    readonly project?: string;
    /** The documented lag of reads behind mutations. */
    readonly staleReadsMs: number;
  };
  /** Forms of ids. `assign` uses a seed name of that form as it is. */
  readonly idForms: Readonly<Record<Kind, IdForm>>;
  readonly actions: Readonly<Record<string, FakeAction<State, Route, Kind>>>;
  /** Host names this cloud answers for under msw. */
  readonly hosts: RegExp;
  /** Service to URL for the adapter option `endpoint`, from the server's base URL (no slash at the end). */
  endpoints(base: string): Readonly<Record<string, string>>;
  /** Reads a request. May throw a refusal (no signature, malformed body). */
  route(request: FakeRequest): Route;
  /** Wraps a handler's result in the cloud's envelope. `undefined`: success without a body. */
  respond(result: JsonObject | undefined, route: Route, requestId: string): FakeAnswer;
  /** Wraps a refusal. `route` is absent when the request could not even be read. */
  refuse(refused: CloudRefusal, route: Route | undefined, requestId: string): FakeAnswer;
  /** How this cloud words what any cloud can say. */
  readonly errors: {
    /** `"hides-rows"`: this cloud answers an unauthorised list with an empty one. */
    denied(route: Route): CloudRefusal | "hides-rows";
    throttled(route: Route): CloudRefusal;
    internal(route: Route): CloudRefusal;
    unknownAction(route: Route, nearest: readonly string[]): CloudRefusal;
    unknownCredentials(route: Route): CloudRefusal;
  };
  newState(scope: FakeScope): State;
  /** Copies a state for reads that lag. Default: `structuredClone`. Cheaper where records are never changed in place. */
  copy?(state: State): State;
  /** Form of a request id. Default: a UUID. */
  requestId?(random: RandomText): string;

  seed(context: FakeContext<State, Kind>, seed: WorldSeed): void;
  /** What stands: not gone, not terminating, not in a bin. */
  holds(state: State, id: string): boolean;
  view(state: State, scope: FakeScope): Omit<WorldView, "effects">;
  /** Sets the named fields of an instance that exists, as the cloud's own tools would. */
  change(context: FakeContext<State, Kind>, instance: SeedInstance): void;
  /** Removes a thing of any kind, as the cloud's own tools would. */
  remove(context: FakeContext<State, Kind>, id: string): void;
  /** A public address leaves the account; somebody else has it from now on. */
  giveAddressAway(context: FakeContext<State, Kind>, id: string): void;
}
