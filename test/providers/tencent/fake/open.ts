import { CommonClient } from "tencentcloud-sdk-nodejs/tencentcloud/common/index.js";
import { as as autoScaling } from "tencentcloud-sdk-nodejs/tencentcloud/services/as/index.js";
import { cbs } from "tencentcloud-sdk-nodejs/tencentcloud/services/cbs/index.js";
import { clb } from "tencentcloud-sdk-nodejs/tencentcloud/services/clb/index.js";
import { cvm } from "tencentcloud-sdk-nodejs/tencentcloud/services/cvm/index.js";
import { vpc } from "tencentcloud-sdk-nodejs/tencentcloud/services/vpc/index.js";
import { afterEach } from "vitest";
import { services } from "../../../../providers/tencent/fake/envelopes.js";
import { fakeTencent } from "../../../../providers/tencent/fake/index.js";
import type { FakeOptions } from "../../../../src/testing/world.js";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** The SDK sends even loopback requests through these, whatever `no_proxy` says. */
function withoutProxies(): void {
  for (const name of ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"]) {
    const former = process.env[name];
    if (former === undefined) continue;
    delete process.env[name];
    closers.push(() => {
      process.env[name] = former;
    });
  }
}

/** A fake on loopback with the official SDK's clients, and one call for the services without a client here. */
export async function openFake(options: FakeOptions = {}) {
  withoutProxies();
  const cloud = fakeTencent(options);
  const server = await cloud.listen();
  closers.push(() => server.close());
  const config = (service: string, over: object = {}) => ({
    credential: { secretId: "AKIDHOME", secretKey: "never checked" },
    region: "ap-guangzhou",
    profile: {
      language: "en-US" as const,
      httpProfile: { protocol: "http://", endpoint: endpointOf(server.endpoint, service), reqTimeout: 5 },
    },
    ...over,
  });
  return {
    cloud,
    server,
    config,
    cvm: new cvm.v20170312.Client(config("cvm")),
    cbs: new cbs.v20170312.Client(config("cbs")),
    vpc: new vpc.v20170312.Client(config("vpc")),
    clb: new clb.v20180317.Client(config("clb")),
    as: new autoScaling.v20180419.Client(config("as")),
    /** Any action, by its name in the log: `tke:DescribeExistedInstances`. */
    call: (api: string, parameters: object = {}, over?: object): Promise<object> => {
      const [service = "", action = ""] = api.split(":");
      const settings = config(service, over);
      const { endpoint } = settings.profile.httpProfile;
      const client = new CommonClient(endpoint, services[service]?.version ?? "2020-01-01", settings);
      return client.request(action, parameters);
    },
  };
}

/** The SDK wants the host without its scheme. */
export function endpointOf(endpoints: Readonly<Record<string, string>>, service: string): string {
  return (endpoints[service] ?? endpoints.cvm ?? "").replace("http://", "");
}

/** Code of the error a call ends with; fails when it does not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error && "code" in error) return String(error.code);
    throw error;
  }
  throw new Error("The call succeeded.");
}
