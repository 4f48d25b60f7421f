import { describe, expect, it } from "vitest";
import { singleAddress } from "../../src/rules/addresses.js";

describe("the one address of a range", () => {
  it.each([
    ["10.0.0.5/32", "10.0.0.5"],
    ["10.0.0.5", "10.0.0.5"],
    ["2001:db8::1/128", "2001:db8::1"],
    ["10.0.0.0/24", undefined],
    ["2001:db8::/32", undefined],
    ["0.0.0.0/0", undefined],
    ["", undefined],
  ])("of %j is %s", (cidr, address) => {
    expect(singleAddress(cidr)).toBe(address);
  });
});
