import { groupBy } from "../../batch.js";
import type { DependencyEdge } from "../../dependencies.js";
import { widthOf } from "../table.js";
import { htmlText } from "./html-text.js";
import type { InstanceReceipt, Receipt } from "./receipt.js";
import { placeOf } from "./view.js";
import type { Language } from "./words.js";

const rowHeight = 26;
const boxWidth = 340;
const boxHeight = 20;
const gap = 240;
const width = boxWidth * 2 + gap;
/** Above this a picture shows no more than a list does. */
const maxRows = 80;
const textLength = 44;

/** Kinds that every server has some of, and that are drawn only where several servers share one. */
const plainKinds: ReadonlySet<string> = new Set([
  "disk",
  "network-interface",
  "private-address",
  "snapshot",
  "key-pair",
]);

/** What hung on the servers, one drawing for each place. Servers on which the same things hung are drawn as one. */
export function graphOf(receipt: Receipt, language: Language): string {
  const places = groupBy(receipt.instances, placeOf);
  const figures = [...places].map(
    ([place, members]) => `<figure><figcaption>${htmlText(place)}</figcaption>${drawing(members, language)}</figure>`,
  );
  return `${legend(language)}${figures.join("")}`;
}

function legend({ words }: Language): string {
  const entries = [
    ["first", words.legendFirst],
    ["goes", words.legendGoes],
    ["stays", words.legendStays],
  ] as const;
  const items = entries.map(
    ([tone, text]) =>
      `<li><svg width="34" height="8" aria-hidden="true"><line class="${tone}" x1="0" y1="4" x2="34" y2="4"/></svg>${htmlText(text)}</li>`,
  );
  return `<ul class="legend">${items.join("")}</ul>`;
}

interface Thing {
  readonly key: string;
  readonly kind: string;
  readonly id: string;
  readonly users: ReadonlySet<string>;
}

/** Servers that cannot be told apart by what hung on them. */
interface Alike {
  readonly members: readonly InstanceReceipt[];
  /** The edges to things that are drawn, by the thing's key. */
  readonly edges: ReadonlyMap<string, DependencyEdge>;
}

function drawing(members: readonly InstanceReceipt[], language: Language): string {
  const drawn = thingsOf(members)
    .filter(({ kind, users }) => users.size > 1 || !plainKinds.has(kind))
    .slice(0, maxRows);
  const all = alikeOf(members, new Set(drawn.map(({ key }) => key)));
  const groups = all.slice(0, maxRows);
  const rows = Math.max(groups.length, drawn.length, 1) + 1;
  const right = new Map(drawn.map((thing, index) => [thing.key, spread(index, drawn.length, rows)]));
  const boxes: string[] = drawn.map((thing) =>
    box(boxWidth + gap, right.get(thing.key) ?? 0, thing.id, language.term(thing.kind)),
  );
  const lines: string[] = [];
  for (const [index, group] of groups.entries()) {
    const y = spread(index, groups.length, rows);
    boxes.push(boxOf(group, y, language));
    for (const [key, edge] of group.edges) lines.push(line(edge, y, right.get(key) ?? 0));
  }
  const more = all.slice(maxRows).reduce((sum, group) => sum + group.members.length, 0);
  const note = more > 0 ? `<p>${htmlText(language.fill(language.words.plus, { count: more }))}</p>` : "";
  const label = htmlText(language.words.graph);
  return `<div class="wide"><svg viewBox="0 0 ${width} ${rows * rowHeight}" width="${width}" role="img" aria-label="${label}">${lines.join("")}${boxes.join("")}</svg></div>${note}`;
}

function thingsOf(members: readonly InstanceReceipt[]): readonly Thing[] {
  const edges = members.flatMap((instance) =>
    instance.dependencies.map((edge) => ({ edge, user: instance.instanceId })),
  );
  return [...groupBy(edges, ({ edge }) => keyOf(edge))].flatMap(([key, uses]) => {
    const [first] = uses;
    if (!first) return [];
    return [{ key, kind: first.edge.node.kind, id: first.edge.node.id, users: new Set(uses.map(({ user }) => user)) }];
  });
}

function alikeOf(members: readonly InstanceReceipt[], drawn: ReadonlySet<string>): readonly Alike[] {
  const withEdges = members.map((member) => ({
    member,
    edges: new Map(member.dependencies.filter((edge) => drawn.has(keyOf(edge))).map((edge) => [keyOf(edge), edge])),
  }));
  const looks = ({ edges }: (typeof withEdges)[number]) =>
    [...edges].map(([key, edge]) => `${key} ${toneOf(edge)}`).join("\n");
  return [...groupBy(withEdges, looks).values()].map((group) => ({
    members: group.map(({ member }) => member),
    edges: group[0]?.edges ?? new Map(),
  }));
}

function boxOf({ members }: Alike, y: number, language: Language): string {
  const [first] = members;
  if (members.length === 1 && first) return box(0, y, first.instanceId, first.record?.name ?? plainOf(first, language));
  const ids = members.map(({ instanceId, record }) => `${instanceId} ${record?.name ?? ""}`.trim());
  const names = members.map(({ instanceId, record }) => record?.name ?? instanceId);
  return box(0, y, language.fill(language.words.servers, { count: members.length }), names.join(", "), ids.join("\n"));
}

/** What a server without a name has for itself alone: `2 disk, 1 snapshot`. */
function plainOf(instance: InstanceReceipt, language: Language): string {
  const kinds = instance.dependencies.filter(({ node }) => plainKinds.has(node.kind));
  const once = new Map(kinds.map((edge) => [keyOf(edge), edge.node.kind]));
  return [...groupBy(once.values(), (kind) => kind)]
    .map(([kind, list]) => `${list.length} ${language.term(kind)}`)
    .join(", ");
}

function keyOf({ node }: DependencyEdge): string {
  return `${node.kind} ${node.id}`;
}

function toneOf(edge: DependencyEdge): string {
  if (edge.effect !== "report") return "first";
  return edge.atTermination === "deleted" ? "goes" : "stays";
}

function line(edge: DependencyEdge, from: number, to: number): string {
  const title = htmlText(`${edge.node.kind} ${edge.node.id}: ${edge.why}`);
  return `<line class="${toneOf(edge)}" x1="${boxWidth}" y1="${from}" x2="${boxWidth + gap}" y2="${to}"><title>${title}</title></line>`;
}

/** The middle of the place in a column of so many, which fills the whole height. */
function spread(index: number, count: number, rows: number): number {
  return Math.round(((index + 0.5) / Math.max(1, count)) * rows * rowHeight);
}

function box(x: number, middle: number, title: string, note: string, all = `${title} ${note}`): string {
  const y = middle - boxHeight / 2;
  const shown = cut(title, textLength);
  const rest = cut(note, textLength - widthOf(shown) - 1);
  return `<rect x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="4"/><text x="${x + 8}" y="${middle + 4}">${htmlText(shown)} <tspan class="dim">${htmlText(rest)}</tspan><title>${htmlText(all)}</title></text>`;
}

/** As much of a text as fits into so many columns. */
function cut(text: string, columns: number): string {
  let used = 0;
  let shown = "";
  for (const character of text) {
    used += widthOf(character);
    if (used > columns - 1) return columns > 1 ? `${shown}…` : "";
    shown += character;
  }
  return shown;
}
