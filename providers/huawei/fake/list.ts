import type { JsonObject } from "../../../src/common.js";
import { isList, number, text } from "../../../src/testing/fake-json.js";
import { refusal } from "../../../src/testing/fake-refusal.js";

/** Anything a list can hold. */
interface Listed {
  readonly id: string;
}

/** One page behind a marker: the id of the last row before it. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Whether there are more behind it. */
  readonly more: boolean;
  /** `page_info` of the v3 APIs: no `next_marker` on the last page. */
  readonly info: JsonObject;
}

/** Cuts a page by `marker` and `limit`. A marker nobody knows is refused. */
export function markerPage<Row extends Listed>(rows: readonly Row[], query: JsonObject, usual: number): Page<Row> {
  const marker = text(query, "marker");
  const at = marker === undefined ? -1 : rows.findIndex(({ id }) => id === marker);
  if (marker !== undefined && at < 0) throw refusal("APIGW.0106", `The marker ${marker} could not be found.`, 400);
  const limit = number(query, "limit") ?? usual;
  const page = rows.slice(at + 1, at + 1 + limit);
  const more = at + 1 + limit < rows.length;
  const [first] = page;
  const last = page.at(-1);
  return {
    rows: page,
    more,
    info: {
      ...(first === undefined ? {} : { previous_marker: first.id }),
      ...(more && last !== undefined ? { next_marker: last.id } : {}),
      current_count: page.length,
    },
  };
}

/** Cuts a page by `offset`, which counts rows, and `limit`. */
export function offsetPage<Row>(rows: readonly Row[], query: JsonObject, usual: number): readonly Row[] {
  const offset = number(query, "offset") ?? 0;
  return rows.slice(offset, offset + (number(query, "limit") ?? usual));
}

/** Values of a filter that may be given several times; `undefined` where it was not. */
export function wanted(query: JsonObject, name: string): readonly string[] | undefined {
  const value = query[name];
  if (typeof value === "string") return [value];
  return isList(value) ? value.filter((one): one is string => typeof one === "string") : undefined;
}

/** Whether a value passes a filter. */
export function passes(query: JsonObject, name: string, ...values: readonly (string | null | undefined)[]): boolean {
  const allowed = wanted(query, name);
  return allowed === undefined || values.some((value) => typeof value === "string" && allowed.includes(value));
}

/** Rows whose fields are those that the query names: for lists that are only looked at. */
export function matching(rows: readonly JsonObject[], query: JsonObject, ...fields: readonly string[]) {
  return rows.filter((row) =>
    fields.every((field) => {
      const value = row[field];
      return passes(query, field, value === undefined || value === null ? undefined : String(value));
    }),
  );
}
