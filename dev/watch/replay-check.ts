/**
 * Replays the running orders with the changed workflows, and prints which of them cannot continue: Temporal repeats their workflow tasks
 * in silence until the code fits again. `npm run dev` starts this process when workflows have changed.
 */
import { configOrExit, loadConfig } from '../../src/platform/config.ts';
import { createLogger } from '../../src/platform/logging.ts';
import { connectTemporal, installTemporalRuntime } from '../../src/platform/temporal.ts';
import { replayLive } from '../../src/workers/replay.ts';
import { BUNDLE_VARIABLE } from './bundle-variable.ts';
import { lowerPriority } from './lower-priority.ts';

lowerPriority();
process.once('disconnect', () => process.exit());
process.send?.({ type: 'ready' });

/** Temporal's own message within the SDK's, such as "[TMPRL1100] Nondeterminism error: …". */
const reasonOf = (error = ''): string => /\[TMPRL\d+\][^"\n]*/.exec(error)?.[0] ?? error;

const { temporal } = configOrExit(loadConfig);
installTemporalRuntime(createLogger({ level: 'silent' })); // the outcomes have what it would log
const connection = await connectTemporal(temporal);
const bundle = { codePath: process.env[BUNDLE_VARIABLE] ?? '' };
let replayed = 0;
const broken: string[] = [];
for await (const { name, ok, error } of replayLive(connection, temporal.namespace, 0, bundle)) {
  replayed += 1;
  if (!ok) broken.push(`    ${name}: ${reasonOf(error)}`);
}
if (broken.length > 0)
  console.error(
    [
      `  replay       ${broken.length} of ${replayed} running orders cannot continue with the changed workflows:`,
      ...broken,
      '    Undo the change, or keep the old behaviour for them: docs/guides/change-a-workflow-safely.md',
    ].join('\n'),
  );
else if (replayed > 0) console.log(`  replay       the running orders continue with the changed workflows`);
process.exit();
