import { DecommissionError } from "../../../src/errors.js";
import type { TargetAddress } from "../../../src/rules/addresses.js";
import type { HuaweiCall } from "../call.js";
import { networkPageLimit, readPorts } from "../listings.js";

/** The networks (VPCs) in which groups are used, by group; a problem where that could not be read. */
export interface UserNetworks {
  readonly vpcsOf: ReadonlyMap<string, ReadonlySet<string>>;
  readonly problem?: string;
}

/** What a network is called that no subnet tells. */
const unknownNetwork = "a network that is not told";

/**
 * Reads where groups are used. A group belongs to no network, so the same private address in one of its rules can be
 * two servers'; only where all its users are in one network is it known whose it is.
 */
export async function readUserNetworks(call: HuaweiCall, groupIds: readonly string[]): Promise<UserNetworks> {
  try {
    const [ports, vpcOf] = await Promise.all([readPorts(call, { security_groups: [...groupIds] }), readSubnets(call)]);
    const vpcsOf = new Map<string, Set<string>>();
    for (const { networkId = "", securityGroupIds } of ports) {
      for (const groupId of securityGroupIds) {
        vpcsOf.set(groupId, (vpcsOf.get(groupId) ?? new Set()).add(vpcOf.get(networkId) ?? unknownNetwork));
      }
    }
    return { vpcsOf };
  } catch (error) {
    if (!DecommissionError.isInstance(error) || call.requests.stopped()) throw error;
    return { vpcsOf: new Map(), problem: error.problem.cloudCode ?? error.code };
  }
}

/** S23: whose a private address is, only the networks tell in which the group is used. */
export function strangeNetwork(
  groupId: string,
  { vpcId }: TargetAddress,
  { vpcsOf, problem }: UserNetworks,
): string | undefined {
  if (problem !== undefined) return `where its group is used could not be read (${problem})`;
  const vpcs = [...(vpcsOf.get(groupId) ?? [])];
  if (vpcs.length === 0) return "its group is used nowhere, so nothing tells whose address it names";
  const other = vpcs.find((id) => id !== vpcId);
  return other === undefined ? undefined : `the group is also used elsewhere: ${other}`;
}

/** The VPC of each subnet, whose id is what ports call their network ("Querying Subnets"). */
export async function readSubnets(call: HuaweiCall): Promise<ReadonlyMap<string, string>> {
  const list = { field: "subnets", limit: networkPageLimit };
  const rows = await call.pages("vpc", "GET /v1/{project_id}/subnets", {}, list);
  return new Map(rows.map((row) => [row.text("neutron_network_id") ?? row.need("id"), row.text("vpc_id") ?? ""]));
}
