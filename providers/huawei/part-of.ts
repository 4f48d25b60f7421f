import type { Wire } from "../../src/wire.js";

/** A part that some answers leave out and others send as `""`, such as the image of a server that starts from a disk. */
export function partOf(wire: Wire, name: string): Wire | undefined {
  return wire.has(name) ? wire.object(name) : undefined;
}
