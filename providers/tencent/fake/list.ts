import type { JsonObject } from "../../../src/common.js";
import { isList, need, records, text, texts, valuesAt } from "../../../src/testing/fake-json.js";
import { refusal } from "../../../src/testing/fake-refusal.js";
import { idForms, type TencentKind } from "./ids.js";
import type { Service, Wording } from "./service.js";
import type { TencentAction, TencentRequestContext, TencentState } from "./state.js";

/** "Filters" in nearly every service: up to ten of them. */
const maxFilters = 10;

/** How one list is answered: all the strictness of ids, filters and pages from one row of data. */
export interface ListSpec<Thing> {
  /** The parameters, as `parseShape` reads them. */
  readonly parameters: string;
  /** Field of the answer that holds the items. */
  readonly set: string;
  things(state: TencentState, context: TencentRequestContext): ReadonlyMap<string, Thing> | readonly Thing[];
  /** The wire form of one thing; filters are answered from it. */
  item(thing: Thing, context: TencentRequestContext): JsonObject;
  /** How to ask by id. Unknown ids are left out, or refused with `notFound`. */
  readonly ids?: {
    readonly parameter: string;
    readonly path: string;
    readonly form?: TencentKind;
    readonly malformed?: string;
    readonly notFound?: string;
    /** Filters may be sent as well. */
    readonly withFilters?: boolean;
  };
  /** Filter name to path in the item. Tags need no row. */
  readonly filters?: Readonly<Record<string, string>>;
  /** Most values of one filter, 5 where nothing is said; some filters have a limit of their own. */
  readonly filterValues?: number | Readonly<Record<string, number>>;
  /** Field of the item that holds the tags. */
  readonly tags?: string;
  /** Least, usual and most items of a page. Absent: the list has no pages. */
  readonly pages?: { readonly usual: number; readonly most: number };
  /** Field of the answer for the number of all that match. Default: `TotalCount`. */
  readonly total?: string;
  /** Left out although it is there, where the request did not ask for it by its own filter. */
  hides?(thing: Thing, context: TencentRequestContext): boolean;
  /** A last choice, by parameters that are no filters. */
  chooses?(item: JsonObject, context: TencentRequestContext, thing: Thing): boolean;
}

/** The usual pages: 20 where nothing is said, at most 100. */
export const usualPages = { usual: 20, most: 100 } as const;

/** An action that lists things. */
export function list<Thing>(service: Service, spec: ListSpec<Thing>): TencentAction {
  return service.read(spec.parameters, (context) => answerList(context, spec, service.wording));
}

/** The answer of a list action. A page past the end is empty and still tells the full total. */
export function answerList<Thing>(context: TencentRequestContext, spec: ListSpec<Thing>, wording: Wording): JsonObject {
  const filters = readFilters(context, spec, wording);
  const found = candidates(context, spec, filters, wording)
    .filter((thing) => !spec.hides?.(thing, context))
    .flatMap((thing) => {
      const item = spec.item(thing, context);
      if (!filters.every((filter) => matches(item, filter, spec.tags))) return [];
      return spec.chooses && !spec.chooses(item, context, thing) ? [] : [item];
    });
  const [start, end] = pageOf(context.parameters, spec.pages, wording);
  return { [spec.total ?? "TotalCount"]: found.length, [spec.set]: found.slice(start, end) };
}

/** Refuses an id that has not the form of its kind. */
export function checkForm(kind: TencentKind, id: string, code: string): void {
  if (!idForms[kind].pattern.test(id)) throw refusal(code, `The specified id \`${id}\` is malformed.`);
}

/** First and last place of a page, for lists that are built by hand. */
export function pageOf(
  parameters: JsonObject,
  pages: ListSpec<never>["pages"],
  { range }: Pick<Wording, "range">,
): readonly [start: number, end: number | undefined] {
  if (!pages) return [0, undefined];
  const offset = whole(parameters, "Offset", range) ?? 0;
  const limit = whole(parameters, "Limit", range) ?? pages.usual;
  if (limit < 1 || limit > pages.most)
    throw refusal(range, `The parameter \`Limit\` is ${limit}, it must be between 1 and ${pages.most}.`);
  return [offset, offset + limit];
}

