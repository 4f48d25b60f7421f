import { describe, it } from "vitest";
import { describeAdapterContract } from "../../../src/testing/index.js";
import { openAwsWorld } from "./world.js";

describeAdapterContract({ describe, it }, "aws", openAwsWorld);
