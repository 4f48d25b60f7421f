import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL("consumer", import.meta.url));
const typescript = createRequire(import.meta.url).resolve("typescript/bin/tsc");

/** What a program said, and how it ended. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An empty project of somebody who installed the package. */
export interface Project {
  readonly folder: string;
  /** Runs Node in the project. */
  node(...commandLine: string[]): Promise<Ran>;
  /** Compiles the consumer's code with every declaration checked. */
  compile(...flags: string[]): Promise<Ran>;
  /** Packages and files that a program loaded, ES modules and CommonJS alike. */
  loadedBy(
    program: string,
  ): Promise<{ readonly packages: readonly string[]; readonly answer: Readonly<Record<string, unknown>> }>;
  close(): void;
}

function run(folder: string, command: string, commandLine: readonly string[], env = {}): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(
      command,
      commandLine,
      { cwd: folder, env: { ...process.env, ...env }, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        const exitCode = error ? (typeof error.code === "number" ? error.code : 1) : 0;
        resolve({ exitCode, stdout, stderr });
      },
    );
  });
}

/** Opens one outside the repository: below it, Node would find the repository's own SDKs by walking up. */
export async function openProject(tarball: string, packages: readonly string[]): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "cloud-decom-consumer-"));
  cpSync(here, folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  const flags = ["--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"];
  const installed = await run(folder, "npm", ["install", ...flags, tarball, ...packages]);
  if (installed.exitCode !== 0) throw new Error(`npm install failed:\n${installed.stderr}`);
  return {
    folder,
    node: (...commandLine) => run(folder, process.execPath, commandLine),
    compile: (...compilerFlags) => run(folder, process.execPath, [typescript, "--pretty", "false", ...compilerFlags]),
    loadedBy: async (program) => {
      const log = join(folder, `${program}.loaded`);
      writeFileSync(log, "");
      const ran = await run(folder, process.execPath, ["--import", "./watch-loads.mjs", program], { LOADED_LOG: log });
      if (ran.exitCode !== 0) throw new Error(`${program} failed:\n${ran.stdout}\n${ran.stderr}`);
      const urls = readFileSync(log, "utf8").split("\n");
      const names = urls.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
      return { packages: [...new Set(names)].sort(), answer: JSON.parse(ran.stdout || "{}") };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}
