import type { CloudAdapter } from "../../src/adapter.js";
import type { Capabilities } from "../../src/capabilities.js";
import type { Clock } from "../../src/clock.js";
import type { Tristate } from "../../src/common.js";
import type { CoverageLine, DependencyEdge, DependencyNode } from "../../src/dependencies.js";
import type { Effect, EffectState, UndoAction } from "../../src/effects.js";
import { DecommissionError, type Problem, problemOf } from "../../src/errors.js";
import { type InstanceRecord, type InstanceTarget, isRecord } from "../../src/instances.js";
import type { CallOptions } from "../../src/options.js";
import type { SecurityRule } from "../../src/security-rules.js";
import type { TerminationPath } from "../../src/termination.js";
import type { Leftover } from "../../src/verification.js";

const scope = { cloud: "test", accountId: "111", region: "r1" };

/** What the tests look into, and what they break. */
export interface ScriptedCloud {
  readonly adapter: CloudAdapter;
  readonly records: Map<string, InstanceRecord>;
  readonly edges: DependencyEdge[];
  readonly nodes: DependencyNode[];
  readonly coverage: CoverageLine[];
  /** Rules by id; `peer` is an address or a group. */
  readonly rules: Map<string, SecurityRule>;
  readonly registrations: Set<string>;
  readonly snapshots: Map<string, string>;
  /** Each call of an operation, in order: `operation id id`. */
  readonly calls: string[];
  /** Each mutation that took effect: `api id`. */
  readonly mutations: string[];
  /** Runs before each operation; throwing makes the call throw. */
  before: ((operation: string, ids: readonly string[]) => void | Promise<void>) | undefined;
  /** Runs once a mutation took effect and before its result is told; throwing loses the answer. */
  after: ((api: string, id: string) => void | Promise<void>) | undefined;
  /** How instances end, where it is not by plain release. */
  readonly paths: Map<string, { readonly how: TerminationPath; readonly refund?: string }>;
  /** Whether the cloud's dry run tells that a termination is permitted. Default: true. */
  permissionChecked: boolean;
  /** Options of the last call of each operation. */
  readonly options: Map<string, object>;
  /** What the server was doing when it was saved. */
  takenFrom: "running" | "stopped";
  /** Whether the key of a copy is usable. */
  keyUsable: Tristate;
  /** What a verdict finds left of `a`. */
  leftovers: readonly Leftover[];
  /** Disks that no snapshot holds. */
  readonly unsaved: Set<string>;
  snapshotTrouble: "refused" | "too-small" | "pending" | undefined;
  /** Refuses one mutation of one instance. */
  refuse: ((api: string, id: string) => Problem | undefined) | undefined;
}

/** A running instance with a system disk and one group. */
export function aRecord(id: string, change: Partial<InstanceRecord> = {}): InstanceRecord {
  return {
    ...scope,
    id,
    name: `server ${id}`,
    state: { unified: "running", raw: "running" },
    billing: { unified: "on-demand", raw: "on-demand" },
    protection: { termination: false, locks: [] },
    zone: "r1a",
    privateIps: ["10.0.0.1"],
    publicAddresses: [],
    disks: [
      { id: `disk-${id}`, role: "system", sizeGiB: 40, encrypted: false, ephemeral: false, deletedWithInstance: true },
    ],
    networkInterfaces: [
      {
        id: `eni-${id}`,
        primary: true,
        deletedWithInstance: true,
        privateIps: ["10.0.0.1"],
        securityGroupIds: [`sg-${id}`],
      },
    ],
    securityGroupIds: [`sg-${id}`],
    tags: {},
    createdAt: "2025-01-01T00:00:00.000Z",
    seenAt: "2026-01-02T03:04:05.000Z",
    ...change,
  };
}

/** A rule that opens port 22 to one address. */
export function aRule(id: string, groupId: string, address: string): SecurityRule {
  return {
    id,
    groupId,
    direction: "ingress",
    action: "allow",
    family: "ipv4",
    protocol: { unified: "tcp", raw: "tcp" },
    ports: { kind: "ranges", ranges: [{ from: 22, to: 22 }] },
    peer: { kind: "cidr", cidr: `${address}/32`, family: "ipv4" },
    native: {},
  };
}

