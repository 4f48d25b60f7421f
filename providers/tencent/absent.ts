import { isoNow } from "../../src/clock.js";
import type { AbsenceReads } from "../../src/departed.js";
import type { ControlRead } from "../../src/dependencies.js";
import type { TencentCall } from "./call.js";
import { readStates } from "./instances.js";

/** How absence is looked into on CVM: there is no tombstone, and an unknown id is an empty answer. */
export function absenceReads(call: TencentCall): AbsenceReads {
  return {
    requests: call.requests,
    lookAgain: async (ids) => {
      const { byId, evidence } = await readStates(call, ids);
      return { presentIds: new Set(byId.keys()), evidence };
    },
    control: () => controlRead(call),
  };
}

/**
 * A row that these credentials see, so that an empty answer is known to mean "none": another instance of the region, or
 * a security group, which a region with servers always has.
 */
export async function controlRead(call: TencentCall): Promise<ControlRead | undefined> {
  const at = isoNow(call.requests.clock);
  const { body } = await call.read("cvm", "DescribeInstances", { Offset: 0, Limit: 1 });
  const instance = body.needList("InstanceSet")[0]?.text("InstanceId");
  if (instance !== undefined) return { by: "row", row: "other", id: instance, at };
  const groups = await call.read("vpc", "DescribeSecurityGroups", { Offset: "0", Limit: "1" });
  const group = groups.body.needList("SecurityGroupSet")[0]?.text("SecurityGroupId");
  return group === undefined ? undefined : { by: "row", row: "default-group", id: group, at };
}
