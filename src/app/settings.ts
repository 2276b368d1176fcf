import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Client } from '@temporalio/client';
import type { Pool } from '../adapters/postgres/pool.ts';
import type { SettingsView } from '../contracts/http/settings.ts';
import { settingsOf } from '../platform/settings.ts';
import { VERSION } from '../platform/version.ts';

/** For the version of the Temporal server. Milliseconds. */
const DEADLINE_MS = 1_500;

/** How this process is configured, and what it runs with. A server that does not answer is left out. */
export function createReadSettings({
  pool,
  client,
}: {
  pool: Pool;
  client: Client;
}): () => Promise<SettingsView> {
  const builtAt = statSync(fileURLToPath(import.meta.url)).mtime.toISOString();
  const startedAt = new Date(Date.now() - process.uptime() * 1_000).toISOString();
  const settings = settingsOf();
  return async () => {
    const [postgres, temporal] = await Promise.all([
      postgresVersion(pool).catch(() => undefined),
      temporalVersion(client).catch(() => undefined),
    ]);
    const versions = {
      checkout: VERSION,
      node: process.versions.node,
      ...(postgres !== undefined && { postgres }),
      ...(temporal !== undefined && { temporal }),
    };
    return { settings, versions, builtAt, startedAt };
  };
}

async function postgresVersion(pool: Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ version: string }>(
    `select current_setting('server_version') as version`,
  );
  return rows[0]?.version;
}

async function temporalVersion(client: Client): Promise<string | undefined> {
  const { serverVersion } = await client.withDeadline(Date.now() + DEADLINE_MS, () =>
    client.workflowService.getSystemInfo({}),
  );
  return serverVersion === '' ? undefined : serverVersion;
}