/** A number of things, sent as a number or, in a few calls, as text. */
function whole(parameters: JsonObject, name: string, code: string): number | undefined {
  const value = parameters[name];
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || value === "")
    throw refusal(code, `The value of the parameter \`${name}\` is invalid: ${value}.`);
  return number;
}

interface Filter {
  readonly name: string;
  readonly values: readonly string[];
  /** Path in the item; absent for tags. */
  readonly path?: string;
}

function readFilters<Thing>(
  { parameters }: TencentRequestContext,
  { filters = {}, filterValues = 5, tags }: ListSpec<Thing>,
  wording: Wording,
): readonly Filter[] {
  const value = parameters.Filters;
  const sent = isList(value) || value === undefined ? records(parameters, "Filters") : [];
  if (sent.length > maxFilters) throw refusal(wording.tooManyFilters, `There are more than ${maxFilters} filters.`);
  return sent.map((filter) => {
    const name = need(filter, "Name");
    const values = texts(filter, "Values");
    const most = typeof filterValues === "number" ? filterValues : (filterValues[name] ?? 100);
    if (values.length > most)
      throw refusal(wording.tooManyFilters, `The filter \`${name}\` has ${values.length} values, more than ${most}.`);
    const path = filters[name];
    const isTag = tags !== undefined && /^tag(-key$|-value$|:)/.test(name);
    if (path === undefined && !isTag)
      throw refusal(
        wording.unknownFilter,
        `The filter \`${name}\` is invalid. Known are ${Object.keys(filters).join(", ")}.`,
      );
    return { name, values, ...(path === undefined ? {} : { path }) };
  });
}

function candidates<Thing>(
  context: TencentRequestContext,
  { things: thingsOf, ids }: ListSpec<Thing>,
  filters: readonly Filter[],
  { coexist }: Wording,
): readonly Thing[] {
  const things = thingsOf(context.state, context);
  const asked = ids ? texts(context.parameters, ids.parameter) : [];
  // An empty list of ids is none at all: everything is answered.
  if (!ids || asked.length === 0) return narrowed(things, filters, ids?.path);
  if (filters.length > 0 && !ids.withFilters)
    throw refusal(coexist, `The parameters \`${ids.parameter}\` and \`Filters\` cannot be sent together.`);
  const { form, malformed } = ids;
  if (form && malformed) for (const id of asked) checkForm(form, id, malformed);
  if (!("get" in things)) throw new Error("Only what is kept by id can be asked for by id.");
  const absent = asked.find((id) => !things.has(id));
  if (absent !== undefined && ids.notFound) throw refusal(ids.notFound, `\`${absent}\` does not exist.`);
  return [...new Set(asked)].flatMap((id) => things.get(id) ?? []);
}

/** A filter by id spares the rendering of all the others. */
function narrowed<Thing>(
  things: ReadonlyMap<string, Thing> | readonly Thing[],
  filters: readonly Filter[],
  idPath: string | undefined,
): readonly Thing[] {
  const byId = filters.find(({ path }) => path !== undefined && path === idPath);
  if (!byId || !("get" in things)) return [...things.values()];
  return [...new Set(byId.values)].flatMap((id) => things.get(id) ?? []);
}

function matches(item: JsonObject, { name, path, values }: Filter, tags = ""): boolean {
  const found = path === undefined ? tagValues(item, name, tags) : valuesAt(item, path);
  return values.some((value) => found.some((text) => text.toLowerCase() === value.toLowerCase()));
}

function tagValues(item: JsonObject, name: string, field: string): readonly string[] {
  const tags = records(item, field);
  if (name === "tag-key") return tags.map((tag) => need(tag, "Key"));
  if (name === "tag-value") return tags.map((tag) => need(tag, "Value"));
  return tags.filter((tag) => `tag:${need(tag, "Key")}` === name).map((tag) => text(tag, "Value") ?? "");
}
