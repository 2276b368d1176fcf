/**
 * `npm run dev`: the whole system as `npm start` runs it, from the sources. When a source changes, the processes that depend on it
 * are replaced; the servers and the other processes continue. Nothing waits for the types, which a process of their own checks.
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { migrate } from '../../src/adapters/postgres/migrations/migrate.ts';
import { configOrExit, loadConfig } from '../../src/platform/config.ts';
import { packageRoot } from '../../src/platform/package-root.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import { DEFAULT_ENTRY_POINTS } from '../dev-parts.ts';
import { runDev, type RunningSystem } from '../dev.ts';
import { startNodeChild } from '../processes/node-child.ts';
import type { RunningPart } from '../processes/part.ts';
import { BUNDLE_VARIABLE } from './bundle-variable.ts';
import { startSpareChild } from './spare-child.ts';
import { type Change, type Target, watchSources } from './watch-sources.ts';

const root = packageRoot();
const config = configOrExit(loadConfig);
const entries = { ...DEFAULT_ENTRY_POINTS, app: 'dev/watch/app' };
const TARGETS: readonly Target[] = [
  {
    name: 'database',
    sources: {
      extension: '.sql',
      folders: ['', 'functions', 'indexes', 'migrations'].map((name) => join(root, 'db', name)),
    },
  },
  { name: 'workflows', sources: { entry: join(root, 'src/workflows/index.ts') } },
  { name: 'sandbox', sources: { entry: join(root, `${entries.sandbox}.ts`) } },
  { name: 'app', sources: { entry: join(root, `${entries.app}.ts`) } },
  { name: 'npm run dev', sources: { entry: join(root, 'dev/watch/main.ts') } },
];

const bundleFile = resolve(config.embedded.dataDir, 'workflow-bundle.js');
process.env[BUNDLE_VARIABLE] = bundleFile; // the application inherits it
const firstBundle = bundleWorkflows();
firstBundle.catch(() => undefined); // `beforeApp` rejects too

await runDev(config, {
  entries,
  beforeApp: { name: 'workflows', run: async () => writeFile(bundleFile, (await firstBundle).code) },
  onReady,
});

function onReady({ supervisor, children, databaseUrl, logger }: RunningSystem): void {
  const spares = new Map([...children].map(([name, child]) => [name, startSpareChild(child)]));

  async function replace(name: string, bundled: Promise<void> | undefined): Promise<void> {
    const child = children.get(name);
    const spare = spares.get(name);
    if (child === undefined || spare === undefined) return; // it runs elsewhere
    try {
      const [run] = await Promise.all([spare.load(), bundled]);
      await supervisor.replace(name, run);
    } catch (error) {
      await spare.stop();
      throw new Error(
        `The ${name} was not replaced: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      );
    } finally {
      spares.set(name, startSpareChild(child));
    }
  }

  async function apply({ targets, files, since }: Change): Promise<void> {
    const report = (name: string, outcome: string): void => {
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      console.log(`  ${name.padEnd(12)} ${seconds.padStart(5)} s   ${outcome}`);
    };
    if (targets.has('database')) {
      await migrate(databaseUrl, { logger });
      report('database', 'schema and functions are up to date');
    }
    const bundled = targets.has('workflows')
      ? bundleWorkflows().then(({ code }) => writeFile(bundleFile, code))
      : undefined;
    for (const name of children.keys())
      if (targets.has(name) || (name === 'app' && bundled !== undefined)) {
        await replace(name, bundled);
        report(name, `runs ${files.join(', ')}`);
      }
    if (bundled !== undefined) await checkReplay();
    if (targets.size === 1 && targets.has('npm run dev'))
      console.log(
        `  ${files.join(', ')}: part of npm run dev itself, which runs the change after you restart it`,
      );
  }

  let replayCheck: RunningPart | undefined;
  async function checkReplay(): Promise<void> {
    await replayCheck?.stop();
    const env = children.get('app')?.env;
    if (env !== undefined)
      replayCheck = await startNodeChild({ entry: 'dev/watch/replay-check', env, graceMs: 0 });
  }

  const onError = (error: unknown): void => {
    console.error(error instanceof Error ? error.message : String(error));
  };
  watchSources({ root, targets: TARGETS, apply, onError });
  supervisor
    .start({
      name: 'types',
      start: () => startNodeChild({ entry: 'dev/watch/type-check', env: process.env, graceMs: 0 }),
    })
    .catch(onError);
}
