import { describe, it } from "vitest";
import { describeAdapterContract, memoryWorld } from "../../src/testing/index.js";
import { binned } from "./memory-clouds.js";

describeAdapterContract({ describe, it }, "a cloud with a bin in memory", () => memoryWorld(binned));
