import * as autoScaling from "@aws-sdk/client-auto-scaling";
import * as ec2 from "@aws-sdk/client-ec2";
import * as balancing from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, it } from "vitest";
import { autoScalingParameters } from "../../../../providers/aws/fake/autoscaling/index.js";
import { ec2Actions } from "../../../../providers/aws/fake/ec2/index.js";
import { ec2Parameters } from "../../../../providers/aws/fake/ec2/parameters.js";
import { balancerParameters } from "../../../../providers/aws/fake/elasticloadbalancing/index.js";
import { parseShape } from "../../../../providers/aws/fake/wire/shape.js";
import { sdkShape, type Wire } from "./sdk-shape.js";

const tables: readonly [name: string, client: object, wire: Wire, table: Readonly<Record<string, string>>][] = [
  ["ec2", ec2, "ec2", ec2Parameters],
  ["autoscaling", autoScaling, "plain", autoScalingParameters],
  ["elasticloadbalancing", balancing, "plain", balancerParameters],
];

for (const [name, client, wire, table] of tables) {
  it(`knows the parameters of every ${name} action as the SDK does`, () => {
    for (const [action, line] of Object.entries(table)) {
      expect({ action, shape: parseShape(line) }).toEqual({ action, shape: sdkShape(client, action, wire) });
    }
  });
}

it("answers every EC2 action that it has parameters for", () => {
  expect(Object.keys(ec2Actions).sort()).toEqual(Object.keys(ec2Parameters).sort());
});
