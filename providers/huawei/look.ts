import { type FirstLook as AnyFirstLook, type Sight as AnySight, lookAtTargets } from "../../src/look.js";
import type { Targets } from "../../src/targets.js";
import type { HuaweiCall } from "./call.js";
import { readInstances } from "./instances.js";
import type { SeenInstance } from "./record.js";

export { seenIn } from "../../src/look.js";

/** How a target stands before anything is done about it. */
export type Sight = AnySight<SeenInstance>;

/** What a first look at all targets showed. */
export type FirstLook = AnyFirstLook<SeenInstance>;

/** Looks at all targets in bulk. */
export async function lookAt(call: HuaweiCall, targets: Targets): Promise<FirstLook> {
  return await lookAtTargets(call.scope, targets, (ids) => readInstances(call, ids));
}
