/** A field where there is a value, nothing where there is none. */
export function given<Name extends string>(name: Name, value: string | undefined): { readonly [K in Name]?: string } {
  // A computed key is widened to any string by the compiler; the name is the one given.
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in Name]?: string });
}
