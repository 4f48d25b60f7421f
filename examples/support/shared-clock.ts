import { createServer, type Server } from "node:http";
import type { Clock } from "cloud-decom";
import type { FakeCloud } from "cloud-decom/testing";

/** Lets another process live in a fake's time: a request for `/500` passes half a second and answers the time after it. */
export async function serveClock(clock: FakeCloud["clock"]): Promise<{ readonly url: string; close(): void }> {
  const server: Server = createServer(async (request, response) => {
    await clock.advance(Number(request.url?.slice(1) ?? 0));
    response.end(String(clock.now()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close().closeAllConnections() };
}

/** The clock that another process serves. Its waits take no time here. */
export async function remoteClock(url: string): Promise<Clock> {
  const pass = async (milliseconds: number) => Number(await (await fetch(`${url}/${Math.ceil(milliseconds)}`)).text());
  let now = await pass(0);
  return {
    now: () => now,
    sleep: async (milliseconds, signal) => {
      if (!signal?.aborted) now = await pass(milliseconds);
    },
  };
}
