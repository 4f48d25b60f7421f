import type { Look } from "../../src/absence.js";
import { isoNow } from "../../src/clock.js";
import type { AbsenceReads } from "../../src/departed.js";
import type { ControlRead } from "../../src/dependencies.js";
import type { AwsCall } from "./call.js";
import { readStates } from "./instances.js";

/**
 * How absence is looked into on EC2. A `terminated` instance stays listed for about an hour ("Terminated instances remain
 * visible", EC2 User Guide), so it counts as not there.
 */
export function absenceReads(call: AwsCall): AbsenceReads {
  return {
    requests: call.requests,
    lookAgain: (ids) => lookAgain(call, ids),
    control: () => controlRead(call),
  };
}

async function lookAgain(call: AwsCall, ids: readonly string[]): Promise<Look> {
  const { byId, evidence } = await readStates(call, ids);
  const present = [...byId.values()].filter(({ record }) => record.state.unified !== "gone");
  return { presentIds: new Set(present.map(({ record }) => record.id)), evidence };
}

/**
 * A row that these credentials see in EC2, so that an empty answer is known to mean "none". Every network has a default
 * group that cannot be deleted ("Default security groups", VPC User Guide); a region without any network has no
 * instances either, and nothing to show for it but another instance's row.
 */
export async function controlRead(call: AwsCall): Promise<ControlRead | undefined> {
  const at = isoNow(call.requests.clock);
  const filters = [{ Name: "group-name", Values: ["default"] }];
  const groups = await call.read("ec2", "DescribeSecurityGroups", { Filters: filters, MaxResults: 5 });
  const group = groups.body.needList("SecurityGroups")[0]?.text("GroupId");
  if (group !== undefined) return { by: "row", row: "default-group", id: group, at };
  const instances = await call.read("ec2", "DescribeInstances", { MaxResults: 5, IncludeManagedResources: true });
  const [instance] = instances.body.needList("Reservations").flatMap((reservation) => reservation.list("Instances"));
  const id = instance?.text("InstanceId");
  return id === undefined ? undefined : { by: "row", row: "other", id, at };
}
