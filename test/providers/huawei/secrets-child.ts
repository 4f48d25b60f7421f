import { createServer } from "node:http";
import { BasicCredentials } from "@huaweicloud/huaweicloud-sdk-core";
import { ClientBuilder } from "@huaweicloud/huaweicloud-sdk-core/ClientBuilder.js";
import { huaweiClients } from "../../../providers/huawei/clients.js";
import type { HuaweiOptions, HuaweiSdkClient } from "../../../providers/huawei/options.js";

/*
 * A process of its own that meets success, every envelope of an error, silence and abort. `loud` talks through the SDK
 * alone, the way anybody would; `own` and `ready` through the adapter, which opens its clients or is given them.
 */

const credentials = {
  ak: "HPUASECRETSECRET1234",
  sk: "sk-never-to-be-shown",
  securityToken: "token-never-to-be-shown",
};
const projectId = "b".repeat(32);
const path = "/v1/{project_id}/cloudservers/detail";

const answers: readonly (readonly [status: number, body: string])[] = [
  [200, '{"servers":[]}'],
  [400, '{"error":{"code":"Ecs.0005","message":"no"}}'],
  [401, '{"error_code":"APIGW.0301","error_msg":"no"}'],
  [404, '{"code":"VPC.0603","message":"no"}'],
  [404, '{"NeutronError":{"type":"PortNotFound","message":"no"}}'],
  [404, '{"itemNotFound":{"code":404,"message":"no"}}'],
  [429, '{"error_code":"APIGW.0308","error_msg":"no"}'],
  [500, '{"error":{"code":"Ecs.0000","message":"no"}}'],
  [502, "<html>no</html>"],
];

let turn = 0;
const server = createServer((_, response) => {
  const answer = answers[turn++];
  // Past the last one nothing is answered: silence, until the caller's time is up.
  if (answer) response.writeHead(answer[0], { "content-type": "application/json" }).end(answer[1]);
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const address = server.address();
const endpoint = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;

function sdkClient(): HuaweiSdkClient {
  const credential = new BasicCredentials()
    .withAk(credentials.ak)
    .withSk(credentials.sk)
    .withProjectId(projectId)
    .withSecurityToken(credentials.securityToken);
  const options = { customUserAgent: "test" };
  return new ClientBuilder((client) => client, "BasicCredentials")
    .withCredential(credential)
    .withEndpoint(endpoint)
    .withOptions(options)
    .build();
}

async function through(options: Partial<HuaweiOptions>): Promise<void> {
  const clients = huaweiClients({ region: "cn-north-4", projectId, endpoint, ...options }, 300);
  const request = { service: "ecs", action: `GET ${path}`, parameters: {} };
  const send = async (signal: AbortSignal) => {
    try {
      await clients.send(request, signal);
      console.log("answered");
    } catch (error) {
      console.log(clients.translate(error, request).problem.message);
      // What a careless caller does with it.
      console.error(error);
    }
  };
  for (const _ of answers) await send(AbortSignal.timeout(1_000));
  await send(AbortSignal.timeout(1_000));
  await send(AbortSignal.timeout(50));
}

async function loud(): Promise<void> {
  const client = sdkClient();
  const request = {
    method: "GET",
    url: path,
    contentType: "application/json",
    pathParams: {},
    queryParams: {},
    headers: {},
  };
  for (const _ of answers) {
    try {
      await Reflect.apply(client.sendRequest, client, [{ ...request }]);
    } catch {
      // What it printed is what counts.
    }
  }
}

const [mode] = process.argv.slice(2);
if (mode === "loud") await loud();
else await through(mode === "ready" ? { clients: { ecs: sdkClient() } } : { credentials });
server.closeAllConnections();
server.close();
