import { describe, expect, it } from "vitest";
import { Wire } from "../../src/wire.js";

describe("reading a cloud's answer", () => {
  const wire = new Wire(
    {
      empty: "",
      none: null,
      text: "a",
      number: 7,
      digits: "42",
      yes: "True",
      no: false,
      list: [{ id: "x" }],
      odd: { a: 1 },
      at: new Date(0),
    },
    "Answer",
  );

  it.each(["empty", "none", "missing"])("takes %s for not there", (name) => {
    expect(wire.text(name)).toBeUndefined();
    expect(wire.number(name)).toBeUndefined();
    expect(wire.flag(name)).toBeUndefined();
    expect(wire.date(name)).toBeUndefined();
    expect(wire.has(name)).toBe(false);
    expect(wire.list(name)).toEqual([]);
  });

  it("reads texts, numbers, flags and times in the forms clouds use", () => {
    expect(wire.text("number")).toBe("7");
    expect(wire.number("digits")).toBe(42);
    expect(wire.flag("yes")).toBe(true);
    expect(wire.flag("no")).toBe(false);
    expect(wire.date("at")).toBe("1970-01-01T00:00:00.000Z");
    expect(wire.list("list")[0]?.need("id")).toBe("x");
  });

  it("throws for a value of the wrong kind instead of taking it for none", () => {
    for (const read of [
      () => wire.text("odd"),
      () => wire.number("text"),
      () => wire.flag("text"),
      () => wire.date("text"),
      () => wire.list("text"),
      () => wire.object("text"),
      () => wire.texts("list"),
      () => wire.need("missing"),
      () => new Wire("<html>", "Answer"),
    ]) {
      expect(read).toThrow(expect.objectContaining({ code: "service" }));
    }
  });

  it("throws when a list that is always sent is missing", () => {
    expect(() => wire.needList("missing")).toThrow(expect.objectContaining({ code: "service" }));
    expect(() => wire.needList("none")).toThrow(expect.objectContaining({ code: "service" }));
  });

  it("never quotes what it could not read", () => {
    expect(() => new Wire({ key: { secret: "hunter2" } }, "Answer").text("key")).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("hunter2") }),
    );
  });

  it("gives plain JSON back as it was described, empty texts included", () => {
    expect(new Wire({ a: "", b: undefined, c: [new Date(0)], d: { e: null } }, "Rule").toJson()).toEqual({
      a: "",
      c: ["1970-01-01T00:00:00.000Z"],
      d: { e: null },
    });
  });
});
