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

/** A source that programs can be downloaded from. */
export interface ToolSource {
  /** For messages such as "from PyPI". */
  readonly name: string;
  /**
   * Puts the program into `folder`, which nothing else uses.
   *
   * @returns the path of the program
   * @throws {Error} if it cannot; the message is the reason in a few words
   */
  readonly fetch: (tool: Tool, folder: string, logger: Logger) => Promise<string>;
}

/**
 * Returns the path of the program in the cache, after downloading it from the first source that has it. A program whose SHA-256 is
 * not the pinned one is never used. Several processes can download at the same time: each uses its own folder and renames the
 * program at the end.
 *
 * @throws {Error} naming the sources that were tried and why they failed
 */
export async function cachedTool(
  tool: Tool,
  cache: string,
  sources: readonly ToolSource[],
  logger: Logger,
): Promise<string> {
  const pinned = tool.sha256[`${process.platform}-${process.arch}`];
  if (pinned === undefined)
    throw new Error(`there is no pinned build for ${process.platform}-${process.arch}`);
  const path = join(cache, `${tool.name}-${tool.version}`);
  if (existsSync(path)) {
    if ((await sha256(path)) === pinned) return path;
    logger.warn(`tool cache downloads the ${tool.title} again, because the SHA-256 of ${path} is wrong`);
  }
  removeAbandoned(cache);
  const tried: string[] = [];
  for (const source of sources) {
    const folder = mkdtempSync(join(cache, '.fetch-'));
    try {
      const began = performance.now();
      logger.info(`tool cache downloads the ${tool.title} ${tool.version} from ${source.name}`);
      const fetched = await source.fetch(tool, folder, logger);
      const found = await sha256(fetched);
      if (found !== pinned) throw new WrongProgramError(`its SHA-256 is ${found}, not the pinned ${pinned}`);
      chmodSync(fetched, 0o755);
      renameSync(fetched, path);
      logger.info(
        `tool cache saved the ${tool.title} ${tool.version} from ${source.name} as ${path} (${seconds(began)} s)`,
      );
      return path;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof WrongProgramError)
        logger.error(`tool cache refused the ${tool.title} from ${source.name}: ${reason}`);
      else logger.info(`tool cache cannot download the ${tool.title} from ${source.name}: ${reason}`);
      tried.push(`${source.name} (${reason})`);
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

/** Removes the folders of downloads that were interrupted. A day is longer than any download. */
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
