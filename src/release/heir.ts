import type { DependencyRef } from "../dependencies.js";
import type { Problem } from "../errors.js";
import type { InstanceRecord } from "../instances.js";
import type { Holder } from "../rules/own-address.js";
import { itemProblem } from "./item.js";

/** S25: once an instance is gone its address may be somebody else's, who is registered on purpose. */
export function heirProblem(
  item: DependencyRef,
  holders: readonly Holder[],
  { vpcId }: InstanceRecord,
): Problem | undefined {
  const heir = holders.find((one) => (one.vpcId ?? vpcId) === vpcId && one.instanceId !== item.instanceId);
  if (!heir) return undefined;
  const message = `${heir.ip} is held by ${heir.instanceId ?? heir.id ?? "somebody"} now.`;
  return itemProblem(item, "conflict", message, "Whoever has the address now may be registered on purpose.");
}

/** What is registered by address cannot be told to be a gone instance's without a sighting of it. */
export function unknownAddresses(item: DependencyRef): Problem {
  const message = `${item.instanceId} is gone, and nothing shows which addresses it had.`;
  return itemProblem(item, "not-found", message, "Pass what was seen of it in `sightings`.");
}
