import type { JsonObject } from "../../../../src/common.js";
import { refusal } from "../../../../src/testing/fake-refusal.js";
import { number, text } from "./read.js";

/** One page of a list, and what the answer says about pages. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly fields: JsonObject;
}
interface Identified {
  readonly id: string;
}

/** Ten, whatever the number of ids asked for: nearly every list of every service. */
const usualSize = 10;

/**
 * A page of an ECS list: by token where `MaxResults` or `NextToken` is sent, else by number. A size below ten counts as
 * ten, one above the most as the most; with tokens the total is without meaning, 0 here (DescribeInstancesRequest,
 * DescribeInstancesResponseBody).
 */
export function ecsPage<Row extends Identified>(input: JsonObject, rows: readonly Row[], most: number): Page<Row> {
  const size = number(input, "MaxResults");
  const token = text(input, "NextToken") ?? "";
  if (size === undefined && token === "") {
    const { rows: page, fields } = numberedPage(input, rows, most);
    return { rows: page, fields: { ...fields, NextToken: "" } };
  }
  const { page, next } = cut(rows, token, Math.min(most, Math.max(usualSize, size ?? usualSize)));
  return { rows: page, fields: { TotalCount: 0, PageNumber: 0, PageSize: 0, NextToken: next } };
}

/** A page by number. Sizes out of range are refused. */
export function numberedPage<Row>(input: JsonObject, rows: readonly Row[], most: number, usual = usualSize): Page<Row> {
  const page = number(input, "PageNumber") ?? 1;
  const size = number(input, "PageSize") ?? usual;
  if (page < 1) throw refusal("InvalidParameter", 'The specified parameter "PageNumber" is not valid.');
  if (size < 1 || size > most) throw refusal("InvalidParameter", 'The specified parameter "PageSize" is not valid.');
  return {
    rows: rows.slice((page - 1) * size, page * size),
    fields: { TotalCount: rows.length, PageNumber: page, PageSize: size },
  };
}

/** How services that know tokens alone page: the name of their size parameter, the usual size and the most. */
export interface TokenPaging {
  readonly size: "MaxResults" | "MaxResult";
  readonly usual: number;
  readonly least?: number;
  readonly most: number;
}

/** A page by token. Sizes out of range are refused. */
export function tokenPage<Row extends Identified>(
  input: JsonObject,
  rows: readonly Row[],
  { size: name, usual, least = 1, most }: TokenPaging,
): Page<Row> {
  const size = number(input, name) ?? usual;
  if (size < least || size > most) throw refusal("InvalidParameter", `The specified parameter "${name}" is not valid.`);
  const { page, next } = cut(rows, text(input, "NextToken") ?? "", size);
  return { rows: page, fields: { NextToken: next } };
}

/** A token names the last row it was given for, so that rows that go meanwhile do not shift the others. */
function cut<Row extends Identified>(rows: readonly Row[], token: string, size: number) {
  const start = token === "" ? 0 : startOf(rows, token);
  const page = rows.slice(start, start + size);
  const last = page.at(-1);
  const more = start + size < rows.length;
  const next = more && last ? Buffer.from(`${start + size} ${last.id}`).toString("base64url") : "";
  return { page, next };
}

function startOf(rows: readonly Identified[], token: string): number {
  const [, offset, id] = /^(\d+) (.+)$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  if (offset === undefined) throw refusal("InvalidParameter", 'The specified parameter "NextToken" is not valid.');
  const index = rows.findIndex((row) => row.id === id);
  return index < 0 ? Math.max(0, Number(offset) - 1) : index + 1;
}
