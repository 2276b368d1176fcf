import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MissingError } from '../../dev/tools/missing-error.ts';

/**
 * Servers that the processes of one test run share, and what else is made once in a run. The first process calls
 * {@link offerSharedServers}: from then on each server is started there when a process asks for it for the first time, and its
 * description is sent to that process.
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
    const [, kind, name = ''] = (request.url ?? '').split('/').map(decodeURIComponent);
    if (kind === 'first') {
      response.end(JSON.stringify(isFirstHere(name)));
      return;
    }
    const start = starters.get(name);
    const started = start?.() ?? Promise.reject(new Error(`no shared server has the name ${name}`));
    started.then(
      (description) => response.end(JSON.stringify({ description })),
      (error: unknown) => response.end(JSON.stringify(descriptionOf(error))),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  server.unref();
  process.env[VARIABLE] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const seen = new Set<string>();

/** Whether no process of this test run has asked for this text before. */
export async function isFirstInRun(text: string): Promise<boolean> {
  const offeredAt = process.env[VARIABLE];
  if (offeredAt === undefined || offering) return isFirstHere(text);
  const response = await fetch(`${offeredAt}/first/${encodeURIComponent(text)}`);
  return (await response.json()) as boolean;
}

function isFirstHere(text: string): boolean {
  const isFirst = !seen.has(text);
  seen.add(text);
  return isFirst;
}

interface Failure {
  readonly error: string;
  /** Of a {@link MissingError}. */
  readonly needs?: string;
}

async function askFor<T>(offeredAt: string, name: string): Promise<T> {
  const response = await fetch(`${offeredAt}/server/${encodeURIComponent(name)}`);
  const answer = (await response.json()) as { description: T } | Failure;
  if (!('error' in answer)) return answer.description;
  if (answer.needs === undefined) throw new Error(answer.error);
  throw new MissingError(answer.needs, answer.error);
}

function descriptionOf(error: unknown): Failure {
  if (error instanceof MissingError) return { error: error.message, needs: error.needs };
  return { error: error instanceof Error ? error.message : String(error) };
}
