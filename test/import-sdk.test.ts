import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DecommissionError } from "../src/errors.js";
import { importSdk } from "../src/import-sdk.js";

/** A folder outside the repository, so that Node finds nothing of ours when it walks up. */
let folder: string;
/** Node's own `import` and `require`, as seen from that folder. */
let native: { load(name: string): Promise<unknown>; demand(name: string): unknown };

function install(name: string, code: string) {
  const home = join(folder, "node_modules", name);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "package.json"), JSON.stringify({ name, version: "1.0.0", main: "index.js" }));
  writeFileSync(join(home, "index.js"), code);
}

async function problemFrom(attempt: Promise<unknown>) {
  const error = await attempt.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!DecommissionError.isInstance(error)) throw new Error(`expected a DecommissionError, got ${String(error)}`);
  return error;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cloud-decom-import-"));
  writeFileSync(join(folder, "native.cjs"), "exports.load = (name) => import(name); exports.demand = require;");
  native = createRequire(import.meta.url)(join(folder, "native.cjs"));
  install("@vendor/whole", "exports.answer = 42;");
  install("@vendor/needy", 'exports.id = require("uuid");');
  install("@vendor/torn", 'require("./lost-file.js");');
  install("@vendor/faulty", 'throw new TypeError("bad start");');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("importSdk", () => {
  it("answers what the package exports", async () => {
    expect(await importSdk("@vendor/whole", () => native.load("@vendor/whole"))).toMatchObject({ answer: 42 });
  });

  it("prints the install line for a package that is not there", async () => {
    const error = await problemFrom(importSdk("@vendor/absent", () => native.load("@vendor/absent")));
    expect(error.problem).toEqual({
      code: "missing-package",
      message: "The package @vendor/absent is not installed.",
      hint: "Run: npm install @vendor/absent",
    });
    expect(error.cause).toMatchObject({ code: "ERR_MODULE_NOT_FOUND" });
  });

  it("prints the package, not the subpath, also where the package is required", async () => {
    const error = await problemFrom(
      importSdk("vendor-absent", async () => native.demand("vendor-absent/es/v3/index.js")),
    );
    expect(error).toMatchObject({ code: "missing-package", hint: "Run: npm install vendor-absent" });
    expect(error.cause).toMatchObject({ code: "MODULE_NOT_FOUND" });
  });

  it("names the package that an installed one lacks, though the message is full of the installed one", async () => {
    const error = await problemFrom(importSdk("@vendor/needy", () => native.load("@vendor/needy")));
    expect(String(error.cause)).toContain("@vendor/needy");
    expect(error.problem).toMatchObject({
      code: "missing-package",
      message: "The package @vendor/needy needs uuid, which is not installed.",
      hint: "Run: npm install uuid",
    });
  });

  it("prints all that belongs together, whichever package of it is missing", async () => {
    const line = "@vendor/needy @vendor/core uuid@9";
    const error = await problemFrom(importSdk("@vendor/needy", () => native.load("@vendor/needy"), line));
    expect(error).toMatchObject({ code: "missing-package", hint: `Run: npm install ${line}` });
  });

  it.each(["@vendor/torn", "@vendor/faulty"])("does not call %s missing when it is there and broken", async (name) => {
    const error = await problemFrom(importSdk(name, () => native.load(name)));
    expect(error).toMatchObject({ code: "unexpected", hint: `Install it again: npm install ${name}` });
  });

  it("keeps nothing of a failure: after an install the next call succeeds", async () => {
    const load = () => importSdk("@vendor/late", async () => native.demand("@vendor/late"));
    await problemFrom(load());
    install("@vendor/late", "exports.ready = true;");
    expect(await load()).toMatchObject({ ready: true });
  });
});
