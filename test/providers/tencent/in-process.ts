import { services } from "../../../providers/tencent/fake/envelopes.js";
import { type TencentOptions, type TencentSdkClient, tencent } from "../../../providers/tencent/index.js";
import type { CloudAdapter } from "../../../src/adapter.js";
import type { FakeCloud } from "../../../src/testing/world.js";

const credentials = { secretId: "AKIDEXAMPLE", secretKey: "example" };

/** Asked before each request: what it answers befalls that one. */
export type Fate = () => "sent" | "never sent" | "sent and never answered";

/** Tells an answer otherwise than the fake does. */
export type Retell = (action: string, answer: unknown) => unknown;

/**
 * An adapter that talks to the fake without the SDK and without sockets, for tests that need many thousands of requests.
 * What it throws has the shapes that the SDK throws: a code for a refusal of the cloud, none for trouble on the way.
 * Waiting moves the clock at once.
 */
export function inProcessAdapter(
  fake: FakeCloud,
  fate: Fate = () => "sent",
  retell: Retell = (_, answer) => answer,
): CloudAdapter {
  const client = (service: string): TencentSdkClient => ({
    request: async (action, parameters) => {
      const now = fate();
      if (now === "never sent") return await never();
      const answer = await exchange(fake, service, action, parameters);
      if (now === "sent and never answered") return await never();
      return retell(action, answer());
    },
  });
  const options: TencentOptions = {
    region: "ap-guangzhou",
    credentials,
    clients: Object.fromEntries(Object.keys(services).map((service) => [service, client(service)])),
    clock: { now: () => fake.clock.now(), sleep: (milliseconds) => fake.clock.advance(Math.max(0, milliseconds)) },
  };
  return tencent(options);
}

/** The process has died: nothing comes of this any more. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

async function exchange(fake: FakeCloud, service: string, action: string, parameters: unknown): Promise<() => unknown> {
  try {
    const response = await fake.fetch(
      new Request(`https://${service}.tencentcloudapi.com/`, {
        method: "POST",
        headers: {
          "x-tc-action": action,
          "x-tc-version": services[service]?.version ?? "",
          "x-tc-region": "ap-guangzhou",
          "x-tc-language": "en-US",
          authorization: `TC3-HMAC-SHA256 Credential=${credentials.secretId}/2026-01-01/${service}/tc3_request`,
        },
        body: JSON.stringify(parameters),
      }),
    );
    const text = await response.text();
    return () => read(response.status, text);
  } catch {
    return () => {
      throw new Error("request to URL failed, reason: socket hang up");
    };
  }
}

function read(status: number, text: string): unknown {
  if (status !== 200) throw Object.assign(new Error("Internal Server Error"), { httpCode: status });
  const body: { readonly Response?: { readonly Error?: { readonly Code: string }; readonly RequestId?: string } } =
    JSON.parse(text);
  const { Error: refused, RequestId: requestId } = body.Response ?? {};
  if (refused) throw Object.assign(new Error("refused"), { code: refused.Code, requestId });
  return body.Response;
}
