import { describe, it } from "vitest";
import { describeAdapterContract } from "../../../src/testing/index.js";
import { openHuaweiWorld } from "./world.js";

describeAdapterContract({ describe, it }, "huawei", openHuaweiWorld);
