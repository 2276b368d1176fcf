/**
 * Records a release for the tests of the next one, which prove that processes of both can run side by side during a deploy: its SQL
 * functions, and the statements that its code sends with their answers. Run once for each release, before it is tagged:
 *
 *   npm run db:record-release [-- version] [--replace]
 *
 * Without a version it takes the one of package.json. A release that was published is never recorded again.
 */
import { VERSION } from '../../src/platform/version.ts';
import { createPool } from '../../src/adapters/postgres/pool.ts';
import { walkDatabase } from '../../test/support/db/walk.ts';
import { stopAll, testPostgres } from '../../harness/servers/test-servers.ts';
import { recordCalls } from '../../test/support/db/recorded-calls.ts';
import { releaseExists, writeRelease } from '../../test/support/db/releases.ts';

const args = process.argv.slice(2);
const version = args.find((arg) => !arg.startsWith('--')) ?? VERSION;
if (releaseExists(version) && !args.includes('--replace')) {
  console.error(
    `db/releases/${version} is recorded already. With --replace it is recorded again; do so only before the release.`,
  );
  process.exit(1);
}

const url = await (await testPostgres()).createDatabase();
const pool = createPool({ url, max: 2 });
try {
  const calls = await recordCalls(() => walkDatabase(pool, url));
  writeRelease(version, calls);
  console.log(`db/releases/${version} is written: ${calls.length} statements.`);
} finally {
  await pool.end();
  await stopAll();
}
