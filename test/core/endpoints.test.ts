import { describe, expect, it } from "vitest";
import { checkEndpoints, endpointFor } from "../../src/endpoints.js";

const refused = expect.objectContaining({ code: "invalid-request" });

describe("endpoints", () => {
  it.each(["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]:5000", "https://ec2.example.com"])(
    "may be %s",
    (url) => {
      expect(() => checkEndpoints(url)).not.toThrow();
      expect(() => checkEndpoints({ ec2: url })).not.toThrow();
    },
  );

  it.each([
    "http://ec2.example.com",
    "http://127.0.0.1.example.com",
    "http://10.0.0.1",
    "ec2.example.com",
    "ftp://example.com",
  ])("may not be %s", (url) => {
    expect(() => checkEndpoints(url)).toThrow(refused);
    expect(() => checkEndpoints({ ec2: url })).toThrow(refused);
  });

  it("never send a service that a map to a fake forgets to the real cloud", () => {
    const fake = { ec2: "http://127.0.0.1:5000" };
    expect(endpointFor(fake, "ec2")).toBe("http://127.0.0.1:5000");
    expect(() => endpointFor(fake, "sts")).toThrow(refused);
    expect(endpointFor({ ec2: "https://ec2.example.com" }, "sts")).toBeUndefined();
  });
});
