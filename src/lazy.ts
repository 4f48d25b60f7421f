/** A read that goes out when it is first needed and once only: later askers share its answer, or its failure. */
export function lazy<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= read();
    return answer;
  };
}
