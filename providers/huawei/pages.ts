import type { Call } from "../../src/calls.js";
import { DecommissionError } from "../../src/errors.js";
import type { Wire } from "../../src/wire.js";

/** How a listing answers, and how its next page is asked for. */
export interface ListForm {
  /** The field that holds the items. The cloud always sends it, so its absence throws. */
  readonly field: string;
  /** Items of one page. Always sent: the defaults of 10 to 25 cut lists of ids short. */
  readonly limit: number;
  /** The field that names an item. Default: `id`. */
  readonly id?: string;
  /**
   * `marker`: the id of the last item, or `page_info.next_marker` where there is one. `offset` and `start_number` count
   * items from 0, `page` counts pages from 1 and is sent as `offset`. `none`: all of it comes at once. Default: `marker`.
   */
  readonly by?: "marker" | "offset" | "start_number" | "page" | "none";
}

interface Parameters {
  readonly query?: Readonly<Record<string, unknown>>;
}

/** More pages than any account has: a listing that goes on so long does not end by itself. */
const maxPages = 10_000;

/** All items of a listing, each once. A listing that does not move on throws: half of it must never look whole. */
export async function pagesOf(
  call: Pick<Call, "read">,
  service: string,
  action: string,
  parameters: Parameters,
  form: ListForm,
): Promise<readonly Wire[]> {
  const { field, limit, id = "id", by = "marker" } = form;
  const items = new Map<string, Wire>();
  let place: string | number | undefined = by === "page" ? 1 : by === "marker" || by === "none" ? undefined : 0;
  for (let count = 0; count < maxPages; count++) {
    const { body } = await call.read(service, action, {
      ...parameters,
      query: { ...parameters.query, ...placeOf(by, place, limit) },
    });
    const page = body.needList(field);
    const before = items.size;
    // What has no id yet, such as a server that is being made, is nobody else.
    for (const item of page) items.set(item.text(id) ?? `unnamed ${items.size}`, item);
    const next = nextPlace(form, body, page, place, before + page.length);
    if (next === undefined) return [...items.values()];
    // A page that only repeats what is known would be asked for for ever.
    if (items.size === before) break;
    place = next;
  }
  throw new DecommissionError({
    code: "service",
    message: `${service}:${action} answered the same page twice.`,
    hint: "Try again later; the listing could not be read to its end.",
    cloud: "huawei",
  });
}

function placeOf(by: ListForm["by"], place: string | number | undefined, limit: number): Record<string, unknown> {
  if (by === "none") return {};
  const name = by === "page" ? "offset" : (by ?? "marker");
  return { limit, ...(place === undefined ? {} : { [name]: place }) };
}

/** Where the next page starts; `undefined` after the last. */
function nextPlace(
  { id = "id", limit, by = "marker" }: ListForm,
  body: Wire,
  page: readonly Wire[],
  place: string | number | undefined,
  read: number,
): string | number | undefined {
  if (by === "none" || page.length === 0) return undefined;
  const info = body.object("page_info");
  if (by === "marker" && info) return info.text("next_marker");
  const full = page.length >= limit;
  if (by === "marker") return full ? page.at(-1)?.need(id) : undefined;
  // Some services cap the page below what was asked for; their total tells that more is to come.
  const total = body.number("count") ?? body.number("total_count") ?? body.number("total_number");
  if (!full && (total === undefined || read >= total)) return undefined;
  return by === "page" ? Number(place) + 1 : Number(place) + page.length;
}
