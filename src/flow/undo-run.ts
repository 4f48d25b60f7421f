import type { Wave } from "./wave.js";

export async function undo(_wave: Wave): Promise<void> {}
