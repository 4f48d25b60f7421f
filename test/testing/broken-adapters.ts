import type { CloudAdapter } from "../../src/adapter.js";
import type { Effect, MutationRecorder } from "../../src/effects.js";
import { DecommissionError } from "../../src/errors.js";
import type { InstanceRecord, InstanceTarget } from "../../src/instances.js";
import { isRecord } from "../../src/instances.js";
import type { TerminateOptions, TerminateOutcome } from "../../src/termination.js";
import type { MemoryWorld, MemoryWorldOptions } from "../../src/testing/index.js";
import type { AbsenceProof, DeletionVerdict } from "../../src/verification.js";
import { binned, lagging, plain, subscribed } from "./memory-clouds.js";

/** An adapter that is wrong in one place, and the rules of the contract that must notice. */
export interface Breakage {
  readonly what: string;
  readonly cloud: MemoryWorldOptions;
  readonly rules: readonly string[];
  readonly over: (inner: CloudAdapter, world: MemoryWorld) => Partial<CloudAdapter>;
}

const idOf = (target: InstanceTarget) => (isRecord(target) ? target.id : target);

/** A request past the adapter, as a careless one would send it: unannounced, unchecked. */
async function send(world: MemoryWorld, action: string, parameters: object): Promise<void> {
  const headers = { authorization: `Memory ${world.secrets.join(":")}`, "x-region": world.adapter.region };
  const body = JSON.stringify(parameters);
  const request = new Request(`http://cloud.memory.invalid/${action}`, { method: "POST", headers, body });
  const response = await world.fetch(request);
  // A breakage that does nothing would show nothing.
  if (!response.ok) throw new Error(`${action} was refused: ${await response.text()}`);
}

/** An adapter whose terminate is called with other options. */
function terminateWith(change: (options: TerminateOptions, ids: readonly string[]) => TerminateOptions) {
  return (inner: CloudAdapter): Partial<CloudAdapter> => ({
    terminate: (targets, options) => inner.terminate(targets, change(options, targets.map(idOf))),
  });
}

/** An adapter whose terminate answers something else. */
function answerTerminate(change: (outcome: TerminateOutcome) => TerminateOutcome) {
  return (inner: CloudAdapter): Partial<CloudAdapter> => ({
    terminate: async (targets, options) => (await inner.terminate(targets, options)).map(change),
  });
}

/** An adapter whose verdicts are something else. */
function answerVerify(change: (verdict: DeletionVerdict) => DeletionVerdict) {
  return (inner: CloudAdapter): Partial<CloudAdapter> => ({
    verifyDeleted: async (targets, options) => (await inner.verifyDeleted(targets, options)).map(change),
  });
}

function withRecorder(change: (recorder: MutationRecorder) => MutationRecorder) {
  return (inner: CloudAdapter): Partial<CloudAdapter> => ({
    terminate: (targets, { recorder, ...options }) =>
      inner.terminate(targets, { ...options, recorder: recorder && change(recorder) }),
  });
}

const believed: AbsenceProof = {
  sighting: {
    cloud: "memory",
    accountId: "100000000001",
    region: "memory-1",
    state: { unified: "running", raw: "running" },
    seenAt: "2026-01-02T03:04:05.000Z",
  },
  reads: [
    { api: "cloud:ListInstances", said: "not listed", at: "2026-01-02T03:04:05.000Z" },
    { api: "cloud:ListInstances", said: "not listed", at: "2026-01-02T03:04:15.000Z" },
  ],
  control: { by: "row", row: "default-group", id: "grp-00000000", at: "2026-01-02T03:04:15.000Z" },
};

function deleted({ instanceId, evidence, coverage }: DeletionVerdict): DeletionVerdict {
  const rest = { instanceId, evidence, coverage, leftovers: [], billingStopped: true, clean: true } as const;
  return { ...rest, status: "deleted", absence: believed };
}

async function* everything(inner: CloudAdapter, world: MemoryWorld): AsyncGenerator<InstanceRecord> {
  const ids = world.view().instances.map((instance) => instance.id);
  yield* inner.findInstances({ ids });
}

async function* first(count: number, records: AsyncIterable<InstanceRecord>): AsyncGenerator<InstanceRecord> {
  let left = count;
  for await (const record of records) if (left-- > 0) yield record;
}

