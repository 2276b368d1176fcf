import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from '../../../harness/api/connection.ts';
import { originOf } from '../../platform/origin.ts';
import { variablesOf } from '../../platform/variables.ts';
import { CliError } from './errors.ts';

export interface ConnectionFlags {
  readonly url?: string | undefined;
  readonly apiKey?: string | undefined;
}

/**
 * The address of the API and its key, from the first of these that has them: the flags; CHECKOUT_URL, or HOST and PORT, and
 * CHECKOUT_API_KEY, from the environment or the file `.env`; the development system that runs in this folder (`dev.json` in its
 * data folder). The key of `dev.json` is sent only to that system.
 */
export function findConnection(flags: ConnectionFlags, env: NodeJS.ProcessEnv): Connection {
  const settings = variablesOf(env, '.env');
  const running = readDevState(settings['CHECKOUT_DATA_DIR'] ?? '.data');
  const url = baseOf(
    flags.url ?? settings['CHECKOUT_URL'] ?? listenUrl(settings) ?? running?.url ?? 'http://127.0.0.1:3000',
  );
  const runningKey = running !== undefined && baseOf(running.url) === url ? running.apiKey : undefined;
  return { url, apiKey: flags.apiKey ?? settings['CHECKOUT_API_KEY'] ?? runningKey };
}

function listenUrl({ HOST, PORT }: NodeJS.Dict<string>): string | undefined {
  if (HOST === undefined && PORT === undefined) return undefined;
  return originOf(HOST ?? '127.0.0.1', Number(PORT ?? 3000));
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new CliError(
      'invalid_url',
      `The address of the API must be a URL such as http://127.0.0.1:3000, not "${url}". Give it with --url or CHECKOUT_URL.`,
    );
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`;
}

/** The address and key that `checkout dev` writes to `dev.json` while it runs. Undefined when the file is missing or unreadable. */
function readDevState(dataDir: string): Connection | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(join(dataDir, 'dev.json'), 'utf8'));
    const url = textAt(state, 'urls', 'api');
    return url === undefined || !URL.canParse(url) ? undefined : { url, apiKey: textAt(state, 'apiKey') };
  } catch {
    return undefined;
  }
}

function textAt(value: unknown, ...path: string[]): string | undefined {
  const found = path.reduce<unknown>(
    (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
  return typeof found === 'string' ? found : undefined;
}
