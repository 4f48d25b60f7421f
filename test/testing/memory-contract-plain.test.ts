import { describe, it } from "vitest";
import { describeAdapterContract, memoryWorld } from "../../src/testing/index.js";
import { plain } from "./memory-clouds.js";

describeAdapterContract({ describe, it }, "a plain cloud in memory", () => memoryWorld(plain));
