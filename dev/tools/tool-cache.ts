import { createHash } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '../../src/platform/logging.ts';
import type { Tool } from './tools.ts';

/** One way to get at a program. */
export interface ToolSource {
  /** Completes "from …" and "tried …". */
  readonly name: string;
  /**
   * Puts the program into `folder`, which is its alone.
   * @returns the path of the program
   * @throws when it cannot; the message says why in a few words
   */
  readonly fetch: (tool: Tool, folder: string, logger: Logger) => Promise<string>;
}

/**
 * The path of the program in the cache, fetched from the first source that has it. Whatever the source, a program
 * that is not the very one pinned is never used. Processes that fetch at once do not meet: each has a folder of its own, and the last
 * step is a rename.
 * @throws naming what was tried, when no source has it
 */
export async function cachedTool(
  tool: Tool,
  cache: string,
  sources: readonly ToolSource[],
  logger: Logger,
): Promise<string> {
  const pinned = tool.sha256[`${process.platform}-${process.arch}`];
  if (pinned === undefined)
    throw new Error(`no build of it is pinned for ${process.platform}-${process.arch}`);
  const path = join(cache, `${tool.name}-${tool.version}`);
  if (existsSync(path)) {
    if ((await sha256(path)) === pinned) return path;
    logger.warn(`${path} is not the ${tool.title} that it should be: fetching it anew`);
  }
  removeAbandoned(cache);
  const tried: string[] = [];
  for (const source of sources) {
    const folder = mkdtempSync(join(cache, '.fetch-'));
    try {
      const began = performance.now();
      logger.info(`fetching the ${tool.title} ${tool.version} from ${source.name}`);
      const fetched = await source.fetch(tool, folder, logger);
      const found = await sha256(fetched);
      if (found !== pinned) throw new WrongProgramError(`its SHA-256 is ${found}, not the pinned ${pinned}`);
      chmodSync(fetched, 0o755);
      renameSync(fetched, path);
      logger.info(`${tool.title} ${tool.version} from ${source.name} (${seconds(began)} s), kept in ${path}`);
      return path;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (error instanceof WrongProgramError)
        logger.error(`${tool.title} from ${source.name} refused: ${why}`);
      else logger.info(`${tool.title} is not to be had from ${source.name}: ${why}`);
      tried.push(`${source.name} (${why})`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  throw new Error(tried.join('; '));
}

class WrongProgramError extends Error {
  override readonly name = 'WrongProgramError';
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** Folders of fetches that were killed; a day is longer than any fetch. */
function removeAbandoned(cache: string): void {
  const dayAgo = Date.now() - 24 * 60 * 60 * 1000;
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (
      name.startsWith('.fetch-') &&
      (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < dayAgo
    )
      rmSync(path, { recursive: true, force: true });
  }
}

function seconds(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(1);
}
