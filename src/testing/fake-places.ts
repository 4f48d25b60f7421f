import type { FakeClock } from "./fake-clock.js";
import type { FakeContext, FakeDefinition, FakeRoute, FakeScope } from "./fake-definition.js";
import { type StateHistory, stateHistory } from "./fake-history.js";
import type { IdRegistry } from "./fake-ids.js";
import type { WorldSeed } from "./seed.js";
import type { FakeOptions, FakeWorld, WorldView } from "./world.js";

/** What the fake keeps of one account, region and project. */
export interface Place<State> {
  readonly scope: FakeScope;
  /** Whether seeds go here. */
  readonly home: boolean;
  readonly state: State;
  readonly history: StateHistory<State>;
}

/** The states of a fake, one for each account, region and project that was ever asked for. */
export class FakePlaces<State extends object, Route extends FakeRoute, Kind extends string> {
  private readonly places = new Map<string, Place<State>>();

  /** `keepMs`: how long former states are kept for reads that lag. */
  constructor(
    private readonly definition: FakeDefinition<State, Route, Kind>,
    private readonly options: FakeOptions,
    private readonly clock: FakeClock,
    private readonly ids: IdRegistry<Kind>,
    private readonly keepMs: () => number,
  ) {
    this.home();
  }

  /** Where a request leads to. Throws the cloud's own words for credentials it does not know. */
  of(route: Route): Place<State> {
    const { accounts } = this.options;
    const { scope } = this.home();
    if (route.accessKey === undefined) throw this.definition.errors.unknownCredentials(route);
    const accountId = accounts === undefined ? scope.accountId : accounts[route.accessKey];
    if (accountId === undefined) throw this.definition.errors.unknownCredentials(route);
    return this.place({ accountId, region: route.region ?? scope.region, project: route.project ?? scope.project });
  }

  /** What handlers and seeds get to see of a place, or of another state of it. */
  context(place: Place<State>, state: State = place.state): FakeContext<State, Kind> {
    const { clock, ids, options } = this;
    return {
      state,
      scope: place.scope,
      home: place.home,
      ids,
      options,
      clock,
      later: (delayMs, effect) => clock.at(clock.now() + delayMs, () => effect(clock.now(), place.state)),
      // A getter, so that what runs later on the clock reads the time it runs at.
      get now() {
        return clock.now();
      },
    };
  }

  copy(state: State): State {
    return (this.definition.copy ?? structuredClone)(state);
  }

  /** All or nothing: a refused seed leaves no half of itself behind. */
  seed(seed: WorldSeed): void {
    const { state, history } = this.home();
    const before = this.copy(state);
    const forgetNames = this.ids.mark();
    try {
      this.definition.seed(this.context(this.home()), seed);
    } catch (error) {
      // In place, since what runs later on the clock holds this very object.
      Object.assign(state, before);
      forgetNames();
      throw error;
    }
    history.forget();
  }

  /** At once visible: what a test sets up behind our back must not hide behind a stale read. */
  meddle(change: Parameters<FakeWorld["meddle"]>[0]): void {
    const { definition, ids } = this;
    const context = this.context(this.home());
    for (const instance of change.set ?? []) definition.change(context, instance);
    for (const name of change.remove ?? []) definition.remove(context, ids.find(name));
    if (change.add) this.seed(change.add);
    if (change.giveAddressAway !== undefined) definition.giveAddressAway(context, ids.find(change.giveAddressAway));
    this.home().history.forget();
  }

  /** Whether a thing stands in any of them. */
  holds(id: string): boolean {
    return [...this.places.values()].some(({ state }) => this.definition.holds(state, id));
  }

  /** All of them in neutral words: what was made in a wrong region shows as well. */
  view(): Omit<WorldView, "effects"> {
    const views = [...this.places.values()].map(({ state, scope }) => this.definition.view(state, scope));
    return {
      instances: views.flatMap(({ instances }) => instances),
      disks: views.flatMap(({ disks }) => disks),
      addresses: views.flatMap(({ addresses }) => addresses),
      rules: views.flatMap(({ rules }) => rules),
      snapshots: views.flatMap(({ snapshots }) => snapshots),
      memberships: views.flatMap(({ memberships }) => memberships),
      orders: views.flatMap(({ orders }) => orders),
    };
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
      history: stateHistory((state) => this.copy(state), this.keepMs),
    };
    this.places.set(key, place);
    return place;
  }
}
