/**
 * `npm run dev`: the whole system as `npm start` runs it, from the sources. When a source changes, the processes that depend on it
 * are replaced; the servers and the other processes continue. Nothing waits for the types, which a process of their own checks.
 *
 * It runs as `node --import tsx`: at Ctrl-C the command `tsx` kills its child before that has stopped the servers.
 */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { configOrExit, loadConfig } from '../../src/platform/config.ts';
import { packageRoot } from '../../src/platform/package-root.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import { DEFAULT_ENTRY_POINTS } from '../dev-parts.ts';
import { runDev } from '../dev.ts';
import { startNodeChild } from '../processes/node-child.ts';
import { BUNDLE_VARIABLE } from './bundle-variable.ts';
import { createUpdater, DATABASE, ITSELF, WORKFLOWS } from './updater.ts';
import { type Target, watchSources } from './watch-sources.ts';

const root = packageRoot();
const config = configOrExit(loadConfig);
const entries = { ...DEFAULT_ENTRY_POINTS, app: 'dev/watch/app' };
const SQL_FOLDERS = ['db', 'db/functions', 'db/indexes', 'db/migrations'].map((name) => join(root, name));
const TARGETS: readonly Target[] = [
  { name: DATABASE, sources: { folders: SQL_FOLDERS, extension: '.sql' } },
  { name: WORKFLOWS, sources: { entry: join(root, 'src/workflows/index.ts') } },
  { name: 'sandbox', sources: { entry: join(root, `${entries.sandbox}.ts`) } },
  { name: 'app', sources: { entry: join(root, `${entries.app}.ts`) } },
  { name: ITSELF, sources: { entry: join(root, 'dev/watch/main.ts') } },
];

const bundleFile = resolve(config.embedded.dataDir, 'workflow-bundle.js');
process.env[BUNDLE_VARIABLE] = bundleFile; // the application inherits it

const onError = (error: unknown): void => {
  console.error(error instanceof Error ? error.message : String(error));
};
const bundle = (): ReturnType<typeof bundleWorkflows> =>
  bundleWorkflows({ traced: config.tracing !== undefined });
const firstBundle = bundle();
firstBundle.catch(() => undefined); // `beforeApp` rejects too
const system = runDev(config, {
  entries,
  beforeApp: { name: WORKFLOWS, run: async () => writeFile(bundleFile, (await firstBundle).code) },
});
const update = system.then((running) => running && createUpdater(running, bundleFile, bundle));
// From now on: what changes during the start is applied after it.
watchSources({ root, targets: TARGETS, apply: async (change) => (await update)?.(change), onError });

const { supervisor } = (await system) ?? {};
const checkTypes = { entry: 'dev/watch/type-check', env: process.env, graceMs: 0 };
supervisor?.start({ name: 'types', start: () => startNodeChild(checkTypes) }).catch(onError);
