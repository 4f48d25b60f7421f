import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type OpenTencentCall, tencentCalls } from "../../../providers/tencent/call.js";
import { fakeClock } from "../../../src/testing/fake-clock.js";

const home = fileURLToPath(new URL("../../../../shared/recordings/tencent", import.meta.url));

/** Whether the recordings are there. */
export const present = existsSync(home);
if (!present) console.warn(`SKIPPED: no recordings of Tencent Cloud answers at ${home}.`);

/** A recorded body as it was sent. */
export function recorded(file: string): string {
  return readFileSync(`${home}/${file}`, "utf8");
}

/** Bodies by action: one for every request, or one after the other, the last for all that follow. */
export type Bodies = Readonly<Record<string, string | readonly string[]>>;

/** Calls through the official SDK to a server that answers with these bodies, and with empty lists to all else. */
export async function callsTo(bodies: Bodies): Promise<OpenTencentCall> {
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    request.resume();
    request.once("end", () => {
      const action = String(request.headers["x-tc-action"]);
      const turn = asked.get(action) ?? 0;
      asked.set(action, turn + 1);
      const own = [bodies[action] ?? nothing].flat();
      response.writeHead(200, { "content-type": "application/json" }).end(own[turn] ?? own.at(-1));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return tencentCalls({
    region: "ap-singapore",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { secretId: "AKIDHOME", secretKey: "never checked" },
    clock: fakeClock(),
  });
}

/** Empty answers of every listing at once. */
const nothing = JSON.stringify({
  Response: {
    AccountId: "100000000001",
    Arn: "qcs::cam::uin/100000000001:uin/100000000001",
    PrincipalId: "100000000001",
    TotalCount: 0,
    ...Object.fromEntries(
      [
        "InstanceSet",
        "DiskSet",
        "NetworkInterfaceSet",
        "AddressSet",
        "ActionTimers",
        "SecurityGroupSet",
        "LaunchConfigurationSet",
        "LaunchTemplateSet",
        "TargetGroupSet",
        "TargetGroupInstanceSet",
        "Listeners",
      ].map((name) => [name, []]),
    ),
    RequestId: "empty",
  },
});
