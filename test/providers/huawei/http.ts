import { createServer } from "node:http";
import { onTestFinished } from "vitest";

/** One answer to whatever is asked. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A server on loopback that answers by the request's path; it is closed with the test. Answers its URL. */
export async function startHttp(answer: (path: string) => HttpAnswer): Promise<string> {
  const server = createServer((request, response) => {
    const { status, body, headers = {} } = answer(request.url ?? "");
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}
