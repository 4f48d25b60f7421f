/** One meaningful way to break the code, and the tests that must notice. */
export interface Mutant {
  /** A sentence about the damage: "S03 believes an empty list without a sighting". Starts with the safety rule, if there is one. */
  readonly name: string;
  /** The source file that is broken. */
  readonly file: string;
  /** Code that occurs exactly once in the file. White space, line breaks and trailing commas do not count. */
  readonly find: string;
  /** What stands in its place. */
  readonly replace: string;
  /** Test files, at least one of whose tests must fail. */
  readonly tests: readonly string[];
  /** Part of the full names of the tests that must notice, where running the whole files takes long. Default: all. */
  readonly only?: string;
}

/** The source with the damage in it. Throws when the code to break is not there exactly once. */
export function applyMutant(mutant: Mutant, source: string): string {
  const matches = [...source.matchAll(looseMatch(mutant.find))];
  const [match] = matches;
  if (!match || matches.length > 1) {
    throw new Error(`"${mutant.name}": its code occurs ${matches.length} times in ${mutant.file}, not once.`);
  }
  const mutated = source.slice(0, match.index) + mutant.replace + source.slice(match.index + match[0].length);
  if (mutated === source) throw new Error(`"${mutant.name}" changes nothing in ${mutant.file}.`);
  return mutated;
}

/** Matches the same words and signs however the formatter has wrapped them. */
function looseMatch(code: string): RegExp {
  const tokens = code.match(/[\w$]+|[^\s\w$]/g) ?? [];
  if (tokens.length === 0) throw new Error("A mutant must say which code it breaks.");
  let pattern = "";
  let previous = "";
  for (const token of tokens) {
    pattern += `${gap(previous, token)}${token.replace(/[^\w\s]/g, "\\$&")}`;
    previous = token;
  }
  return new RegExp(`${edge(tokens[0], "(?<![\\w$])")}${pattern}${edge(previous, "(?![\\w$])")}`, "g");
}

function gap(previous: string, token: string): string {
  if (previous === "") return "";
  if (isWord(previous) && isWord(token)) return "\\s+";
  return /[)\]}]/.test(token) && previous !== "," ? "\\s*,?\\s*" : "\\s*";
}

function edge(token: string | undefined, boundary: string): string {
  return isWord(token) ? boundary : "";
}

function isWord(token: string | undefined): boolean {
  return token !== undefined && /^[\w$]/.test(token);
}
