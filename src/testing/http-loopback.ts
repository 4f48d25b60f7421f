import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/** A server on 127.0.0.1. */
export interface LoopbackServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves a fetch function on a free loopback port. A rejected answer closes the socket without one; an answer whose
 * body breaks off closes it half way. The request's signal aborts when the client goes away.
 */
export async function serveOnLoopback(fetch: (request: Request) => Promise<Response>): Promise<LoopbackServer> {
  const server = createServer((incoming, outgoing) => {
    answer(fetch, incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  // The port is new for each server: a client's pooled sockets to a former one would meet ECONNRESET.
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The loopback server has no port.");
  const { port } = address;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  fetch: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.on("close", () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const request = await toRequest(incoming, gone.signal);
  await send(outgoing, await fetch(request));
}

async function toRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const headers = new Headers();
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2)
    headers.append(incoming.rawHeaders[index] ?? "", incoming.rawHeaders[index + 1] ?? "");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const method = incoming.method ?? "GET";
  // Huawei's core can send a GET with the body {}; a Request cannot carry one.
  const body = method === "GET" || method === "HEAD" ? null : Buffer.concat(chunks);
  return new Request(`http://${incoming.headers.host}${incoming.url}`, { method, headers, signal, body });
}

async function send(outgoing: ServerResponse, response: Response): Promise<void> {
  outgoing.sendDate = !response.headers.has("date");
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  // Piece by piece, so that a body that breaks off has sent its first part.
  for await (const chunk of response.body ?? []) await new Promise((sent) => outgoing.write(chunk, sent));
  outgoing.end();
}
