/**
 * Makes a text from a cloud safe to print: control characters (so terminal sequences too), marks that turn the
 * reading direction, and invisible ones become their code, `\u202E`.
 */
export function printable(text: string): string {
  return text.replace(
    hidden,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
  );
}

/** A JSON text in which hidden characters stand as the escapes that JSON itself has for them. */
export function escapeHidden(json: string): string {
  // Line breaks between fields are the only control characters that JSON has outside of strings.
  return json.replace(hidden, (character) => (character === "\n" ? character : jsonEscape(character)));
}

function jsonEscape(character: string): string {
  return [...Array(character.length).keys()]
    .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`)
    .join("");
}

/** The same value with every text in it made printable, however deep. */
export function printableFields<T>(value: T): T {
  return JSON.parse(
    JSON.stringify(value, (_, field: unknown) => (typeof field === "string" ? printable(field) : field)),
  );
}

const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;
