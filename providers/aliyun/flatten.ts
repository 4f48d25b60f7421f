/**
 * Parameters as RPC puts them into the query: lists become `Name.1`, `Name.2`, objects `Name.Field`, all values text.
 * Operations that want a list as JSON or with commas get it as text from their caller.
 */
export function flatten(parameters: Readonly<Record<string, unknown>>, prefix = ""): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    const path = `${prefix}${name}`;
    if (value === undefined || value === null) continue;
    if (Array.isArray(value))
      Object.assign(query, flatten(Object.fromEntries(value.map((item, index) => [index + 1, item])), `${path}.`));
    else if (typeof value === "object") Object.assign(query, flatten({ ...value }, `${path}.`));
    else query[path] = String(value);
  }
  return query;
}
