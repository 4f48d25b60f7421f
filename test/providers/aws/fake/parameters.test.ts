import { expect, it } from "vitest";
import { ec2Actions } from "../../../../providers/aws/fake/ec2/index.js";
import { ec2Parameters } from "../../../../providers/aws/fake/ec2/parameters.js";
import { services } from "../../../../providers/aws/fake/services.js";
import { clients } from "./clients.js";
import { sdkShape } from "./sdk-shape.js";

const wires = { ec2: "ec2", query: "query", json: "json", "rest-json": "json", "rest-xml": "json" } as const;

for (const { name, operations, protocol } of services.filter((service) => service.name !== "rbin")) {
  it(`knows the parameters of every ${name} action as the SDK does`, () => {
    const client = clients[name] ?? {};
    for (const [action, { shape }] of operations) {
      expect({ action, shape }).toEqual({ action, shape: sdkShape(client, action, wires[protocol]) });
    }
  });
}

it("answers every EC2 action that it has parameters for", () => {
  expect(Object.keys(ec2Actions).sort()).toEqual(Object.keys(ec2Parameters).sort());
});
