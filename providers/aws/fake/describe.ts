import type { JsonObject, JsonValue } from "../../../src/common.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { type AwsKind, idForms } from "./ids.js";
import type { AwsRequestContext, AwsState } from "./state.js";
import { isObject, need, number, records, text, texts } from "./wire/read.js";

/** "Filter" in the EC2 API reference: up to 50 filters, up to 200 values each. */
const maxFilters = 50;
const maxFilterValues = 200;

/** How one EC2 list is answered: all the strictness of ids, filters and pages from one row of data. */
export interface ListSpec<Thing> {
  /** Element of the answer that holds the items. */
  readonly set: string;
  things(state: AwsState): ReadonlyMap<string, Thing> | readonly Thing[];
  /** The wire form of one thing; filters are answered from it. */
  item(thing: Thing, context: AwsRequestContext): JsonObject;
  /** Ids that can be asked for: parameter, path in the item, what is said about absent ones. */
  readonly ids?: readonly IdSpec[];
  /** Filter name to path in the item. Tags need no row. */
  readonly filters?: Readonly<Record<string, string>>;
  /** Least and most `MaxResults`. Absent: the list has no pages. */
  readonly pages?: readonly [least: number, most: number];
  /** Whether ids and `MaxResults` exclude each other (DescribeInstances: InvalidParameterCombination). */
  readonly idsExcludePages?: boolean;
  /** Left out although it is there, such as a terminated instance after its hour or a hidden managed one. */
  hides?(thing: Thing, context: AwsRequestContext): boolean;
  /** An empty `nextToken` element on the last page, as some lists send it. */
  readonly emptyToken?: boolean;
}
/** One way of asking by id. */
export interface IdSpec {
  readonly parameter: string;
  readonly path: string;
  readonly notFound: string;
  /** Form of the id, where another is refused as malformed. */
  readonly form?: AwsKind;
  readonly malformed?: string;
}

/** Answers a list request. */
export function list<Thing>(context: AwsRequestContext, spec: ListSpec<Thing>): JsonObject {
  const { items, next } = listItems(context, spec);
  const token = next ?? (spec.emptyToken ? "" : undefined);
  return { [spec.set]: items, ...(token === undefined ? {} : { nextToken: token }) };
}

/** The items of one page, for lists that wrap them further. */
export function listItems<Thing>(
  context: AwsRequestContext,
  spec: ListSpec<Thing>,
): { readonly items: readonly JsonObject[]; readonly next?: string } {
  checkCombination(context, spec);
  const filters = readFilters(context, spec.filters ?? {});
  const items = candidates(context, spec, filters)
    .filter((thing) => !spec.hides?.(thing, context))
    .map((thing) => spec.item(thing, context));
  const asked = askedIds(context, spec, items);
  const chosen = asked.filter((item) => filters.every((filter) => matches(item, filter)));
  return spec.pages ? pageOf(context, chosen, spec.pages) : { items: chosen };
}

/** Refuses an id that has not the form of its kind. */
export function checkForm(kind: AwsKind, id: string, code: string): void {
  if (!idForms[kind].pattern.test(id)) throw refusal(code, `Invalid id: "${id}"`);
}

function checkCombination<Thing>({ parameters }: AwsRequestContext, spec: ListSpec<Thing>): void {
  const asked = spec.ids?.find(({ parameter }) => texts(parameters, parameter).length > 0);
  if (!spec.idsExcludePages || !asked || parameters.MaxResults === undefined) return;
  throw refusal(
    "InvalidParameterCombination",
    `The parameter ${asked.parameter} cannot be used with the parameter MaxResults`,
  );
}

interface Filter {
  readonly name: string;
  readonly values: readonly string[];
  readonly accepts: (text: string) => boolean;
  /** Path in the item; absent for tags. */
  readonly path?: string;
}

function readFilters({ parameters }: AwsRequestContext, known: Readonly<Record<string, string>>): readonly Filter[] {
  const sent = records(parameters, "Filter");
  if (sent.length > maxFilters) throw refusal("FilterLimitExceeded", `The maximum number of filters is ${maxFilters}`);
  return sent.map((filter) => {
    const name = need(filter, "Name");
    const values = texts(filter, "Value");
    if (values.length > maxFilterValues)
      throw refusal(
        "FilterLimitExceeded",
        `The maximum number of filter values specified on a single call is ${maxFilterValues}`,
      );
    if (values.length === 0) throw refusal("InvalidParameterValue", `The filter '${name}' has no values`);
    const path = known[name];
    if (path === undefined && !/^tag(-key$|-value$|:)/.test(name))
      throw refusal("InvalidParameterValue", `The filter '${name}' is invalid`);
    return { name, values, accepts: acceptor(values), ...(path === undefined ? {} : { path }) };
  });
}

