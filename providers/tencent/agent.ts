import { type ClientRequest, Agent as HttpAgent, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent } from "node:https";

/**
 * The agent that requests to an address go through. With one the SDK uses no proxy, so where one is set for other
 * addresses than this computer's, there is none.
 */
export function agentFor(protocol: string, isLoopback: boolean): HttpAgent | undefined {
  // The SDK reads this variable alone, and sends even loopback through it.
  const proxied = process.env.http_proxy !== undefined && process.env.http_proxy !== "";
  if (proxied && !isLoopback) return undefined;
  return watchful(protocol === "https:" ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true }));
}

/**
 * Ends a request whose answer breaks off: node-fetch 2.7, under the SDK, hears only of bodies without a length
 * (`fixResponseChunkedTransferBadEnding`) and waits for the rest of all others until time is up.
 */
function watchful(agent: HttpAgent): HttpAgent {
  // Where a request meets its agent, as agents of other packages do it; without it, time ends the wait.
  const add: unknown = Reflect.get(agent, "addRequest");
  if (typeof add !== "function") return agent;
  return Object.assign(agent, {
    addRequest(request: ClientRequest, ...rest: unknown[]): void {
      request.once("response", (response) => watch(request, response));
      Reflect.apply(add, agent, [request, ...rest]);
    },
  });
}

function watch(request: ClientRequest, response: IncomingMessage): void {
  response.once("close", () => {
    if (!response.complete && request.listenerCount("error") > 0) request.emit("error", new Error("answer broke off"));
  });
}
