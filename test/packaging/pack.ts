import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The package as it would be published. */
    readonly tarball: string;
  }
}

/** Builds and packs once for all packaging tests. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "cloud-decom-pack-"));
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const said = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const name = /"filename":\s*"([^"]+)"/.exec(said)?.[1];
  if (name === undefined) throw new Error(`npm pack named no file: ${said}`);
  project.provide("tarball", join(folder, name));
  return () => rmSync(folder, { recursive: true, force: true });
}
