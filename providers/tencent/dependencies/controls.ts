import { isoNow } from "../../../src/clock.js";
import type { DependencySource, Findings } from "../../../src/coverage.js";
import type { ControlRead } from "../../../src/dependencies.js";
import { lazy } from "../../../src/lazy.js";
import type { TencentCall } from "../call.js";

/** Nothing found. */
export const nothing: Findings = { nodes: [], edges: [] };

/**
 * Whether a service hides rows from a scoped principal instead of denying the request. A policy that grants by tag shows
 * its user a shorter list ("Authorization by Tag", CAM documentation, 598/47827), and no page says for which listings:
 * an empty answer needs a control everywhere but where instances that were just seen are asked about themselves.
 */
export const hidesRows = true;

/** A row of a service that these credentials see, or else of the account. */
export type Controls = (service: string) => Promise<ControlRead | undefined>;

interface ControlListing {
  readonly action: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly field: string;
  readonly id: string;
}

const one = { Offset: 0, Limit: 1 };

/** What shows that a service's lists are not empty for these credentials. */
const listings: Readonly<Record<string, ControlListing>> = {
  as: {
    action: "DescribeAutoScalingGroups",
    parameters: one,
    field: "AutoScalingGroupSet",
    id: "AutoScalingGroupId",
  },
  cbs: { action: "DescribeDisks", parameters: one, field: "DiskSet", id: "DiskId" },
  clb: { action: "DescribeLoadBalancers", parameters: one, field: "LoadBalancerSet", id: "LoadBalancerId" },
  cvm: { action: "DescribeInstances", parameters: one, field: "InstanceSet", id: "InstanceId" },
};

/**
 * Opens the controls of one survey; each is read once, when a first empty answer asks for it. Where a service has
 * nothing to show, the default network is what shows that these credentials are not held to tags: it has none.
 */
export function openControls(call: TencentCall): Controls {
  const account = lazy(() => defaultNetwork(call));
  const services = new Map(
    Object.entries(listings).map(([service, listing]) => [service, lazy(() => rowOf(call, service, listing))]),
  );
  return async (service) => (await services.get(service)?.()) ?? (await account());
}

async function rowOf(call: TencentCall, service: string, listing: ControlListing): Promise<ControlRead | undefined> {
  const at = isoNow(call.requests.clock);
  const { body } = await call.read(service, listing.action, listing.parameters);
  const id = body.needList(listing.field)[0]?.need(listing.id);
  return id === undefined ? undefined : { by: "row", row: "other", id, at };
}

/** The default network of the region or, where somebody deleted that, a default group. */
async function defaultNetwork(call: TencentCall): Promise<ControlRead | undefined> {
  const at = isoNow(call.requests.clock);
  const Filters = [{ Name: "is-default", Values: ["true"] }];
  const networks = await call.read("vpc", "DescribeVpcs", { Filters, Offset: "0", Limit: "1" });
  const network = networks.body.needList("VpcSet")[0]?.need("VpcId");
  if (network !== undefined) return { by: "row", row: "default-network", id: network, at };
  const groups = await call.read("vpc", "DescribeSecurityGroups", { Offset: "0", Limit: "1" });
  const group = groups.body.needList("SecurityGroupSet")[0]?.need("SecurityGroupId");
  return group === undefined ? undefined : { by: "row", row: "default-group", id: group, at };
}

/** Rows whose empty answers are checked against a control of their service. */
export function controlled<Context extends { readonly controls: Controls }>(
  rows: readonly DependencySource<Context>[],
): readonly DependencySource<Context>[] {
  return rows.map((row) => ({
    ...row,
    read: async (context) => {
      const findings = await row.read(context);
      const settled = findings.edges.length > 0 || findings.skipped !== undefined || findings.partial !== undefined;
      if (settled || findings.control || !row.hidesRows) return findings;
      const control = await context.controls(row.source.split(":")[0] ?? "");
      return control ? { ...findings, control } : findings;
    },
  }));
}
