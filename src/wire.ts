import type { IsoDate, JsonObject, JsonValue } from "./common.js";
import { DecommissionError } from "./errors.js";

/**
 * A cloud's answer, or a part of it, read with suspicion: absent, `null` and the empty string are the same "not
 * there"; a value of the wrong kind throws `service`, since what cannot be read must not pass for "none".
 */
export class Wire {
  private readonly value: Readonly<Record<string, unknown>>;
  /** What this is part of, for messages. */
  private readonly what: string;

  constructor(value: unknown, what: string) {
    if (!isObject(value)) throw malformed(what, "an object", value);
    this.value = value;
    this.what = what;
  }

  /** A text; numbers are taken as well, for some APIs give ids as numbers. */
  text(name: string): string | undefined {
    const value = this.value[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    throw malformed(`${this.what}.${name}`, "a text", value);
  }

  /** A text that must be there. */
  need(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw malformed(`${this.what}.${name}`, "a text", undefined);
    return value;
  }

  /** A number, also when the cloud writes it as text. */
  number(name: string): number | undefined {
    const value = this.value[name];
    if (value === undefined || value === null || value === "") return undefined;
    const number = typeof value === "string" ? Number(value) : value;
    if (typeof number === "number" && !Number.isNaN(number)) return number;
    throw malformed(`${this.what}.${name}`, "a number", value);
  }

  /** A truth value, also when the cloud writes it as text in any case. */
  flag(name: string): boolean | undefined {
    const value = this.value[name];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "boolean") return value;
    const text = typeof value === "string" ? value.toLowerCase() : "";
    if (text === "true") return true;
    if (text === "false") return false;
    throw malformed(`${this.what}.${name}`, "true or false", value);
  }

  /** A moment, from a `Date` or an ISO 8601 text that names its zone. */
  date(name: string): IsoDate | undefined {
    const value = this.value[name];
    if (value === undefined || value === null || value === "") return undefined;
    const date = value instanceof Date ? value : new Date(typeof value === "string" ? value : Number.NaN);
    if (Number.isNaN(date.getTime())) throw malformed(`${this.what}.${name}`, "a time", value);
    return date.toISOString();
  }

  /** A part; `undefined` where it is not there. */
  object(name: string): Wire | undefined {
    const value = this.value[name];
    return value === undefined || value === null ? undefined : new Wire(value, `${this.what}.${name}`);
  }

  /** A list of parts; empty where it is not there. For lists that the cloud leaves out when they are empty. */
  list(name: string): readonly Wire[] {
    return this.array(name).map((item, index) => new Wire(item, `${this.what}.${name}[${index}]`));
  }

  /** A list that the cloud always sends: its absence is a broken answer, never "none". */
  needList(name: string): readonly Wire[] {
    if (!Array.isArray(this.value[name])) throw malformed(`${this.what}.${name}`, "a list", this.value[name]);
    return this.list(name);
  }

  /** A list of texts; empty where it is not there. */
  texts(name: string): readonly string[] {
    return this.array(name).map((item) => {
      if (typeof item === "string") return item;
      if (typeof item === "number") return String(item);
      throw malformed(`${this.what}.${name}`, "a list of texts", item);
    });
  }

  /** A list of texts that the cloud always sends: its absence is a broken answer, never "none". */
  needTexts(name: string): readonly string[] {
    if (!this.has(name)) throw malformed(`${this.what}.${name}`, "a list", undefined);
    return this.texts(name);
  }

  /** Whether anything is there under that name. */
  has(name: string): boolean {
    const value = this.value[name];
    return value !== undefined && value !== null && value !== "";
  }

  /** The part as plain JSON, for what has to be given back exactly as it was described. */
  toJson(): JsonObject {
    const json = jsonOf(this.value);
    return isObject(json) ? json : {};
  }

  private array(name: string): readonly unknown[] {
    const value = this.value[name];
    if (value === undefined || value === null || value === "") return [];
    if (Array.isArray(value)) return value;
    throw malformed(`${this.what}.${name}`, "a list", value);
  }
}

function isObject<T>(value: T): value is T & Readonly<Record<string, JsonValue>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function jsonOf(value: unknown): JsonValue {
  if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(jsonOf);
  if (!isObject(value)) return null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [name, jsonOf(field)]),
  );
}

/** Never quotes the value: it can be anything, also a secret. */
function malformed(where: string, expected: string, found: unknown): DecommissionError {
  const kind =
    found === null || found === undefined ? "nothing" : Array.isArray(found) ? "a list" : `a ${typeof found}`;
  return new DecommissionError({
    code: "service",
    message: `The cloud's answer is malformed: ${where} should be ${expected}, it is ${kind}.`,
    hint: "Check that `endpoint` and proxies lead to the cloud itself, then try again.",
  });
}
