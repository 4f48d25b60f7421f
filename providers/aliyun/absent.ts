import { isoNow } from "../../src/clock.js";
import type { AbsenceReads } from "../../src/departed.js";
import type { ControlRead } from "../../src/dependencies.js";
import type { AliyunCall } from "./call.js";
import { readStates } from "./instances.js";
import { rowsOf } from "./listings.js";

/**
 * How absence is looked into on ECS. A released instance leaves no trace: DescribeInstances answers 200 without it,
 * and says the same of a typo, a wrong region and a policy that shows some resource groups only.
 */
export function absenceReads(call: AliyunCall): AbsenceReads {
  return {
    requests: call.requests,
    lookAgain: async (ids) => {
      const { byId, evidence } = await readStates(call, ids);
      return { presentIds: new Set(byId.keys()), evidence };
    },
    control: () => controlRead(call),
  };
}

/** Fewer rows than this count as this many (DescribeInstancesRequest, MaxResults). */
const smallestPage = 10;

/**
 * A row that these credentials see, so that an empty answer is known to mean "none": another instance of the region, a
 * security group of it, or its default network.
 */
export async function controlRead(call: AliyunCall): Promise<ControlRead | undefined> {
  const at = isoNow(call.requests.clock);
  const instances = await call.read("ecs", "DescribeInstances", { MaxResults: smallestPage });
  const instance = rowsOf(instances.body, "Instances.Instance")[0]?.need("InstanceId");
  if (instance !== undefined) return { by: "row", row: "other", id: instance, at };
  const groups = await call.read("ecs", "DescribeSecurityGroups", { MaxResults: smallestPage });
  const group = rowsOf(groups.body, "SecurityGroups.SecurityGroup")[0]?.need("SecurityGroupId");
  return group === undefined ? undefined : { by: "row", row: "other", id: group, at };
}
