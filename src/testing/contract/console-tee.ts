import { format } from "node:util";

/** What went to the console while it was open. */
export interface ConsoleTee {
  readonly lines: readonly string[];
  /** Puts the console back as it was. */
  close(): void;
}

const methods = ["debug", "error", "info", "log", "warn"] as const;

/**
 * Notes all that is printed, by `console` or straight to the process's streams, and lets it through: an SDK that
 * prints request headers does so behind the adapter's back.
 */
export function teeConsole(): ConsoleTee {
  const lines: string[] = [];
  const restore: (() => void)[] = [];
  for (const method of methods) {
    const original = console[method];
    console[method] = (...values: unknown[]) => {
      lines.push(format(...values));
      original.apply(console, values);
    };
    restore.push(() => {
      console[method] = original;
    });
  }
  for (const stream of [process.stdout, process.stderr]) {
    const descriptor = Object.getOwnPropertyDescriptor(stream, "write");
    const write = stream.write;
    const tee: typeof stream.write = (chunk: string | Uint8Array, ...rest: never[]) => {
      lines.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
      return write.call(stream, chunk, ...rest);
    };
    stream.write = tee;
    restore.push(() => {
      // `write` is normally inherited, so putting it back means taking ours off.
      if (descriptor) Object.defineProperty(stream, "write", descriptor);
      else Reflect.deleteProperty(stream, "write");
    });
  }
  return { lines, close: () => restore.splice(0).forEach((undo) => void undo()) };
}
