import type { JsonObject, JsonValue } from "../../common.js";
import { refusal } from "../fake-refusal.js";

/** The parameters of one request, checked as strictly as a cloud does: what is not asked for is refused. */
export class Parameters {
  private readonly values: JsonObject;
  private readonly asked = new Set<string>();

  constructor(values: JsonObject) {
    this.values = values;
  }

  /** A text that must be there. */
  text(name: string): string {
    const value = this.take(name);
    if (typeof value === "string" && value !== "") return value;
    throw refusal("InvalidParameter", `${name} must be a text.`);
  }

  /** A text, if it is there. */
  optionalText(name: string): string | undefined {
    return this.has(name) ? this.text(name) : undefined;
  }

  /** A list of texts, of at most so many. */
  texts(name: string, most = Number.POSITIVE_INFINITY): readonly string[] {
    const value = this.take(name);
    if (!Array.isArray(value) || value.length === 0) throw refusal("InvalidParameter", `${name} must be a list.`);
    if (value.length > most) throw refusal("LimitExceeded", `${name} holds more than ${most}.`);
    return value.map((item) => {
      if (typeof item !== "string" || item === "") throw refusal("InvalidParameter", `${name} must hold texts.`);
      return item;
    });
  }

  /** A list of texts, if it is there. */
  optionalTexts(name: string, most?: number): readonly string[] | undefined {
    return this.has(name) ? this.texts(name, most) : undefined;
  }

  /** A number that must be there. */
  number(name: string): number {
    const value = this.take(name);
    if (typeof value === "number") return value;
    throw refusal("InvalidParameter", `${name} must be a number.`);
  }

  /** True or false; false where it is not there. */
  flag(name: string): boolean {
    const value = this.take(name) ?? false;
    if (typeof value === "boolean") return value;
    throw refusal("InvalidParameter", `${name} must be true or false.`);
  }

  /** Names to texts; empty where it is not there. */
  map(name: string): Readonly<Record<string, string>> {
    const entries = Object.entries(this.object(name) ?? {});
    return Object.fromEntries(
      entries.map(([key, value]) => {
        if (typeof value !== "string" || key === "") throw refusal("InvalidParameter", `${name} must hold texts.`);
        return [key, value];
      }),
    );
  }

  /** An object, if it is there. */
  object(name: string): JsonObject | undefined {
    const value = this.take(name);
    if (value === undefined || value === null) return undefined;
    if (isObject(value)) return value;
    throw refusal("InvalidParameter", `${name} must be an object.`);
  }

  has(name: string): boolean {
    this.asked.add(name);
    return this.values[name] !== undefined && this.values[name] !== null;
  }

  /** Refuses parameters that nobody asked for. Call it last. */
  done(): void {
    const unknown = Object.keys(this.values).find((name) => !this.asked.has(name));
    if (unknown !== undefined) throw refusal("UnknownParameter", `${unknown} is no parameter of this action.`);
  }

  private take(name: string): JsonValue | undefined {
    this.asked.add(name);
    return this.values[name];
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
