import { describe, it } from "vitest";
import { describeAdapterContract } from "../../../src/testing/index.js";
import { openTencentWorld } from "./world.js";

describeAdapterContract({ describe, it }, "tencent", openTencentWorld);
