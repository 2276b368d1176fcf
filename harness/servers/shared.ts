import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Servers that the processes of one test run share. The first process calls {@link offerSharedServers}: from then on each server
 * is started there when a process asks for it for the first time, and its description is sent to that process.
 */
const starters = new Map<string, () => Promise<unknown>>();

/** The URL at which the first process offers its servers. The processes that it starts inherit the variable. */
const VARIABLE = 'CHECKOUT_TEST_SERVERS';

let offering = false;

/**
 * Returns a function that starts the server at its first call and returns its description, which is JSON. In a process whose parent
 * offers its servers, the parent starts it.
 */
export function sharedServer<T>(name: string, start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  starters.set(name, () => (started ??= start()));
  return () => {
    const offeredAt = process.env[VARIABLE];
    return (started ??= offeredAt === undefined || offering ? start() : askFor<T>(offeredAt, name));
  };
}

/** Offers the servers of this process to the processes that it starts. */
export async function offerSharedServers(): Promise<void> {
  offering = true;
  const server = createServer((request, response) => {
    const start = starters.get(decodeURIComponent(request.url?.slice(1) ?? ''));
    const started = start?.() ?? Promise.reject(new Error(`no shared server has the name ${request.url}`));
    started.then(
      (description) => response.end(JSON.stringify({ description })),
      (error: unknown) => response.end(JSON.stringify({ error: messageOf(error) })),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  process.env[VARIABLE] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function askFor<T>(offeredAt: string, name: string): Promise<T> {
  const response = await fetch(`${offeredAt}/${encodeURIComponent(name)}`);
  const answer = (await response.json()) as { description: T } | { error: string };
  if ('error' in answer) throw new Error(answer.error);
  return answer.description;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
