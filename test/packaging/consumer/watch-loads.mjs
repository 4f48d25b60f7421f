// Notes every module that a program loads: ES modules as they are resolved, CommonJS ones from Node's own cache.
import { appendFileSync } from "node:fs";
import { createRequire, register } from "node:module";

const hooks = `
  import { appendFileSync } from "node:fs";
  export async function resolve(specifier, context, next) {
    const resolved = await next(specifier, context);
    appendFileSync(process.env.LOADED_LOG, resolved.url + "\\n");
    return resolved;
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
process.on("exit", () => {
  const { cache } = createRequire(import.meta.url);
  appendFileSync(process.env.LOADED_LOG, `${Object.keys(cache).join("\n")}\n`);
});
