import { groupBy } from "../../batch.js";
import type { DependencyEdge } from "../../dependencies.js";
import { htmlText } from "./html-text.js";
import type { InstanceReceipt, Receipt } from "./receipt.js";
import { placeOf } from "./view.js";
import type { Language } from "./words.js";

const rowHeight = 24;
const boxWidth = 300;
const boxHeight = 19;
const gap = 300;
const width = boxWidth * 2 + gap;
/** Above this a picture shows no more than a list does. */
const maxInstances = 60;
const maxThings = 80;
const textLength = 40;

/** Kinds that every server has some of, and that are drawn only where several servers share one. */
const plainKinds: ReadonlySet<string> = new Set([
  "disk",
  "network-interface",
  "private-address",
  "snapshot",
  "key-pair",
]);

/** What hung on the servers, one drawing for each place. */
export function graphOf(receipt: Receipt, language: Language): string {
  const places = groupBy(receipt.instances, placeOf);
  return [...places]
    .map(
      ([place, members]) => `<figure><figcaption>${htmlText(place)}</figcaption>${drawing(members, language)}</figure>`,
    )
    .join("");
}

interface Thing {
  readonly key: string;
  readonly kind: string;
  readonly id: string;
  readonly users: ReadonlySet<string>;
}

function drawing(members: readonly InstanceReceipt[], language: Language): string {
  const all = thingsOf(members);
  const drawn = all.filter(({ kind, users }) => users.size > 1 || !plainKinds.has(kind)).slice(0, maxThings);
  const shown = members.slice(0, maxInstances);
  const rows = Math.max(shown.length, drawn.length, 1) + 1;
  const left = new Map(shown.map((instance, index) => [instance.instanceId, spread(index, shown.length, rows)]));
  const right = new Map(drawn.map((thing, index) => [thing.key, spread(index, drawn.length, rows)]));
  const lines = shown.flatMap((instance) =>
    instance.dependencies.flatMap((edge) => {
      const from = left.get(instance.instanceId);
      const to = right.get(keyOf(edge));
      if (from === undefined || to === undefined) return [];
      return [
        `<line class="${toneOf(edge)}" x1="${boxWidth}" y1="${from}" x2="${boxWidth + gap}" y2="${to}"><title>${htmlText(`${instance.instanceId} · ${edge.node.kind} ${edge.node.id}: ${edge.why}`)}</title></line>`,
      ];
    }),
  );
  const boxes = [
    ...shown.map((instance) =>
      box(0, left.get(instance.instanceId) ?? 0, instance.instanceId, plainOf(instance, language)),
    ),
    ...drawn.map((thing) => box(boxWidth + gap, right.get(thing.key) ?? 0, thing.id, language.term(thing.kind))),
  ];
  const more = members.length - shown.length;
  const note = more > 0 ? `<p>${htmlText(language.fill(language.words.plus, { count: more }))}</p>` : "";
  const label = htmlText(language.words.graph);
  return `<svg viewBox="0 0 ${width} ${rows * rowHeight}" width="${width}" role="img" aria-label="${label}">${lines.join("")}${boxes.join("")}</svg>${note}`;
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

/** What a server has for itself alone is told beside it: `2 disk, 1 snapshot`. */
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
  if (edge.atTermination === "deleted") return "goes";
  return edge.effect === "report" ? "stays" : "first";
}

/** The middle of the place in a column of so many, which fills the whole height. */
function spread(index: number, count: number, rows: number): number {
  return Math.round(((index + 0.5) / Math.max(1, count)) * rows * rowHeight);
}

function box(x: number, middle: number, title: string, note: string): string {
  const y = middle - boxHeight / 2;
  const text = `${cut(title)} <tspan class="dim">${htmlText(cutPlain(note, textLength - Math.min(title.length, textLength)))}</tspan>`;
  return `<rect x="${x}" y="${y}" width="${boxWidth}" height="${boxHeight}" rx="4"/><text x="${x + 8}" y="${middle + 4}">${text}<title>${htmlText(`${title} ${note}`)}</title></text>`;
}

function cut(text: string): string {
  return htmlText(cutPlain(text, textLength));
}

function cutPlain(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join("")}…`;
}
