/** What the ids of one kind of thing look like. */
export interface IdForm {
  /** A seed name of this form is used as it is. */
  readonly pattern: RegExp;
  /** A new id. `hex(8)` gives eight random hex digits, `digits(6)` decimal ones, `letters(8)` small letters and digits. */
  make(random: RandomText): string;
}

/** Repeatable random text: the same seed gives the same ids. */
export interface RandomText {
  hex(length: number): string;
  digits(length: number): string;
  letters(length: number): string;
  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number;
}

/** Ids of a fake: seed names to ids, and new ids for what requests create. */
export interface IdRegistry<Kind extends string> {
  /**
   * The id of a seed name; the first call for a name decides its kind. Without a name: a new id. `fresh` makes the new
   * id where it cannot come from random text alone (an ARN holds account and name).
   */
  assign(kind: Kind, name?: string, fresh?: (random: RandomText) => string): string;
  /** The id of a name that was assigned, or the name itself if it is an id that was. Throws for others. */
  find(name: string): string;
  /** As `find`, but `undefined` for a name nobody seeded. */
  known(name: string): string | undefined;
  /** Makes `name` stand for an id given out before (an instance that took another's place, say). */
  alias(name: string, id: string): void;
  /** What it answers forgets all names given from now on. */
  mark(): () => void;
  /** Whether a word has the form of an id of that kind. */
  isId(kind: Kind, word: string): boolean;
  readonly random: RandomText;
}

/** Ids that repeat from run to run. One name stands for one thing: the same word for two kinds is refused. */
export function idRegistry<Kind extends string>(
  forms: Readonly<Record<Kind, IdForm>>,
  randomSeed = 1,
): IdRegistry<Kind> {
  const random = randomText(randomSeed);
  const taken = new Set<string>();
  const named = new Map<string, { readonly id: string; readonly kind?: Kind }>();

  const create = (make: (random: RandomText) => string): string => {
    let id = make(random);
    while (taken.has(id)) id = make(random);
    taken.add(id);
    return id;
  };
  return {
    random,
    assign(kind, name, fresh = forms[kind].make) {
      if (name === undefined) return create(fresh);
      const before = named.get(name);
      if (before?.kind !== undefined && before.kind !== kind)
        throw new Error(`The seed name "${name}" already stands for a ${before.kind}; it cannot be a ${kind} as well.`);
      if (before) return before.id;
      const id = forms[kind].pattern.test(name) ? name : create(fresh);
      taken.add(id);
      named.set(name, { id, kind });
      if (!named.has(id)) named.set(id, { id, kind });
      return id;
    },
    find(name) {
      const id = named.get(name)?.id ?? (taken.has(name) ? name : undefined);
      if (id === undefined) throw new Error(`Nothing with the seed name "${name}" was seeded.`);
      return id;
    },
    known: (name) => named.get(name)?.id ?? (taken.has(name) ? name : undefined),
    alias: (name, id) => void named.set(name, { id }),
    mark() {
      const before = [...named];
      return () => {
        named.clear();
        for (const [name, entry] of before) named.set(name, entry);
      };
    },
    isId: (kind, word) => forms[kind].pattern.test(word),
  };
}

/** Text that repeats from run to run. Mulberry32: small, quick and the same everywhere. */
export function randomText(seed: number): RandomText {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const text = (alphabet: string) => (length: number) =>
    Array.from({ length }, () => alphabet.charAt(below(alphabet.length))).join("");
  return {
    below,
    hex: text("0123456789abcdef"),
    digits: text("0123456789"),
    letters: text("abcdefghijklmnopqrstuvwxyz0123456789"),
  };
}
