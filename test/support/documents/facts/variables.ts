import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { environmentSchema } from '../../../../src/platform/environment.ts';
import type { Variables } from '../checks/environment.ts';
import type { Tree } from '../../repository-tree.ts';
import { namesIn } from '../text/names-in.ts';

/** Every variable of the configuration, with its default as a text; undefined where it has none. */
export const configuration: ReadonlyMap<string, string | undefined> = new Map(
  Object.entries(environmentSchema.properties).map(([name, schema]) => {
    const value: unknown = Reflect.get(schema, 'default');
    return [name, typeof value === 'string' || typeof value === 'number' ? String(value) : undefined];
  }),
);

/** Variables outside the configuration, with the file that reads them. */
export const READ_ELSEWHERE: Readonly<Record<string, string>> = {
  CHECKOUT_URL: 'src/cli/support/connection.ts',
  SANDBOX_DATA_DIR: 'sandbox/environment.ts',
  SANDBOX_WEBHOOK_URL: 'sandbox/environment.ts',
  SANDBOX_EASYPOST_WEBHOOK_URL: 'sandbox/environment.ts',
  SANDBOX_TRACKER_STEP_MS: 'sandbox/environment.ts',
  SANDBOX_IDEMPOTENCY_TTL_MS: 'sandbox/environment.ts',
  SANDBOX_AUTHORIZATION_MS: 'sandbox/environment.ts',
  SANDBOX_SLOW_MS: 'sandbox/environment.ts',
  XDG_CACHE_HOME: 'dev/tools/cache-folder.ts',
  CI: 'harness/servers/missing.ts',
};

const COMPOSE_FILES = ['docker-compose.yml', 'deploy/observability/docker-compose.yml'];

/** Every variable that something here reads: also the examples, Docker Compose, and Temporal's own clients. */
export function readVariables(root: string, { files }: Tree): Variables {
  const names = new Set([
    ...configuration.keys(),
    ...Object.keys(READ_ELSEWHERE),
    ...COMPOSE_FILES.flatMap((file) =>
      namesIn(readFileSync(join(root, file), 'utf8'), /(?:\$\{|^ {6}(?=[A-Z]\w*:))(\w+)/gm),
    ),
    ...files
      .filter((file) => /^examples\/.*\.py$/.test(file))
      .flatMap((file) => namesIn(readFileSync(join(root, file), 'utf8'), /os\.environ\.get\("(\w+)"/g)),
    ...temporalClientVariables(),
  ]);
  return {
    knows: (name) => names.has(name),
    knowsPrefix: (prefix) => [...names].some((name) => name.startsWith(prefix)),
  };
}

function temporalClientVariables(): string[] {
  const folder = dirname(createRequire(import.meta.url).resolve('@temporalio/envconfig'));
  return namesIn(readFileSync(join(folder, 'envconfig-toml.js'), 'utf8'), /\b(TEMPORAL_[A-Z_]+)\b/g);
}
