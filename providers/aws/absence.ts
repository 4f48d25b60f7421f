import { type AbsenceVerdict, judgeAbsence, type Look } from "../../src/absence.js";
import type { ControlRead } from "../../src/dependencies.js";
import { DecommissionError } from "../../src/errors.js";
import type { InstanceRecord } from "../../src/instances.js";
import type { Evidence } from "../../src/verification.js";
import type { AwsCall } from "./call.js";
import { readStates } from "./instances.js";

/** Judges instances that a first look missed: absent for good, there after all, never seen, or not provable. */
export async function judgeMissing(
  call: AwsCall,
  ids: readonly string[],
  sightings: ReadonlyMap<string, InstanceRecord>,
  firstLook: Evidence,
): Promise<ReadonlyMap<string, AbsenceVerdict>> {
  return await judgeAbsence(call.requests, {
    ids,
    sightings,
    firstLook,
    lookAgain: async (missing): Promise<Look> => {
      const { byId, evidence } = await readStates(call, missing);
      return { presentIds: new Set(byId.keys()), evidence };
    },
    control: () => controlRead(call),
  });
}

/**
 * What shows that these credentials see EC2's rows: a network of the account, or that EC2 has no rights on single
 * instances for DescribeInstances, so that it denies the whole request rather than hide rows.
 */
export async function controlRead(call: AwsCall): Promise<ControlRead> {
  try {
    const { body, at } = await call.read("ec2", "DescribeVpcs", { MaxResults: 5 });
    const networks = body.needList("Vpcs").filter((network) => network.text("OwnerId") === call.scope.accountId);
    const network = networks.find((candidate) => candidate.flag("IsDefault") === true) ?? networks[0];
    if (network) {
      const row = network.flag("IsDefault") === true ? "default-network" : "other";
      return { by: "row", row, id: network.need("VpcId"), at };
    }
    return accountWide(at);
  } catch (error) {
    if (!DecommissionError.isInstance(error) || error.code !== "access-denied") throw error;
    return accountWide(new Date(call.requests.clock.now()).toISOString());
  }
}

function accountWide(at: string): ControlRead {
  return {
    by: "account-wide",
    proof:
      "ec2:DescribeInstances knows no resource-level permissions (Service Authorization Reference, Amazon EC2): what is answered covers the account and region.",
    at,
  };
}
