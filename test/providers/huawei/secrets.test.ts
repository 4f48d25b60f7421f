import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const child = fileURLToPath(new URL("./secrets-child.ts", import.meta.url));
const secrets = ["HPUASECRETSECRET1234", "sk-never-to-be-shown", "token-never-to-be-shown"];

/** All that a process of its own says. */
async function saidBy(mode: "own" | "ready" | "loud", env: Readonly<Record<string, string>> = {}) {
  const running = spawn(process.execPath, ["--import", "tsx", child, mode], { env: { ...process.env, ...env } });
  let said = "";
  for (const stream of [running.stdout, running.stderr]) stream.on("data", (chunk) => (said += String(chunk)));
  const code = await new Promise<number | null>((resolve) => running.on("close", resolve));
  return { said, code };
}

describe("what the Huawei Cloud adapter prints", () => {
  it.each([
    ["own", {}],
    ["ready", {}],
    // With this in the environment the SDK logs every request with its headers.
    ["own", { DEBUG: "DEBUG" }],
  ] as const)(
    "S61 holds no credential through success, every envelope, silence and abort (%s clients, %o)",
    async (mode, env) => {
      const { said, code } = await saidBy(mode, env);
      expect(code).toBe(0);
      // It went through all of it.
      expect(said.match(/^answered$/gm)).toHaveLength(1);
      expect(said.match(/was refused|got no answer|connection broke/g)?.length).toBeGreaterThanOrEqual(10);
      expect(said).not.toMatch(/\bauthorization\b|x-security-token|SDK-HMAC-SHA256/i);
      for (const secret of secrets) expect(said).not.toContain(secret);
    },
    30_000,
  );

  it("would hold them, were the SDK's logger not silenced", async () => {
    const { said } = await saidBy("loud");
    expect(said).toMatch(/\bauthorization\b/i);
    expect(said).toContain("token-never-to-be-shown");
  });
});
