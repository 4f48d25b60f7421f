import { describe, it } from "vitest";
import { describeAdapterContract, memoryWorld } from "../../src/testing/index.js";
import { binned, lagging, plain, subscribed } from "./memory-clouds.js";

// Four kinds of cloud, so that every branch of the suite is taken by one of them.
describeAdapterContract({ describe, it }, "a plain cloud in memory", () => memoryWorld(plain));
describeAdapterContract({ describe, it }, "a cloud with a bin in memory", () => memoryWorld(binned));
describeAdapterContract({ describe, it }, "a cloud of subscriptions in memory", () => memoryWorld(subscribed));
describeAdapterContract({ describe, it }, "a cloud that lags in memory", () => memoryWorld(lagging));
