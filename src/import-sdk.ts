import { DecommissionError } from "./errors.js";

/**
 * Loads an SDK that the user may not have installed. `load` holds a literal `import("…")`, so that types flow and
 * bundlers see it. Nothing is kept of a failure: after an install the next call succeeds.
 *
 * Throws `missing-package` with the line that installs it, also where the SDK is there and a package that it needs
 * is not. `install` is what the line installs, for an SDK that takes several packages or leaves one undeclared;
 * default: the missing package.
 */
export async function importSdk<T>(packageName: string, load: () => Promise<T>, install?: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const missing = missingPackage(cause);
    if (missing === undefined) throw brokenPackage(packageName, install ?? packageName, cause);
    throw packageMissing(packageName, missing, install ?? missing, cause);
  }
}

function brokenPackage(packageName: string, install: string, cause: unknown): DecommissionError {
  const message = `The package ${packageName} is installed but could not be loaded.`;
  return new DecommissionError(
    { code: "unexpected", message, hint: `Install it again: npm install ${install}` },
    { cause },
  );
}

function packageMissing(packageName: string, missing: string, install: string, cause: unknown): DecommissionError {
  const message =
    missing === packageName
      ? `The package ${packageName} is not installed.`
      : `The package ${packageName} needs ${missing}, which is not installed.`;
  return new DecommissionError({ code: "missing-package", message, hint: `Run: npm install ${install}` }, { cause });
}

/**
 * The package a failed import did not find. The quoted name counts, cut to its package; the rest of the message
 * can name packages that are there (the require stack of a missing transitive one).
 */
function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  if (error.code !== "ERR_MODULE_NOT_FOUND" && error.code !== "MODULE_NOT_FOUND") return undefined;
  const name = /^Cannot find (?:package|module) '([^']+)'/.exec(error.message)?.[1];
  return name?.match(/^(?:@[^/]+\/)?[^./\\:][^/\\:]*(?=\/|$)/)?.[0];
}
