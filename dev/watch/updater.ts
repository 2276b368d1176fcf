import { writeFile } from 'node:fs/promises';
import { migrate } from '../../src/adapters/postgres/migrations/migrate.ts';
import type { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import type { RunningSystem } from '../dev.ts';
import { progressLine } from '../progress-line.ts';
import { startNodeChild } from '../processes/node-child.ts';
import type { RunningPart } from '../processes/part.ts';
import { startSpareChild } from './spare-child.ts';
import type { Change } from './watch-sources.ts';

/** The names of what a change can affect: parts of the system, and these. */
export const DATABASE = 'database';
export const WORKFLOWS = 'workflows';
export const ITSELF = 'npm run dev';

/** Returns a function that brings the running system up to date after a change of sources. It rejects with a reason for a terminal. */
export function createUpdater(
  { supervisor, children, databaseUrl, logger }: RunningSystem,
  bundleFile: string,
  bundle: typeof bundleWorkflows,
): (change: Change) => Promise<void> {
  const parts = [...children].map(([name, child]) => ({ name, child, spare: startSpareChild(child) }));
  let replayCheck: RunningPart | undefined;

  async function replace(part: (typeof parts)[number], bundled: Promise<void> | undefined): Promise<void> {
    const { name, child, spare } = part;
    try {
      const [run] = await Promise.all([spare.load(), bundled]);
      await supervisor.replace(name, run);
    } catch (error) {
      await spare.stop();
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`The ${name} was not replaced: ${reason}`, { cause: error });
    } finally {
      part.spare = startSpareChild(child);
    }
  }

  async function checkReplay(): Promise<void> {
    await replayCheck?.stop();
    const env = children.get('app')?.env;
    if (env !== undefined)
      replayCheck = await startNodeChild({ entry: 'dev/watch/replay-check', env, graceMs: 0 });
  }

  return async ({ targets, files, since }) => {
    const report = (name: string, outcome: string): void => {
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      console.log(progressLine(name, seconds, outcome));
    };
    if (targets.has(DATABASE)) {
      await migrate(databaseUrl, { logger });
      report(DATABASE, 'schema and functions are up to date');
    }
    const bundled = targets.has(WORKFLOWS)
      ? bundle().then(({ code }) => writeFile(bundleFile, code))
      : undefined;
    for (const part of parts) {
      const { name } = part;
      const runsWorkflows = name === 'app' && bundled !== undefined;
      if (!targets.has(name) && !runsWorkflows) continue;
      await replace(part, bundled);
      report(name, `runs ${files.join(', ')}`);
    }
    if (bundled !== undefined) await checkReplay();
    if (targets.size === 1 && targets.has(ITSELF))
      console.log(`  ${files.join(', ')}: ${ITSELF} runs this change itself; restart it`);
  };
}
