import { originOf, type Config } from '../platform/config.ts';
import { buildApp, type AppParts } from './app.ts';

export interface RunningApi {
  /** The address that it listens on, for example http://127.0.0.1:3000. */
  url: string;
  /** Answers the requests in progress and those that wait for an outcome, and ends the live streams. Safe to call twice. */
  close(): Promise<void>;
}

/** Builds the HTTP interface and listens. Rejects if the port is taken, and then leaves nothing open. */
export async function startApi(
  parts: AppParts,
  { host, port }: Pick<Config['http'], 'host' | 'port'>,
): Promise<RunningApi> {
  const app = await buildApp(parts);
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `the API listens at ${address}` });
  } catch (error) {
    await app.close();
    throw error;
  }
  const [listening] = app.addresses();
  const url = originOf(host, typeof listening === 'object' ? listening.port : port);
  let closing: Promise<void> | undefined;
  return { url, close: () => (closing ??= app.close()) };
}
