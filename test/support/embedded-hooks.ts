import { Runtime } from '@temporalio/worker';
import { installTemporalRuntime } from '../../src/platform/temporal.ts';
import { stopAll, testLogger } from '../../harness/servers/test-servers.ts';

/** Given to mocha by `.mocharc.json`. The tests are full of faults: what Temporal's SDK warns of is what they are about. */
export function mochaGlobalSetup(): void {
  installTemporalRuntime(testLogger.child({}, { level: 'error' }));
}

/** The servers of `embedded.ts` end with the last test; and Temporal's runtime, which would keep a process alive that had no worker. */
export async function mochaGlobalTeardown(): Promise<void> {
  await stopAll();
  await Runtime.instance().shutdown();
}
