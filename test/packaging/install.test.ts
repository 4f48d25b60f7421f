import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openProject, type Project, type Ran } from "./project.js";

const manifest: { readonly devDependencies: Readonly<Record<string, string>> } = createRequire(import.meta.url)(
  "../../package.json",
);
const at = (name: string) => `${name}@${manifest.devDependencies[name]}`;
const isSdk = (name: string) => /^(@aws-sdk|@smithy|@alicloud|@huaweicloud)\/|^tencentcloud/.test(name);

describe("in a project without any SDK", () => {
  let project: Project;
  beforeAll(async () => {
    project = await openProject(inject("tarball"), []);
  });
  afterAll(() => project.close());

  it("imports every entry, and loads nothing of others but its own dependencies", async () => {
    const { packages } = await project.loadedBy("import-all.mjs");
    expect(packages).toContain("cloud-decom");
    expect(
      packages.filter((name) => !["cloud-decom", "p-retry", "is-network-error", "canonicalize"].includes(name)),
    ).toEqual([]);
  });

  it("can be required", async () => {
    const ran = await project.node("require-all.cjs");
    expect(ran.stderr).toBe("");
    expect(JSON.parse(ran.stdout)).toEqual(["function", "function", "function", "function"]);
  });

  it("makes an adapter, whose first request prints the line that installs the SDK", async () => {
    const ran = await project.node("without-sdk.mjs");
    expect(JSON.parse(ran.stdout)).toEqual({
      ours: true,
      code: "missing-package",
      hint: expect.stringContaining("npm install @aws-sdk/client-"),
    });
  });
});

describe("in a project with the EC2 client alone", () => {
  let project: Project;
  let compiled: Ran;
  beforeAll(async () => {
    project = await openProject(inject("tarball"), [at("@aws-sdk/client-ec2"), at("@types/node")]);
    compiled = await project.compile();
  });
  afterAll(() => project.close());

  it("imports every entry without loading the SDK", async () => {
    const { packages } = await project.loadedBy("import-all.mjs");
    expect(packages.filter(isSdk)).toEqual([]);
  });

  it("type-checks with every declaration read, as Node resolves and as bundlers do", async () => {
    expect(compiled.stdout).toBe("");
    const bundler = await project.compile("--noEmit", "--module", "esnext", "--moduleResolution", "bundler");
    expect(bundler.stdout).toBe("");
  });

  it("works on the fake through the real SDK, and shows what the missing siblings hide", async () => {
    const { packages, answer } = await project.loadedBy("compiled/five-operations.js");
    expect(packages).toContain("@aws-sdk/client-ec2");
    expect(answer).toMatchObject({
      snapshots: ["completed"],
      proofs: 2,
      ended: ["accepted"],
      verdicts: ["deleted"],
      through: ["found"],
      stands: false,
    });
    for (const sibling of ["client-auto-scaling", "client-elastic-load-balancing-v2"]) {
      expect(answer.coverage).toContainEqual(expect.stringMatching(`unavailable .*npm install @aws-sdk/${sibling}`));
    }
  });
});

describe("in a project with the Tencent Cloud SDK alone", () => {
  let project: Project;
  let compiled: Ran;
  beforeAll(async () => {
    project = await openProject(inject("tarball"), [at("tencentcloud-sdk-nodejs"), at("@types/node")]);
    compiled = await project.compile("--project", "tsconfig.tencent.json");
  });
  afterAll(() => project.close());

  it("type-checks and works on the fake through the real SDK, in both stages of a prepaid server", async () => {
    expect(compiled.stdout).toBe("");
    const { packages, answer } = await project.loadedBy("compiled/tencent-two-stages.js");
    expect(packages).toContain("tencentcloud-sdk-nodejs");
    expect(answer).toEqual({
      snapshots: ["completed"],
      ended: ["recycled"],
      verdicts: ["recycled"],
      purged: ["accepted"],
      unavailable: [],
      stands: false,
    });
  });
});

describe("in a project with the Huawei Cloud ECS client alone", () => {
  let project: Project;
  let compiled: Ran;
  beforeAll(async () => {
    project = await openProject(inject("tarball"), [
      at("@huaweicloud/huaweicloud-sdk-ecs"),
      at("uuid"),
      at("@types/node"),
    ]);
    compiled = await project.compile("--project", "tsconfig.huawei.json");
  });
  afterAll(() => project.close());

  it("type-checks and works on the fake through the real SDK, which prints nothing of its own", async () => {
    expect(compiled.stdout).toBe("");
    const { packages, answer } = await project.loadedBy("compiled/huawei-yearly-monthly.js");
    expect(packages).toContain("@huaweicloud/huaweicloud-sdk-ecs");
    expect(answer).toEqual({
      snapshots: ["completed"],
      refused: ["blocked"],
      ended: ["accepted"],
      verdicts: ["deleted"],
      unavailable: [],
      stands: false,
    });
  });
});

describe("in a project with the ECS package alone", () => {
  let project: Project;
  beforeAll(async () => {
    project = await openProject(inject("tarball"), [at("@alicloud/ecs20140526"), at("@types/node")]);
  });
  afterAll(() => project.close());

  it("imports every entry without loading the SDK", async () => {
    const { packages } = await project.loadedBy("import-all.mjs");
    expect(packages.filter(isSdk)).toEqual([]);
  });

  it("type-checks, and works on the fake through the real SDK: what the package brings reaches every service", async () => {
    const compiled = await project.compile("--project", "tsconfig.aliyun.json");
    // The SDK's own declarations name types of `ws`, which it does not bring.
    const errors = compiled.stdout.split("\n").filter((line) => line.includes("error TS"));
    expect(errors.filter((line) => !line.startsWith("node_modules/@darabonba/"))).toEqual([]);
    const { packages, answer } = await project.loadedBy("compiled/aliyun-operations.js");
    expect(packages).toEqual(expect.arrayContaining(["@alicloud/ecs20140526", "@alicloud/openapi-core"]));
    expect(answer).toMatchObject({
      snapshots: ["completed"],
      proofs: 2,
      ended: ["accepted"],
      verdicts: ["deleted"],
      unavailable: [],
      refund: { amount: "12.50", currency: "CNY" },
      through: ["found"],
      stands: [false, true],
    });
  });
});
