import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// No test may reach a real account: what an SDK or an agent picks up by itself is taken away before the workers start.
for (const name of Object.keys(process.env)) {
  if (/^(aws|alibaba_cloud|alicloud|tencentcloud|huaweicloud)_/i.test(name) || /^(https?|all|no)_proxy$/i.test(name)) {
    delete process.env[name];
  }
}

const root = fileURLToPath(new URL(".", import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^cloud-decom$/, replacement: `${root}src/index.ts` },
      { find: /^cloud-decom\/testing$/, replacement: `${root}src/testing/index.ts` },
      { find: /^cloud-decom\/(.+)$/, replacement: `${root}providers/$1/index.ts` },
    ],
  },
  test: {
    pool: "forks",
    // Importing an SDK takes a third of a second; with isolation each file would pay for it again.
    isolate: false,
    // vitest leaves one processor free, which halves the pace on a machine with two.
    maxWorkers: "100%",
    env: {
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_CONFIG_FILE: `${root}test/no-such-file`,
      AWS_SHARED_CREDENTIALS_FILE: `${root}test/no-such-file`,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    },
    coverage: { provider: "v8", include: ["src/**", "providers/**"], reporter: ["text-summary", "html"] },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/packaging/**", "test/browser/**"],
          // For what hangs, not for what is slow: a busy machine must not turn a test red.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // Needs a browser, which not every machine has.
        test: { name: "browser", include: ["test/browser/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 },
      },
      {
        extends: true,
        // Builds, packs and installs, so it takes a minute.
        test: {
          name: "packaging",
          include: ["test/packaging/**/*.test.ts"],
          globalSetup: "test/packaging/pack.ts",
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
