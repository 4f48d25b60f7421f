import * as core from "@huaweicloud/huaweicloud-sdk-core";
import { ClientBuilder } from "@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js";
import * as log4j from "@huaweicloud/huaweicloud-sdk-core/logger/log4jLogger.js";
import { EcsClient } from "@huaweicloud/huaweicloud-sdk-ecs";
import { afterEach } from "vitest";
import { fakeHuawei } from "../../../../providers/huawei/fake/index.js";
import type { FakeOptions } from "../../../../src/testing/world.js";

export const project = "0970dd9c1a0026a62fddc0038c52b5eb";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Core prints every error, with its credentials, unless told not to. */
Reflect.set(Reflect.get(log4j, "Logger4jInstance") ?? {}, "level", "off");

/** What a request carries besides its method and path. */
export interface Parameters {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: object;
}

/** A fake on loopback with the official SDK: the typed client of ECS, and one call for every service. */
export async function openFake(options: FakeOptions = {}) {
  const cloud = fakeHuawei(options);
  const server = await cloud.listen();
  closers.push(() => server.close());
  const { credential, settings } = account(options.project);
  const clients = new Map<string, unknown>();
  const clientOf = (service: string): unknown => {
    const known = clients.get(service);
    if (known) return known;
    const built = new ClientBuilder((client) => client, "BasicCredentials")
      .withCredential(credential)
      .withEndpoint(server.endpoint[service] ?? "")
      .withOptions(settings)
      .build();
    clients.set(service, built);
    return built;
  };
  const ecs = EcsClient.newBuilder()
    .withCredential(credential)
    .withEndpoint(server.endpoint.ecs ?? "")
    .withOptions(settings)
    .build();
  return {
    cloud,
    server,
    ecs,
    /** Any action, by its name in the log: `evs:GET /v2/{project_id}/cloudvolumes/detail`. */
    call: async (api: string, { path = {}, query = {}, body }: Parameters = {}): Promise<unknown> => {
      const colon = api.indexOf(":");
      const [method, url] = api.slice(colon + 1).split(" ");
      const client = clientOf(api.slice(0, colon));
      const send = typeof client === "object" && client !== null ? Reflect.get(client, "sendRequest") : undefined;
      const request = {
        method,
        url,
        contentType: "application/json",
        pathParams: path,
        queryParams: query,
        headers: {},
        ...(body === undefined ? {} : { data: body }),
      };
      return Reflect.apply(send, client, [request]);
    },
  };
}

/** What stands at a path such as `entities.sub_jobs.0.status`; `undefined` where there is nothing. */
export function at(answer: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>(
      (value, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined),
      answer,
    );
}

/** The same as text. */
export function textAt(answer: unknown, path: string): string {
  return String(at(answer, path));
}

/** Code and status of the error a call ends with; fails when it does not. */
export async function refusalOf(call: Promise<unknown>): Promise<{ readonly code: unknown; readonly status: unknown }> {
  try {
    await call;
  } catch (error) {
    return { code: at(error, "errorCode"), status: at(error, "httpStatusCode") };
  }
  throw new Error("The call succeeded.");
}

function account(projectId = project) {
  return {
    credential: new core.BasicCredentials().withAk("AKHOME").withSk("never checked").withProjectId(projectId),
    settings: { customUserAgent: "test", axiosRequestConfig: { timeout: 5_000 } },
  };
}
