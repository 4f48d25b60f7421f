import type { CloudAdapter } from "../adapter.js";
import type { DependencyReport } from "../dependencies.js";
import { type Problem, problemOf } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import type { CallOptions } from "../options.js";
import type { SecurityRule } from "../security-rules.js";
import type { RefundQuote, TerminationPath } from "../termination.js";
import { obviousPath } from "./fate.js";
import type { CompletePolicy } from "./policy.js";
import { settingsFor } from "./steps.js";

/** What a dry run told about one instance. */
export interface Rehearsal {
  readonly how: TerminationPath;
  readonly refund?: RefundQuote;
  readonly permissionChecked: boolean;
  /** Why the cloud, or the adapter, would refuse. */
  readonly problem?: Problem;
}

/** Asks what a termination would do, one call for all. Instances whose end is plain are not asked about. */
export async function rehearseTermination(
  adapter: CloudAdapter,
  records: readonly InstanceRecord[],
  policy: CompletePolicy,
  options: CallOptions,
): Promise<ReadonlyMap<string, Rehearsal>> {
  const rehearsals = new Map<string, Rehearsal>();
  const asked: InstanceRecord[] = [];
  for (const record of records) {
    const path = obviousPath(record, settingsFor(record, policy), adapter.capabilities);
    if (path && adapter.capabilities.dryRun.checks === "none")
      rehearsals.set(record.id, { how: path, permissionChecked: false });
    else asked.push(record);
  }
  if (asked.length === 0) return rehearsals;
  const fallback = (record: InstanceRecord) =>
    obviousPath(record, settingsFor(record, policy), adapter.capabilities) ?? "release";
  for (const [index, outcome] of (await dryRun(adapter, asked, policy, options)).entries()) {
    const record = asked[index];
    if (!record) continue;
    if ("status" in outcome && outcome.status === "would-terminate") {
      const { how, refund, permissionChecked } = outcome;
      rehearsals.set(record.id, { how, permissionChecked, ...(refund === undefined ? {} : { refund }) });
    } else {
      const problem = "problem" in outcome ? outcome.problem : undefined;
      rehearsals.set(record.id, { how: fallback(record), permissionChecked: false, ...(problem ? { problem } : {}) });
    }
  }
  return rehearsals;
}

async function dryRun(
  adapter: CloudAdapter,
  records: readonly InstanceRecord[],
  policy: CompletePolicy,
  options: CallOptions,
) {
  const settings = records.map((record) => settingsFor(record, policy));
  const cloudOptions = policy.cloudOptions?.[adapter.cloud];
  const deletes = settings.flatMap(({ dataDisks }) => (typeof dataDisks === "object" ? dataDisks.delete : []));
  const { protection, dataDisks, acceptDataLoss: _consents, ...others } = policy.terminate;
  const clears = new Set(records.map((record) => record.id));
  try {
    return await adapter.terminate(records, {
      ...options,
      ...others,
      ...(cloudOptions === undefined ? {} : { cloudOptions }),
      protection:
        typeof protection === "object"
          ? { ...protection, clear: protection.clear.filter((id) => clears.has(id)) }
          : protection,
      dataDisks: typeof dataDisks !== "object" ? dataDisks : deletes.length > 0 ? { delete: deletes } : "as-flagged",
      // Protection was read with the dependencies, so it is not asked for a second time.
      protectionCheck: "by-cloud",
      // The proofs do not exist yet. A dry run destroys nothing, and the real call is never given this.
      data: { discard: "Dry run while planning; the run takes and proves its snapshots first." },
      dryRun: true,
    });
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code === "aborted") throw error;
    return records.map(() => ({ problem }));
  }
}

/** The rules a run would take away, by instance. */
export interface RuleForecast {
  readonly ownAddress: readonly SecurityRule[];
  readonly exclusiveGroup: readonly SecurityRule[];
}

const noRules: RuleForecast = { ownAddress: [], exclusiveGroup: [] };

/** Asks which rules exist for these instances alone, in one call; in none where the report shows neither rules nor groups. */
export async function forecastRules(
  adapter: CloudAdapter,
  records: readonly InstanceRecord[],
  report: DependencyReport,
  skip: readonly string[],
  options: CallOptions,
): Promise<{
  readonly byId: ReadonlyMap<string, RuleForecast>;
  /** Instances for whose rules the cloud confirmed that they may be taken away and put back. */
  readonly checked: ReadonlySet<string>;
  readonly problem?: Problem;
}> {
  const wantsRules = !skip.includes("security-rule");
  const wantsGroups = !skip.includes("security-group");
  const concerned = records.filter((record) => hasRules(record, report));
  if (concerned.length === 0 || (!wantsRules && !wantsGroups)) return { byId: new Map(), checked: new Set() };
  const scope = wantsRules && wantsGroups ? "both" : wantsRules ? "own-address" : "exclusive-group";
  try {
    const outcomes = await adapter.releaseSecurityRules(concerned, { ...options, scope, dryRun: true });
    const byId = new Map(
      outcomes.map((outcome, index) => {
        const rules = outcome.status === "would-release" ? outcome.rules : [];
        const record = concerned[index];
        return [outcome.instanceId, record ? sortRules(rules, record) : noRules] as const;
      }),
    );
    const confirmed = outcomes.filter((outcome) => outcome.status === "would-release" && outcome.permissionChecked);
    return { byId, checked: new Set(confirmed.map(({ instanceId }) => instanceId)) };
  } catch (error) {
    const problem = problemOf(error);
    if (problem.code === "aborted") throw error;
    return { byId: new Map(), checked: new Set(), problem };
  }
}

/** Whether rules or groups may concern an instance: so the report says, or it could not look. */
function hasRules(record: InstanceRecord, report: DependencyReport): boolean {
  const kinds = new Set(["security-rule", "security-group"]);
  return (
    report.edges.some((edge) => edge.instanceId === record.id && kinds.has(edge.node.kind)) ||
    report.coverage.some((line) => kinds.has(line.kind) && line.status !== "checked")
  );
}

function sortRules(rules: readonly SecurityRule[], record: InstanceRecord): RuleForecast {
  const own = addressesOf(record);
  const ownAddress = rules.filter(({ peer }) => peer.kind === "cidr" && own.has(peer.cidr.replace(/\/(32|128)$/, "")));
  const known = new Set(ownAddress);
  return { ownAddress, exclusiveGroup: rules.filter((rule) => !known.has(rule)) };
}

/** Every address an instance was seen to hold. */
export function addressesOf(record: InstanceRecord): ReadonlySet<string> {
  const inner = record.networkInterfaces.flatMap((networkInterface) => networkInterface.privateIps);
  return new Set([...record.privateIps, ...inner, ...record.publicAddresses.map((address) => address.ip)]);
}
