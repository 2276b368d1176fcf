import { Runtime } from '@temporalio/worker';
import { installTemporalRuntime } from '../../src/platform/temporal.ts';
import { stopAll, testLogger } from '../../harness/servers/test-servers.ts';

/** Called by mocha, see `.mocharc.json`. The tests cause many failures on purpose, so only errors of Temporal's SDK are logged. */
export function mochaGlobalSetup(): void {
  installTemporalRuntime(testLogger.child({}, { level: 'error' }));
}

/**
 * Stops the servers of `test-servers.ts` after the last test, and Temporal's runtime, which would keep a process alive that had no
 * worker.
 */
export async function mochaGlobalTeardown(): Promise<void> {
  await stopAll();
  await Runtime.instance().shutdown();
}
