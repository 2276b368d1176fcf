import { Runtime } from '@temporalio/worker';
import { installTemporalRuntime } from '../../src/platform/temporal.ts';
import { offerSharedServers } from '../../harness/servers/shared.ts';
import { stopAll, testLogger } from '../../harness/servers/test-servers.ts';
import './failed-hooks.ts';
// Mocha's own process finds the browser and makes the bundle for the others, so it has to know how.
import './shared-chromium.ts';
import './workflow-bundle.ts';

/*
 * Loaded by mocha in its own process and in each of the processes that run test files side by side, see `.mocharc.json`. The tests
 * cause many failures on purpose, so only errors of Temporal's SDK are logged.
 */
installTemporalRuntime(testLogger.child({}, { level: 'error' }));

// Mocha ends its processes one second after the last test, while V8 may still be writing what it has counted.
if (process.env['MOCHA_WORKER_ID'] !== undefined && process.env['NODE_V8_COVERAGE'] !== undefined)
  process.on('SIGTERM', () => undefined);

/** Called in mocha's own process only: it starts the servers that all test files share. */
export const mochaGlobalSetup = offerSharedServers;

/**
 * Stops the servers of `test-servers.ts` after the last test, and Temporal's runtime, which would keep a process alive that had no
 * worker.
 */
export async function mochaGlobalTeardown(): Promise<void> {
  await stopAll();
  await Runtime.instance().shutdown();
}
