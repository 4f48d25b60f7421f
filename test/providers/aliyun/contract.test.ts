import { describe, it } from "vitest";
import { describeAdapterContract } from "../../../src/testing/index.js";
import { openAliyunWorld } from "./world.js";

describeAdapterContract({ describe, it }, "aliyun", openAliyunWorld);
