import { DecommissionError, type Problem } from "../../../src/errors.js";
import type { SecurityRule } from "../../../src/security-rules.js";
import type { AwsCall } from "../call.js";
import { permissionOf } from "./restore.js";

/**
 * Asks EC2 whether a rule may be taken away and put back, by its dry runs. Only a denial counts: permission is checked
 * first (EC2 API reference, DryRun), so any other refusal, such as that the rule is there already, shows that we may.
 */
export async function ruleRefusal(call: AwsCall, rule: SecurityRule): Promise<Problem | undefined> {
  const direction = rule.direction === "egress" ? "Egress" : "Ingress";
  const group = { GroupId: rule.groupId, DryRun: true };
  try {
    await passing(call, `RevokeSecurityGroup${direction}`, { ...group, SecurityGroupRuleIds: [rule.id] });
    await passing(call, `AuthorizeSecurityGroup${direction}`, { ...group, IpPermissions: [permissionOf(rule.native)] });
    return undefined;
  } catch (error) {
    if (DecommissionError.isInstance(error) && error.code === "access-denied") return error.problem;
    throw error;
  }
}

/** Sends a dry run. Throws for a denial and for whatever ends the call; other refusals come after the permission. */
async function passing(call: AwsCall, action: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
  try {
    await call.requests.tryOut("ec2", action, parameters);
  } catch (error) {
    const passed = DecommissionError.isInstance(error) && (error.code === "conflict" || error.code === "not-found");
    if (!passed) throw error;
  }
}