/** A tiny cloud without network, quick to script: enough to see what the flow asks for, and when. */
export function scriptedCloud(
  clock: Clock,
  records: readonly InstanceRecord[],
  capabilities: Partial<Capabilities> = {},
): ScriptedCloud {
  const now = () => new Date(clock.now()).toISOString();
  const cloud: Omit<ScriptedCloud, "adapter"> = {
    records: new Map(records.map((record) => [record.id, record])),
    edges: [],
    nodes: [],
    coverage: [],
    rules: new Map(),
    registrations: new Set(),
    snapshots: new Map(),
    calls: [],
    mutations: [],
    before: undefined,
    after: undefined,
    refuse: undefined,
    paths: new Map(),
    permissionChecked: true,
    takenFrom: "running",
    keyUsable: true,
    leftovers: [],
    unsaved: new Set(),
    snapshotTrouble: undefined,
    options: new Map(),
  };
  const idOf = (target: InstanceTarget) => (isRecord(target) ? target.id : target);
  const arrive = async (operation: string, ids: readonly string[], options: object = {}) => {
    cloud.options.set(operation, options);
    cloud.calls.push([operation, ...ids].join(" "));
    await cloud.before?.(operation, ids);
  };
  const effect = (
    kind: Effect["kind"],
    id: string,
    undo: Effect["undo"],
    resource = { kind: "instance" as const, id } as Effect["resource"],
  ): Effect => ({ ...scope, kind, resource, instanceIds: [id], undo });
  let intents = 0;
  /** Announces, does, settles. Answers the problem when it was not done, `lost` when nobody knows. */
  const mutate = async (
    options: CallOptions | undefined,
    api: string,
    id: string,
    effects: readonly Effect[],
    act: () => void,
  ): Promise<Problem | "lost" | undefined> => {
    const key = `${api}/${id}/${++intents}`;
    const refused = cloud.refuse?.(api, id);
    try {
      await options?.recorder?.intent({ key, api, at: now(), settleMs: 60_000, instanceIds: [id], effects });
    } catch (error) {
      return problemOf(error);
    }
    const settle = (result: EffectState) => options?.recorder?.settled(key, { effect: result });
    if (refused) {
      await settle("not-applied");
      return refused;
    }
    act();
    cloud.mutations.push(`${api} ${id}`);
    try {
      await cloud.after?.(api, id);
    } catch (error) {
      if (!DecommissionError.isInstance(error)) throw error;
      await settle("unknown");
      return "lost";
    }
    await settle("applied");
    return undefined;
  };
  const change = (id: string, fields: Partial<InstanceRecord>) => {
    const record = cloud.records.get(id);
    if (record) cloud.records.set(id, { ...record, ...fields });
  };
  const lost: Problem = { code: "network", message: "The answer was lost.", hint: "Look again." };
  const ruleEffect = (rule: SecurityRule, id: string): Effect =>
    effect(
      "rule-removed",
      id,
      {
        action: "restore-rule",
        removed: {
          ...scope,
          rule,
          because: { scope: "own-address", instanceIds: [id], address: "10.0.0.1" },
          removedAt: now(),
        },
      },
      { kind: "security-rule", id: rule.id ?? "" },
    );
  const rulesOf = (record: InstanceRecord | undefined, which: "own-address" | "exclusive-group" | "both") =>
    [...cloud.rules.values()].filter((rule) => {
      const addresses = [...(record?.privateIps ?? []), ...(record?.publicAddresses ?? []).map(({ ip }) => ip)];
      const own = addresses.some((ip) => rule.peer.kind === "cidr" && rule.peer.cidr === `${ip}/32`);
      const exclusive = rule.peer.kind === "any" && record?.securityGroupIds.includes(rule.groupId);
      return (which !== "exclusive-group" && own) || (which !== "own-address" && exclusive);
    });

  const revertOne = async (one: Effect, options?: CallOptions) => {
    const undo: UndoAction | { impossible: string } = one.undo;
    const id = one.instanceIds[0] ?? "";
    if (!("action" in undo))
      return { effect: one, status: "not-reverted" as const, cause: "impossible" as const, why: undo.impossible };
    const reverted = { ...effect("reverted", id, { impossible: "it is a give-back" }) };
    const problem = await mutate(options, `revert:${undo.action}`, id, [reverted], () => {
      if (undo.action === "set-tags") {
        const tags = { ...cloud.records.get(id)?.tags, ...undo.set };
        for (const key of undo.remove) delete (tags as Record<string, string>)[key];
        change(id, { tags });
      }
      if (undo.action === "restore-rule") cloud.rules.set(undo.removed.rule.id ?? "", undo.removed.rule);
      if (undo.action === "rejoin") cloud.registrations.add(`${undo.node.id} ${id}`);
      if (undo.action === "set-power") change(id, { state: { unified: undo.power, raw: undo.power } });
    });
    if (problem === "lost") return { effect: one, status: "unknown" as const, problem: lost };
    return problem ? { effect: one, status: "failed" as const, problem } : { effect: one, status: "reverted" as const };
  };

  const adapter: CloudAdapter = {
    cloud: scope.cloud,
    region: scope.region,
    capabilities: { ...plainCapabilities, ...capabilities },
    whoAmI: async () => {
      await arrive("whoAmI", []);
      return { accountId: scope.accountId, principal: "tester" };
    },
    countInstances: async () => [...cloud.records.values()].filter(({ state }) => state.unified !== "gone").length,
    findInstances: async function* (selector, options) {
      await arrive("findInstances", selector.ids ?? [], options);
      for (const record of cloud.records.values()) {
        const byId = !selector.ids || selector.ids.includes(record.id);
        if (byId && Object.entries(selector.tags ?? {}).every(([key, value]) => record.tags[key] === value))
          yield record;
      }
    },
    findOwnArtifacts: async function* (selector) {
      await arrive("findOwnArtifacts", []);
      for (const [key, createdAt] of cloud.snapshots) {
        const [runId = "", attempt = "1", instanceId = ""] = key.split(" ");
        if (selector.runId !== undefined && selector.runId !== runId) continue;
        const id = `snap-${instanceId}-${attempt}`;
        const artifact = { ...scope, kind: "disk-snapshot", id, runId, attempt: Number(attempt) } as const;
        yield { ...artifact, instanceIds: [instanceId], diskIds: [`disk-${instanceId}`], createdAt, tags: {} };
      }
    },
    permissions: (operations = ["listDependencies", "tagInstances", "terminate"]) => ({
      cloud: scope.cloud,
      document: {},
      actions: operations.map((operation) => ({ operation, action: `test:${operation}`, optional: false })),
    }),
    listDependencies: async (targets, options) => {
      const ids = targets.map(idOf);
      await arrive("listDependencies", ids, options);
      return {
        instances: ids.map((id) => {
          const record = cloud.records.get(id);
          return record
            ? { status: "found" as const, record: { ...record, seenAt: now() } }
            : { status: "not-found" as const, instanceId: id };
        }),
        nodes: cloud.nodes,
        edges: cloud.edges.filter(
          (edge) =>
            ids.includes(edge.instanceId) &&
            (edge.node.kind !== "load-balancer-target" ||
              cloud.registrations.has(`${edge.node.id} ${edge.instanceId}`)),
        ),
        coverage: cloud.coverage,
      };
    },
    snapshot: async (targets, options) => {
      await arrive("snapshot", targets.map(idOf), options);
      return await Promise.all(
        targets.map(idOf).map(async (id) => {
          const record = cloud.records.get(id);
          if (!record) return { status: "not-found" as const, instanceId: id, effects: [] };
          const refusal: Problem = { code: "quota", message: "Too many snapshots.", hint: "" };
          if (cloud.snapshotTrouble === "refused") {
            return { status: "failed" as const, instanceId: id, effects: [], problem: refusal, proofs: [] };
          }
          const runId = options?.runId ?? "none";
          const attempt = options?.attempt ?? 1;
          const key = `${runId} ${attempt} ${id}`;
          const made = effect(
            "artifact-created",
            id,
            { impossible: "saved copies are kept" },
            { kind: "snapshot", id: `snap-${id}` },
          );
          const problem = cloud.snapshots.has(key)
            ? undefined
            : await mutate(options, "snapshot", id, [made], () => cloud.snapshots.set(key, now()));
          if (problem)
            return {
              status: "failed" as const,
              instanceId: id,
              effects: [],
              problem: problem === "lost" ? lost : problem,
              proofs: [],
            };
          const trouble = cloud.snapshotTrouble;
          if (trouble === "pending")
            return { status: "pending" as const, instanceId: id, effects: [], runId, artifacts: [] };
          const proofs = record.disks
            .filter((disk) => !cloud.unsaved.has(disk.id))
            .map((disk) => ({
              ...scope,
              id: `snap-${id}-${attempt}`,
              kind: "disk-snapshot" as const,
              instanceId: id,
              diskId: disk.id,
              runId,
              attempt,
              sizeGiB: disk.sizeGiB === "unknown" || trouble === "too-small" ? 1 : disk.sizeGiB,
              encrypted: false,
              keyUsable: cloud.keyUsable,
              pointInTime: cloud.snapshots.get(key) ?? now(),
              takenFrom: cloud.takenFrom,
              completedAt: now(),
              expiresBy: "sweep" as const,
            }));
          return {
            status: "completed" as const,
            instanceId: id,
            effects: [made],
            proofs,
            consistency: "instance" as const,
            unprotected: [],
          };
        }),
      );
    },
    releaseSecurityRules: async (targets, options) => {
      const which = options?.scope ?? "both";
      await arrive(`releaseSecurityRules${options?.dryRun ? ":dry" : ""}:${which}`, targets.map(idOf), options);
      const outcomes = [];
      for (const target of targets) {
        const id = idOf(target);
        const rules = rulesOf(isRecord(target) ? target : cloud.records.get(id), which);
        if (options?.dryRun) {
          outcomes.push({
            status: "would-release" as const,
            instanceId: id,
            effects: [],
            rules,
            permissionChecked: true,
            kept: [],
          });
          continue;
        }
        const effects = rules.map((rule) => ruleEffect(rule, id));
        const removed = effects.flatMap(({ undo }) =>
          "action" in undo && undo.action === "restore-rule" ? [undo.removed] : [],
        );
        const problem =
          rules.length === 0
            ? undefined
            : await mutate(options, "releaseRules", id, effects, () => {
                for (const rule of rules) cloud.rules.delete(rule.id ?? "");
              });
        if (problem && problem !== "lost")
          outcomes.push({ status: "blocked" as const, instanceId: id, effects: [], problem });
        else if (rules.length === 0)
          outcomes.push({ status: "nothing-to-release" as const, instanceId: id, effects: [], kept: [] });
        else outcomes.push({ status: "released" as const, instanceId: id, effects, removed, kept: [] });
      }
      return outcomes;
    },
    terminate: async (targets, options) => {
      await arrive(`terminate${options.dryRun ? ":dry" : ""}`, targets.map(idOf), options);
      const outcomes = [];
      for (const target of targets) {
        const id = idOf(target);
        const base = { instanceId: id, effects: [] };
        if (options.dryRun) {
          const path = cloud.paths.get(id) ?? { how: "release" as const };
          const refund =
            path.refund === undefined
              ? {}
              : { refund: { instanceId: id, amount: { amount: path.refund, currency: "CNY" }, quotedAt: now() } };
          outcomes.push({
            ...base,
            status: "would-terminate" as const,
            how: path.how,
            permissionChecked: cloud.permissionChecked,
            ...refund,
          });
          continue;
        }
        const record = cloud.records.get(id);
        if (!record || record.state.unified === "gone") {
          const absence = {
            sighting: { ...scope, state: { unified: "running" as const, raw: "running" }, seenAt: now() },
            reads: [read(now()), read(now())] as const,
            control: { at: now(), by: "account-wide" as const, proof: "test" },
          };
          outcomes.push(
            record || isRecord(target)
              ? { ...base, status: "already-gone" as const, absence }
              : { ...base, status: "not-found" as const },
          );
          continue;
        }
        const plainEnd = effect("instance-terminated", id, { impossible: "a terminated server does not come back" });
        const binned = cloud.paths.get(id)?.how === "recycle";
        const ended = binned
          ? effect("instance-terminated", id, {
              action: "recover",
              item: { ...scope, kind: "instance", id },
              costsMoney: false,
            })
          : plainEnd;
        const problem = await mutate(options, "terminate", id, [ended], () => {
          const next = binned
            ? ({ unified: "recycled", raw: "BIN" } as const)
            : ({ unified: "gone", raw: "gone" } as const);
          change(id, { state: next });
        });
        if (problem === "lost") outcomes.push({ ...base, status: "unknown" as const, effects: [ended], problem: lost });
        else
          outcomes.push(
            problem
              ? { ...base, status: "blocked" as const, problem }
              : binned
                ? {
                    ...base,
                    status: "recycled" as const,
                    effects: [ended],
                    recoverableUntil: { basis: "unknown" as const },
                    restore: "Use `recover`.",
                  }
                : { ...base, status: "accepted" as const, effects: [ended] },
          );
      }
      return outcomes;
    },
    verifyDeleted: async (targets, options) => {
      await arrive("verifyDeleted", targets.map(idOf), options);
      return targets.map(idOf).map((id) => {
        const base = {
          instanceId: id,
          evidence: [],
          leftovers: id === "a" ? cloud.leftovers : [],
          coverage: cloud.coverage,
        };
        const gone = cloud.records.get(id)?.state.unified === "gone" || !cloud.records.has(id);
        const binned = cloud.records.get(id)?.state.unified === "recycled";
        if (binned)
          return {
            ...base,
            status: "recycled" as const,
            recoverableUntil: { basis: "unknown" as const },
            billingStopped: "unknown" as const,
            clean: false,
          };
        if (!gone) return { ...base, status: "alive" as const, billingStopped: false, clean: false };
        const absence = {
          sighting: { ...scope, state: { unified: "running" as const, raw: "running" }, seenAt: now() },
          reads: [read(now()), read(now())] as const,
          control: { at: now(), by: "account-wide" as const, proof: "test" },
        };
        const clean = base.leftovers.length === 0 && base.coverage.length === 0;
        return { ...base, status: "deleted" as const, absence, billingStopped: true, clean };
      });
    },
    tagInstances: async (targets, tags, options) => {
      await arrive("tagInstances", targets.map(idOf));
      return await Promise.all(
        targets.map(idOf).map(async (id) => {
          const record = cloud.records.get(id);
          if (!record) return { status: "not-found" as const, instanceId: id, effects: [] };
          const former = Object.fromEntries(
            Object.keys(tags.set ?? {}).flatMap((key) =>
              record.tags[key] === undefined ? [] : [[key, record.tags[key]]],
            ),
          );
          const added = Object.keys(tags.set ?? {}).filter((key) => record.tags[key] === undefined);
          const tagged = effect("tags-changed", id, { action: "set-tags", instanceId: id, set: former, remove: added });
          const problem = await mutate(options, "tag", id, [tagged], () =>
            change(id, { tags: { ...record.tags, ...tags.set } }),
          );
          if (problem === "lost")
            return { status: "unknown" as const, instanceId: id, effects: [tagged], problem: lost };
          return problem
            ? { status: "blocked" as const, instanceId: id, effects: [], problem }
            : { status: "tagged" as const, instanceId: id, effects: [tagged] };
        }),
      );
    },
    quarantine: async (targets, options) => {
      await arrive(`quarantine:${options.mode}`, targets.map(idOf), options);
      return await Promise.all(
        targets.map(idOf).map(async (id) => {
          const record = cloud.records.get(id);
          if (!record) return { status: "not-found" as const, instanceId: id, effects: [] };
          const kept = record.publicAddresses.filter(({ kind }) => kind === "elastic");
          const stopped = effect("power-changed", id, { action: "set-power", instanceId: id, power: "running" });
          const dropped = record.publicAddresses
            .filter(({ kind }) => kind === "ephemeral")
            .map(({ ip }) =>
              effect(
                "address-released",
                id,
                { impossible: "it went back to the pool" },
                { kind: "public-address", id: ip },
              ),
            );
          const problem = await mutate(options, "stop", id, [stopped, ...dropped], () =>
            change(id, { state: { unified: "stopped", raw: "stopped" }, publicAddresses: kept }),
          );
          if (problem)
            return {
              status: "blocked" as const,
              instanceId: id,
              effects: [],
              problem: problem === "lost" ? lost : problem,
            };
          return {
            status: "quarantined" as const,
            instanceId: id,
            effects: [stopped, ...dropped],
            mode: options.mode,
            already: false,
            artifacts: [],
          };
        }),
      );
    },
    releaseDependencies: async (items, options) => {
      await arrive(
        "releaseDependencies",
        items.map(({ instanceId, id }) => `${id}@${instanceId}`),
        options,
      );
      const outcomes = [];
      for (const item of items) {
        const id = item.instanceId;
        const undo =
          item.kind === "load-balancer-target"
            ? ({ action: "rejoin", node: { kind: item.kind, id: item.id }, instanceId: id, detail: {} } as const)
            : { impossible: "it is gone" };
        const removed = effect("registration-removed", id, undo, { kind: item.kind, id: item.id });
        const problem = await mutate(options, `release:${item.kind}`, id, [removed], () =>
          cloud.registrations.delete(`${item.id} ${id}`),
        );
        const base = { item, instanceId: id };
        outcomes.push(
          problem && problem !== "lost"
            ? { ...base, status: "blocked" as const, effects: [], problem }
            : { ...base, status: "released" as const, effects: [removed] },
        );
      }
      return outcomes;
    },
    revert: async (effects, options) => {
      await arrive(
        "revert",
        effects.map(({ kind, resource }) => `${kind}:${resource.id}`),
        options,
      );
      return await Promise.all(effects.toReversed().map((one) => revertOne(one, options))).then((outcomes) =>
        outcomes.toReversed(),
      );
    },
    recover: async (items, options) => {
      await arrive(
        `recover${options?.dryRun ? ":dry" : ""}`,
        items.map((item) => (typeof item === "string" ? item : item.id)),
      );
      const outcomes = [];
      for (const item of items) {
        const id = typeof item === "string" ? item : item.id;
        if (cloud.records.get(id)?.state.unified !== "recycled")
          outcomes.push({ item, status: "not-recycled" as const });
        else if (options?.dryRun) outcomes.push({ item, status: "would-recover" as const });
        else {
          const back = effect("instance-recovered", id, { impossible: "it is what was wanted" });
          const problem = await mutate(options, "recover", id, [back], () =>
            change(id, { state: { unified: "stopped", raw: "stopped" } }),
          );
          if (problem)
            outcomes.push({ item, status: "blocked" as const, problem: problem === "lost" ? lost : problem });
          else outcomes.push({ item, status: "recovered" as const, effects: [back] });
        }
      }
      return outcomes;
    },
    removeArtifacts: async () => [],
  };
  return Object.assign(cloud, { adapter });
}

function read(at: string) {
  return { api: "test:Describe", said: "nothing", at };
}

const none = { bin: "none", countsFrom: "termination", source: "test", asOf: "2026-01-01T00:00:00Z" } as const;
const plainCapabilities: Capabilities = {
  retention: { "on-demand": none, prepaid: none, spot: none },
  recycleBin: { restore: false, restoreCostsMoney: false, purge: false, billsWhileInside: false },
  prepaidExits: [],
  scheduledRelease: false,
  quarantine: {
    stop: { supported: true, refusedWhen: [], chargingContinues: false },
    isolate: { supported: true, refusedWhen: [], chargingContinues: true },
  },
  snapshotConsistency: "instance",
  dryRun: { checks: "permission" },
  stopProtection: false,
  refundQuote: false,
  repeat: {
    terminate: "safe",
    unsubscribe: "safe",
    convert: "safe",
    renew: "safe",
    purge: "safe",
    snapshot: "look-up-first",
  },
  consistencyWindowMs: 1_000,
  limits: {},
};
