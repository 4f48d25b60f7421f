/** One EC2 filter on a literal value: filters read `*`, `?` and `\` as patterns ("List and filter your resources", EC2 User Guide). */
export function literalFilter(name: string, ...values: readonly string[]) {
  return { Name: name, Values: values.map((value) => value.replace(/[\\*?]/g, "\\$&")) };
}
