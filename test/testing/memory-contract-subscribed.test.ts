import { describe, it } from "vitest";
import { describeAdapterContract, memoryWorld } from "../../src/testing/index.js";
import { subscribed } from "./memory-clouds.js";

describeAdapterContract({ describe, it }, "a cloud of subscriptions in memory", () => memoryWorld(subscribed));
