/**
 * Writes the packages of every platform into package-lock.json. npm leaves out those a registry did not offer where
 * the lock was written, and `npm ci` then refuses the whole lock (npm/cli issue 4828).
 * `npm run lockfile` after each change of the dependencies.
 */
import { readFileSync, writeFileSync } from "node:fs";

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const operatingSystems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/** Where Node would look for a package that this one asks for, the nearest folder first. */
function places(path: string, name: string): readonly string[] {
  const folders = path
    .split("/node_modules/")
    .map((_, depth, parts) => parts.slice(0, depth + 1).join("/node_modules/"));
  return [...folders.reverse().map((folder) => `${folder}/node_modules/${name}`), `node_modules/${name}`];
}

/** The entry of a package for another platform. Its name says which; npm skips it here without asking the registry. */
function entryFor(name: string, version: string, dev: boolean | undefined): LockedPackage {
  const words = name.split(/[/-]/);
  const os = words.filter((word) => operatingSystems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  if (os.length !== 1 || cpu.length !== 1) throw new Error(`Cannot tell the platform of ${name}.`);
  const libc = words.some((word) => word.startsWith("musl")) ? ["musl"] : words.includes("gnu") ? ["glibc"] : undefined;
  return {
    version,
    cpu,
    ...(dev === undefined ? {} : { dev }),
    ...(libc && os[0] === "linux" ? { libc } : {}),
    optional: true,
    os,
  };
}

const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync("package-lock.json", "utf8"));
let added = 0;
for (const [path, { optionalDependencies = {}, dev }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    if (places(path, name).some((place) => lock.packages[place])) continue;
    const folder = path.slice(0, path.lastIndexOf("node_modules/"));
    lock.packages[`${folder}node_modules/${name}`] = entryFor(name, version, dev);
    added += 1;
  }
}
const byPath = ([one]: [string, unknown], [other]: [string, unknown]) => (one < other ? -1 : 1);
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(byPath));
writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages of other platforms added.`);