/** Everything, or only what a filter on the id names: a thousand instances need not be rendered to find one. */
function candidates<Thing>(
  context: AwsRequestContext,
  spec: ListSpec<Thing>,
  filters: readonly Filter[],
): readonly Thing[] {
  const things = spec.things(context.state);
  if (!(things instanceof Map)) return [...things.values()];
  const idPath = spec.ids?.[0]?.path;
  const byFilter = filters.find(({ path, values }) => path === idPath && !values.some((value) => wildcard.test(value)));
  const parameter = spec.ids?.[0]?.parameter;
  const byParameter = parameter === undefined ? [] : texts(context.parameters, parameter);
  const ids = byParameter.length > 0 ? byParameter : byFilter?.values;
  if (!ids) return [...things.values()];
  return [...new Set(ids)].flatMap((id) => things.get(id) ?? []);
}

function askedIds<Thing>(
  { parameters }: AwsRequestContext,
  spec: ListSpec<Thing>,
  items: readonly JsonObject[],
): readonly JsonObject[] {
  let chosen = items;
  for (const { parameter, path, notFound, form, malformed } of spec.ids ?? []) {
    const ids = texts(parameters, parameter);
    if (ids.length === 0) continue;
    if (form && malformed) for (const id of ids) checkForm(form, id, malformed);
    const found = new Set(chosen.flatMap((item) => valuesAt(item, path)));
    const absent = ids.filter((id) => !found.has(id));
    if (absent.length > 0) throw refusal(notFound, absentText(parameter, absent));
    chosen = chosen.filter((item) => valuesAt(item, path).some((id) => ids.includes(id)));
  }
  return chosen;
}

function absentText(parameter: string, ids: readonly string[]): string {
  const words = parameter
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/ id$/, " ID");
  return ids.length === 1
    ? `The ${words} '${ids[0]}' does not exist`
    : `The ${words}s '${ids.join(", ")}' do not exist`;
}

function matches(item: JsonObject, { name, path, accepts }: Filter): boolean {
  return (path === undefined ? tagValues(item, name) : valuesAt(item, path)).some(accepts);
}

function tagValues(item: JsonObject, name: string): readonly string[] {
  const tags = records(item, "tagSet");
  if (name === "tag-key") return tags.map((tag) => need(tag, "key"));
  if (name === "tag-value") return tags.map((tag) => need(tag, "value"));
  return tags.filter((tag) => `tag:${need(tag, "key")}` === name).map((tag) => need(tag, "value"));
}

/** What stands at a path such as `groupSet.groupId`, through lists, as text. */
export function valuesAt(value: JsonValue | undefined, path: string): readonly string[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item) => valuesAt(item, path));
  if (path === "") return typeof value === "object" ? [] : [String(value)];
  if (!isObject(value)) return [];
  const [step = "", ...rest] = path.split(".");
  return valuesAt(value[step], rest.join("."));
}

/** EC2 filters honour `*` and `?`; a backslash takes their meaning away. */
const wildcard = /[*?\\]/;

function acceptor(values: readonly string[]): (text: string) => boolean {
  const exact = new Set(values.filter((value) => !wildcard.test(value)));
  const patterns = values.filter((value) => wildcard.test(value)).map(patternOf);
  return (text) => exact.has(text) || patterns.some((pattern) => pattern.test(text));
}

function patternOf(value: string): RegExp {
  const source = value.replace(/\\?[\s\S]/g, (letter) => {
    if (letter === "*") return "[\\s\\S]*";
    if (letter === "?") return "[\\s\\S]";
    return letter.slice(-1).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${source}$`);
}

function pageOf(
  { parameters, route }: AwsRequestContext,
  items: readonly JsonObject[],
  [least, most]: readonly [number, number],
): { readonly items: readonly JsonObject[]; readonly next?: string } {
  const size = number(parameters, "MaxResults");
  const token = text(parameters, "NextToken");
  if (size !== undefined && (size < least || size > most)) {
    const bound = size < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
    throw refusal(
      "InvalidParameterValue",
      `Value ( ${size} ) for parameter maxResults is invalid. Expecting a value ${bound}.`,
    );
  }
  const start = token ? readToken(token, route.action, "InvalidNextToken") : 0;
  const end = start + (size ?? items.length);
  return {
    items: items.slice(start, end),
    ...(end < items.length ? { next: writeToken(end, route.action) } : {}),
  };
}

/** A page token: where to go on, and in which list. */
export function writeToken(start: number, action: string): string {
  return Buffer.from(JSON.stringify({ action, start })).toString("base64url");
}

/** Where a token says to go on. A token of another list, or of nobody, is refused. */
export function readToken(token: string, action: string, code: string): number {
  const decoded = Buffer.from(token, "base64url").toString();
  const start = decoded.startsWith(`{"action":"${action}","start":`)
    ? Number(decoded.match(/\d+(?=}$)/)?.[0])
    : Number.NaN;
  if (Number.isNaN(start)) throw refusal(code, "The specified token is not valid.");
  return start;
}
