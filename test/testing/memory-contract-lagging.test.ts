import { describe, it } from "vitest";
import { describeAdapterContract, memoryWorld } from "../../src/testing/index.js";
import { lagging } from "./memory-clouds.js";

describeAdapterContract({ describe, it }, "a cloud that lags in memory", () => memoryWorld(lagging));