async function* untilItBreaks(records: AsyncIterable<InstanceRecord>): AsyncGenerator<InstanceRecord> {
  try {
    yield* records;
  } catch {
    // What could not be read is taken for the end of the list.
  }
}

/** One adapter per way of being wrong. */
export const breakages: readonly Breakage[] = [
  // ------------------------------------------------------------------------------------------------ data
  {
    what: "terminates without proof",
    cloud: plain,
    rules: [
      "S10 leaves an instance standing without any proof",
      "S10 leaves an instance standing whose snapshot fails",
      "clears no protection before the data is proved safe",
    ],
    over: terminateWith((options) => ({ ...options, data: { discard: "who needs it" } })),
  },
  {
    what: "believes proofs unread",
    cloud: plain,
    rules: [
      "S10 does not believe a proof of a copy that does not exist",
      "S10 does not believe a proof whose copy has vanished since",
      "S10 does not believe a proof of data that is a week old",
      "S10 does not believe a copy that somebody else made",
      "S10 reads the proofs again in the call itself",
    ],
    over: terminateWith((options) =>
      "proofs" in options.data && options.data.proofs.length > 0
        ? { ...options, data: { discard: "there are proofs" } }
        : options,
    ),
  },
  {
    what: "takes one consent for all disks",
    cloud: plain,
    rules: ["S10 takes a consent for the disk it names, and for no other"],
    over: terminateWith((options) =>
      options.acceptDataLoss ? { ...options, data: { discard: "consented" } } : options,
    ),
  },
  {
    what: "deletes disks that were marked to stay",
    cloud: plain,
    rules: [
      "S13 lets each data disk end as its own flag says",
      "S13 deletes the data disks that are named, and no other",
    ],
    over: (inner, world) => ({
      terminate: (targets, options) => {
        const all = world.view().disks.map((disk) => disk.id);
        return inner.terminate(targets, { ...options, dataDisks: { delete: all } });
      },
    }),
  },
  {
    what: "ignores the wish to keep disks",
    cloud: plain,
    rules: ["S13 keeps every data disk when asked to, or leaves the instance"],
    over: terminateWith(({ dataDisks: _wish, ...options }) => options),
  },
  {
    what: "makes new copies for the same run",
    cloud: plain,
    rules: ["finds what the first call of the same run and attempt made"],
    over: (inner) => ({
      snapshot: (targets, options) => inner.snapshot(targets, { ...options, runId: crypto.randomUUID() }),
    }),
  },
  {
    what: "asks again for copies whose answer was lost",
    cloud: plain,
    rules: ["copies each disk once when the answer is lost after it took effect"],
    over: (inner) => ({
      snapshot: async (targets, options) => {
        await inner.snapshot(targets, { ...options, runId: "an-earlier-try" });
        return await inner.snapshot(targets, options);
      },
    }),
  },
  {
    what: "says completed of copies that are under way",
    cloud: plain,
    rules: ["never waits for ever: at the deadline a stuck copy is pending"],
    over: (inner) => ({
      snapshot: async (targets, options) =>
        (await inner.snapshot(targets, options)).map((outcome) =>
          outcome.status === "pending"
            ? { ...outcome, status: "completed", proofs: [], consistency: "disk", unprotected: [] }
            : outcome,
        ),
    }),
  },
  {
    what: "removes copies before their time",
    cloud: plain,
    rules: ["S15 keeps a copy before its time without a word that it may go"],
    over: (inner) => ({
      removeArtifacts: (items, options) =>
        inner.removeArtifacts(items, { ...options, unexpired: { reason: "no longer needed" } }),
    }),
  },
  {
    what: "overlooks tags that protect copies",
    cloud: plain,
    rules: ["S15 keeps what carries a protected tag"],
    over: (inner) => ({
      removeArtifacts: (items, { protectTags: _tags, ...options } = {}) => inner.removeArtifacts(items, options),
    }),
  },
  {
    what: "deletes kept disks without a decision",
    cloud: plain,
    rules: ["S14 deletes a kept disk only with a decision about its data"],
    over: (inner) => ({
      releaseDependencies: (items, options) =>
        inner.releaseDependencies(items, { ...options, data: { discard: "tidy" } }),
    }),
  },
  // ------------------------------------------------------------------------------------------------ protection
  {
    what: "clears protection of every target",
    cloud: plain,
    rules: ["clears protection for the named ids only"],
    over: terminateWith((options, ids) =>
      typeof options.protection === "object" ? { ...options, protection: { clear: ids, reason: "all" } } : options,
    ),
  },
  {
    what: "clears protection unasked",
    cloud: plain,
    rules: ["leaves a protected instance standing and says why"],
    over: terminateWith((options, ids) => ({ ...options, protection: { clear: ids, reason: "in the way" } })),
  },
  {
    what: "leaves protection off when the termination fails",
    cloud: plain,
    rules: [
      "puts protection back when the termination does not happen",
      "terminate, clearing protection, sends no mutation before its intent has resolved, and settles each",
    ],
    over: (inner, world) => ({
      terminate: async (targets, { protection, ...options }) => {
        for (const id of typeof protection === "object" ? protection.clear : []) {
          await send(world, "SetProtection", { id, which: "termination", value: false });
        }
        return await inner.terminate(targets, options);
      },
    }),
  },
  {
    what: "gives all up for one refusal",
    cloud: plain,
    rules: ["lets one refusal spare no other its end, and no other suffer for it"],
    over: (inner) => ({
      terminate: async (targets, options) => {
        const trial = await inner.terminate(targets, { ...options, dryRun: true });
        const refusal = trial.find((outcome) => outcome.status === "blocked");
        if (refusal?.status !== "blocked") return await inner.terminate(targets, options);
        return trial.map((outcome) => ({ ...refusal, instanceId: outcome.instanceId }));
      },
    }),
  },
  {
    what: "gives no way out",
    cloud: plain,
    rules: ["leaves a protected instance standing and says why"],
    over: answerTerminate((outcome) =>
      outcome.status === "blocked" ? { ...outcome, problem: { ...outcome.problem, hint: "" } } : outcome,
    ),
  },
  // ------------------------------------------------------------------------------------------------ words
  {
    what: "calls what was blocked accepted",
    cloud: plain,
    rules: [
      "leaves a protected instance standing and says why",
      "leaves what a user locked, and unlocks it only by name",
    ],
    over: answerTerminate((outcome) =>
      outcome.status === "blocked" ? { status: "accepted", instanceId: outcome.instanceId, effects: [] } : outcome,
    ),
  },
  {
    what: "calls what the bin took accepted",
    cloud: binned,
    rules: [
      "says recycled, never accepted or deleted, of an instance that the bin took",
      "tells an instance that its account's bin takes as recycled",
    ],
    over: answerTerminate((outcome) =>
      outcome.status === "recycled" ? { status: "accepted", instanceId: outcome.instanceId, effects: [] } : outcome,
    ),
  },
  {
    what: "calls what the bin took deleted",
    cloud: binned,
    rules: ["says recycled, never accepted or deleted, of an instance that the bin took"],
    over: answerVerify((verdict) => (verdict.status === "recycled" ? deleted(verdict) : verdict)),
  },
  {
    what: "calls what nobody ever saw deleted",
    cloud: plain,
    rules: [
      "S03 calls an id nobody ever saw not found, never gone",
      "S03 never proves a deletion through the eyes of another account",
    ],
    over: answerVerify((verdict) => (verdict.status === "unproven" ? deleted(verdict) : verdict)),
  },
  {
    what: "calls what nobody ever saw already gone",
    cloud: plain,
    rules: ["S03 calls an id nobody ever saw not found, never gone"],
    over: answerTerminate((outcome) =>
      outcome.status === "not-found"
        ? { status: "already-gone", instanceId: outcome.instanceId, absence: believed, effects: [] }
        : outcome,
    ),
  },
  {
    what: "calls a stopped instance deleted",
    cloud: plain,
    rules: ["says alive of a stopped instance: a stop is not an end"],
    over: answerVerify((verdict) => (verdict.status === "alive" ? deleted(verdict) : verdict)),
  },
  {
    what: "calls every deletion clean",
    cloud: plain,
    rules: [
      "names a disk that was kept, with its size, as one that still bills",
      "never calls a deletion clean while a kind was denied",
      "says that leftovers cannot all be known without an earlier report",
      "does not call an end clean that a group has made up for",
    ],
    over: answerVerify((verdict) => ({ ...verdict, clean: true })),
  },
  {
    what: "forgets what was left",
    cloud: plain,
    rules: ["names a disk that was kept, with its size, as one that still bills", "S08 names a rule that came back"],
    over: answerVerify((verdict) => ({ ...verdict, leftovers: [] })),
  },
  {
    what: "says that permission was checked",
    cloud: lagging,
    rules: [
      "sends no mutation in a dry run and changes nothing",
      "does not say that permission was checked where it was denied",
    ],
    over: answerTerminate((outcome) =>
      outcome.status === "would-terminate" ? { ...outcome, permissionChecked: true } : outcome,
    ),
  },
  {
    what: "takes a lost answer for a refusal",
    cloud: plain,
    rules: [
      "ends an instance once when the answer is lost after it took effect",
      "tells a lost answer as unknown, not as a refusal, when no read can settle it",
    ],
    over: (inner, world) => ({
      terminate: async (targets, options) => {
        const from = world.requests.length;
        const outcomes = await inner.terminate(targets, options);
        const lost = world.requests.slice(from).some((request) => request.mutating && request.status === 0);
        if (!lost) return outcomes;
        const problem = { code: "network", message: "No answer.", hint: "Try again." } as const;
        return outcomes.map(({ instanceId }) => ({ status: "failed", instanceId, problem, effects: [] }));
      },
    }),
  },
  {
    what: "takes the tags off before the act",
    cloud: plain,
    rules: ["says failed, with the cloud's cause, when the cloud denies the act"],
    over: (inner, world) => ({
      terminate: async (targets, options) => {
        await send(world, "SetTags", { ids: targets.map(idOf), set: { state: "terminated" } });
        return await inner.terminate(targets, options);
      },
    }),
  },
  {
    what: "tries again whatever the cloud says",
    cloud: plain,
    rules: ["sends no act again that the cloud refused for a cause nobody knows"],
    over: (inner) => ({
      terminate: async (targets, options) => {
        await inner.terminate(targets, options);
        await inner.terminate(targets, options);
        return await inner.terminate(targets, options);
      },
    }),
  },
  {
    what: "ends what shows no disks",
    cloud: plain,
    rules: ['S02 ends nothing while the source of its disks answers with "deny"'],
    over: (inner, world) => ({
      terminate: async (targets, options) => {
        try {
          return await inner.terminate(targets, options);
        } catch (error) {
          await send(world, "TerminateInstances", { ids: targets.map(idOf) });
          throw error;
        }
      },
    }),
  },
  {
    what: "looks for leftovers on the first page only",
    cloud: plain,
    rules: ["names what each of 120 instances left, over all pages"],
    over: (inner) => ({
      verifyDeleted: async (targets, options) =>
        (await inner.verifyDeleted(targets, options)).map((verdict, index) =>
          index < 100 ? verdict : { ...verdict, leftovers: [] },
        ),
    }),
  },
  {
    what: "ends what a group owns",
    cloud: plain,
    rules: ["leaves an instance to the scaling group that would put another in its place"],
    over: (inner, world) => ({
      terminate: async (targets, options) => {
        const outcomes = await inner.terminate(targets, options);
        for (const outcome of outcomes) {
          const owned = outcome.status === "blocked" && outcome.problem.code === "owned";
          if (owned) await send(world, "TerminateInstances", { ids: [outcome.instanceId] });
        }
        return outcomes;
      },
    }),
  },
  {
    what: "believes a read that lags when it gives back",
    cloud: plain,
    rules: ["puts protection back though reads lag behind its being cleared"],
    over: (inner, world) => ({
      terminate: async (targets, options) => {
        const outcomes = await inner.terminate(targets, options);
        for (const outcome of outcomes) {
          if (outcome.status !== "failed" || typeof options.protection !== "object") continue;
          await send(world, "SetProtection", { id: outcome.instanceId, which: "termination", value: false });
        }
        return outcomes;
      },
    }),
  },
  // ------------------------------------------------------------------------------------------------ money
  {
    what: "returns subscriptions unasked",
    cloud: subscribed,
    rules: [
      "refuses a prepaid instance by default, where there are any",
      "S51 buys, renews, converts and refunds nothing that was not chosen",
    ],
    over: terminateWith((options) => ({ ...options, prepaid: options.prepaid ?? "unsubscribe" })),
  },
  {
    what: "repeats a return whose answer was lost",
    cloud: { ...binned, project: "" },
    rules: ["refunds once when the answer is lost"],
    over: (inner, world) => ({
      terminate: async (targets, options) => {
        const from = world.requests.length;
        const outcomes = await inner.terminate(targets, options);
        const lost = world.requests.slice(from).find((request) => request.mutating && request.status === 0);
        if (lost) await send(world, lost.action, lost.parameters);
        return outcomes;
      },
    }),
  },
  {
    what: "returns a subscription that is about to end",
    cloud: { ...binned, project: "" },
    rules: ["S05 looks again right before a return that must not be repeated, and not shortly before it expires"],
    over: (inner, world) => ({
      terminate: async (targets, options) => {
        if (options.prepaid === "unsubscribe") await send(world, "Unsubscribe", { id: targets.map(idOf)[0] });
        return await inner.terminate(targets, options);
      },
    }),
  },
  {
    what: "purges with a repeat",
    cloud: subscribed,
    rules: ["S05 sends no second termination to what is in a bin, unless a purge was asked for"],
    over: terminateWith((options) => ({ ...options, recycleBin: options.recycleBin ?? "purge" })),
  },
  {
    what: "pays for a recovery unasked",
    cloud: subscribed,
    rules: ["takes an instance out of the bin where the cloud can, and says unsupported where not"],
    over: (inner) => ({
      recover: (items, options) => inner.recover(items, { ...options, renew: { months: 1, reason: "needed" } }),
    }),
  },
  {
    what: "releases at once what was to be released later",
    cloud: subscribed,
    rules: ["releases later where the cloud can, calls that off, and refuses it where not"],
    over: terminateWith(({ releaseAt: _later, ...options }) => options),
  },
  // ------------------------------------------------------------------------------------------------ firewall and leftovers
  {
    what: "strips groups that others use",
    cloud: plain,
    rules: [
      "S22 never touches a group that an instance outside the targets uses",
      "S22 never touches a group that a foreign interface uses",
      "S22 never touches a default group",
    ],
    over: (inner, world) => ({
      releaseSecurityRules: async (targets, options) => {
        const outcomes = await inner.releaseSecurityRules(targets, options);
        const ids = targets.map(idOf);
        const own = world.view().instances.filter((instance) => ids.includes(instance.id));
        for (const groupId of new Set(own.flatMap((instance) => instance.securityGroupIds))) {
          const rules = world.view().rules.filter((rule) => rule.groupId === groupId);
          const ruleIds = rules.flatMap((rule) => rule.id ?? []);
          if (ruleIds.length > 0) await send(world, "RemoveRules", { groupId, ruleIds });
        }
        return outcomes;
      },
    }),
  },
  {
    what: "closes rules for whole networks",
    cloud: plain,
    rules: ["leaves every rule that also lets others in"],
    over: (inner, world) => ({
      releaseSecurityRules: async (targets, options) => {
        for (const rule of world.view().rules) {
          const wide = rule.peer.kind === "cidr" && !rule.peer.cidr.endsWith("/32");
          if (wide) await send(world, "RemoveRules", { groupId: rule.groupId, ruleIds: [rule.id] });
        }
        return await inner.releaseSecurityRules(targets, options);
      },
    }),
  },
  {
    what: "remembers no rule it closed",
    cloud: plain,
    rules: [
      "closes the rule whose only peer is an address that dies with the instance",
      "puts rules of an own address back as it was, from the record alone",
    ],
    over: (inner) => ({
      releaseSecurityRules: async (targets, options) =>
        (await inner.releaseSecurityRules(targets, options)).map((outcome) =>
          outcome.status === "released" ? { ...outcome, removed: [], effects: [] } : outcome,
        ),
    }),
  },
  {
    what: "gives up addresses of instances it never saw",
    cloud: plain,
    rules: ["S26 keeps an address where nothing shows that its instance ever lived here"],
    over: (inner) => {
      const seen: InstanceRecord[] = [];
      return {
        listDependencies: async (targets, options) => {
          const report = await inner.listDependencies(targets, options);
          for (const one of report.instances) if (one.status === "found") seen.push(one.record);
          return report;
        },
        releaseDependencies: (items, options) => inner.releaseDependencies(items, { ...options, sightings: seen }),
      };
    },
  },
  // ------------------------------------------------------------------------------------------------ giving back
  {
    what: "reverts over what somebody changed since",
    cloud: plain,
    rules: ["leaves a tag that somebody changed since", "goes on with the others when one cannot be taken back"],
    over: (inner, world) => ({
      revert: async (effects, options) => {
        for (const { undo } of effects) {
          if (!("action" in undo) || undo.action !== "set-tags") continue;
          await send(world, "SetTags", { ids: [undo.instanceId], set: undo.set });
        }
        return await inner.revert(effects, options);
      },
    }),
  },
  {
    what: "reverts the first effect first",
    cloud: plain,
    rules: ["answers one outcome per effect in the order given, and takes the last back first"],
    over: (inner) => ({
      revert: async (effects, options) => (await inner.revert(effects.toReversed(), options)).toReversed(),
    }),
  },
  {
    what: "restores rules for strangers",
    cloud: plain,
    rules: ["S21 restores no rule for an address that somebody else may have by now"],
    over: (inner, world) => ({
      revert: async (effects: readonly Effect[], options) => {
        for (const { undo } of effects) {
          if (!("action" in undo) || undo.action !== "restore-rule") continue;
          const { id: _id, ...rule } = undo.removed.rule.native;
          await send(world, "AddRule", { groupId: undo.removed.rule.groupId, rule });
        }
        return await inner.revert(effects, options);
      },
    }),
  },
  {
    what: "ends what it should stop",
    cloud: plain,
    rules: ['holds an instance back by mode "stop" where the cloud can, and says unsupported where not'],
    over: (inner, world) => ({
      quarantine: async (targets, options) => {
        const outcomes = await inner.quarantine(targets, options);
        await send(world, "TerminateInstances", { ids: targets.map(idOf) });
        return outcomes;
      },
    }),
  },
  // ------------------------------------------------------------------------------------------------ write-ahead
  {
    what: "sends before it announces",
    cloud: plain,
    rules: ["terminate sends no mutation before its intent has resolved, and settles each"],
    over: (inner, world) => ({
      terminate: async (targets, options) => {
        await send(world, "TerminateInstances", { ids: targets.map(idOf) });
        return await inner.terminate(targets, options);
      },
    }),
  },
  {
    what: "goes on when the intent cannot be noted",
    cloud: plain,
    rules: ["terminate sends nothing when the intent cannot be noted, and says so"],
    over: withRecorder((recorder) => ({
      ...recorder,
      intent: (intent) => recorder.intent(intent).catch(() => undefined),
    })),
  },
  {
    what: "does not wait for its intent",
    cloud: plain,
    rules: ["terminate sends no mutation before its intent has resolved, and settles each"],
    over: withRecorder((recorder) => ({
      ...recorder,
      intent: async (intent) => {
        recorder.intent(intent).catch(() => undefined);
      },
    })),
  },
  {
    what: "leaves its intents open",
    cloud: plain,
    rules: ["terminate sends no mutation before its intent has resolved, and settles each"],
    over: withRecorder((recorder) => ({ ...recorder, settled: () => Promise.resolve() })),
  },
  {
    what: "acts in a dry run",
    cloud: plain,
    rules: ["sends no mutation in a dry run and changes nothing"],
    over: terminateWith(({ dryRun: _dry, ...options }) => options),
  },
  // ------------------------------------------------------------------------------------------------ evidence
  {
    what: "hides what was denied",
    cloud: plain,
    rules: [
      'S01 shows every source that answers with "deny" as not checked',
      "S01 lets a required kind that was denied stand as a gap, with the reason",
    ],
    over: (inner) => ({
      listDependencies: async (targets, options) => {
        const report = await inner.listDependencies(targets, options);
        return {
          ...report,
          coverage: report.coverage.map(({ reason: _why, ...line }) => ({ ...line, status: "checked" })),
        };
      },
    }),
  },
  {
    what: "takes a broken listing for its end",
    cloud: plain,
    rules: ["finds nothing rather than half when a listing of instances breaks"],
    over: (inner) => ({ findInstances: (selector, options) => untilItBreaks(inner.findInstances(selector, options)) }),
  },
  {
    what: "reads the first page only",
    cloud: plain,
    rules: ["finds each of 250 instances once, over all pages"],
    over: (inner) => ({ findInstances: (selector, options) => first(100, inner.findInstances(selector, options)) }),
  },
  {
    what: "takes an empty selector for all",
    cloud: plain,
    rules: [
      "refuses a selector that names nothing, before it asks the cloud",
      "takes a wildcard in a tag for the character it is",
    ],
    over: (inner, world) => ({
      findInstances: (selector, options) => {
        const values = Object.values(selector.tags ?? {});
        const vague = values.length === 0 || values.some((value) => value === "" || /[*?]/.test(value));
        return selector.ids === undefined && vague ? everything(inner, world) : inner.findInstances(selector, options);
      },
    }),
  },
  {
    what: "takes records of other accounts for its own",
    cloud: plain,
    rules: ["S03 refuses a record seen in another account", "S03 refuses a record seen in another region"],
    over: (inner) => ({
      terminate: (targets, options) => inner.terminate(targets.map(idOf), options),
    }),
  },
  {
    what: "sees no owner",
    cloud: plain,
    rules: ["stops at a scaling group that replaces its members", "shows the load balancer that still sends traffic"],
    over: (inner) => ({
      listDependencies: async (targets, options) => {
        const report = await inner.listDependencies(targets, options);
        return { ...report, edges: report.edges.map((edge) => ({ ...edge, effect: "report" })) };
      },
    }),
  },
  // ------------------------------------------------------------------------------------------------ form
  {
    what: "answers in another order",
    cloud: plain,
    rules: ["terminate answers one outcome per target in the order asked"],
    over: (inner) => ({
      terminate: async (targets, options) => (await inner.terminate(targets, options)).toReversed(),
    }),
  },
  {
    what: "answers duplicates twice",
    cloud: plain,
    rules: ["terminate collapses duplicates into the first place asked"],
    over: (inner) => ({
      terminate: async (targets, options) => {
        const outcomes = await inner.terminate(targets, options);
        return targets.flatMap((target) => outcomes.filter((outcome) => outcome.instanceId === idOf(target)));
      },
    }),
  },
  {
    what: "asks for nothing",
    cloud: plain,
    rules: ["answers nothing to nothing and sends nothing"],
    over: (inner) => ({
      terminate: async (targets, options) => {
        await inner.whoAmI();
        return await inner.terminate(targets, options);
      },
    }),
  },
  {
    what: "names instances in two requests",
    cloud: plain,
    rules: ["names each of 250 instances in exactly one request to end it"],
    over: (inner, world) => ({
      terminate: async (targets, options) => {
        const outcomes = await inner.terminate(targets, options);
        await send(world, "TerminateInstances", { ids: targets.map(idOf).slice(0, 50) });
        return outcomes;
      },
    }),
  },
  {
    what: "answers what JSON does not keep",
    cloud: plain,
    rules: ["answers plain data in every operation, so that records, reports and outcomes survive JSON"],
    over: (inner) => ({
      listDependencies: async (targets, options) =>
        Object.assign(await inner.listDependencies(targets, options), { readAt: new Date(0) }),
    }),
  },
  {
    what: "throws what is no DecommissionError",
    cloud: plain,
    rules: ["listDependencies refuses what cannot be an id, before anything is changed"],
    over: (inner) => ({
      listDependencies: (targets, options) =>
        inner.listDependencies(targets, options).catch((error: Error) => Promise.reject(new Error(error.message))),
    }),
  },
  {
    what: "does not listen to its signal",
    cloud: plain,
    rules: ["listDependencies throws aborted and sends no mutation when it is stopped before it starts"],
    over: (inner) => ({
      listDependencies: (targets, { signal: _signal, ...options } = {}) => inner.listDependencies(targets, options),
    }),
  },
  {
    what: "does not keep to its budget",
    cloud: plain,
    rules: ["says alive of an instance that stands, once time is up"],
    over: (inner) => ({
      verifyDeleted: (targets, { deadlineMs = 0, ...options } = {}) =>
        inner.verifyDeleted(targets, { ...options, deadlineMs: deadlineMs * 10 }),
    }),
  },
  {
    what: "puts a secret into its errors",
    cloud: plain,
    rules: ['says no secret when the cloud answers with "deny"'],
    over: (inner, world) => ({
      whoAmI: async (options) => {
        try {
          return await inner.whoAmI(options);
        } catch (cause) {
          const message = `Request with ${world.secrets.join(":")} failed.`;
          throw new DecommissionError({ code: "access-denied", message, hint: "Ask for leave." }, { cause });
        }
      },
    }),
  },
  {
    what: "prints a secret",
    cloud: plain,
    rules: ["says no secret in a whole run, its journal and its console", "describes an instance as the world has it"],
    over: (inner, world) => ({
      findInstances: (selector, options) => {
        process.stderr.write(`authorization: Memory ${world.secrets.join(":")}\n`);
        return inner.findInstances(selector, options);
      },
    }),
  },
];
