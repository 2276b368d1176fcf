import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { SingleBar } from 'cli-progress';
import { tarEntry } from './tar.ts';
import type { ToolSource } from './tool-cache.ts';
import type { Tool } from './tools.ts';

/** On a machine without internet access the next source is tried after this time at most. Milliseconds. */
const RESPONSE_TIMEOUT_MS = 5000;

/** A download fails after this time without data. Milliseconds. */
const MAX_STALL_MS = 15_000;

/**
 * Temporal's download site. It is requested as Temporal's SDKs do (ephemeral_server in sdk-core): the site returns the URL of the
 * archive, which is then downloaded.
 */
export function downloadSite(origin = 'https://temporal.download'): ToolSource {
  return {
    name: "Temporal's download site",
    fetch: async (tool, folder) => {
      const { archiveUrl, fileToExtract } = await archiveOf(tool, origin);
      const archive = await download(archiveUrl, tool);
      const program = tarEntry(await promisify(gunzip)(archive), fileToExtract);
      if (program === undefined) throw new Error(`its archive does not contain ${fileToExtract}`);
      const path = join(folder, basename(tool.name));
      writeFileSync(path, program);
      return path;
    },
  };
}

async function archiveOf(tool: Tool, origin: string): Promise<{ archiveUrl: string; fileToExtract: string }> {
  const url = new URL(`/${tool.artifact}/v${tool.version}`, origin);
  url.searchParams.set('arch', process.arch === 'x64' ? 'amd64' : process.arch);
  url.searchParams.set('platform', process.platform);
  url.searchParams.set('format', 'tar.gz');
  const response = await get(url, AbortSignal.timeout(RESPONSE_TIMEOUT_MS));
  const info: unknown = await response.json();
  if (
    typeof info === 'object' &&
    info !== null &&
    'archiveUrl' in info &&
    typeof info.archiveUrl === 'string' &&
    'fileToExtract' in info &&
    typeof info.fileToExtract === 'string'
  )
    return { archiveUrl: info.archiveUrl, fileToExtract: info.fileToExtract };
  throw new Error('its response contains no URL of an archive');
}

async function download(url: string, tool: Tool): Promise<Buffer> {
  const stalled = new AbortController();
  const startStallTimer = (): NodeJS.Timeout =>
    setTimeout(() => {
      stalled.abort(new Error('the download stalled'));
    }, MAX_STALL_MS);
  let timer = startStallTimer();
  const { body, headers } = await get(new URL(url), stalled.signal);
  const bar = new SingleBar({
    format: `  ${tool.title} ${tool.version} [{bar}] {percentage}% of {megabytes} MB`,
    noTTYOutput: false,
    clearOnComplete: true,
    hideCursor: true,
  });
  const total = Number(headers.get('content-length') ?? 0);
  bar.start(total, 0, { megabytes: (total / 1e6).toFixed(0) });
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of body) {
      clearTimeout(timer);
      timer = startStallTimer();
      chunks.push(chunk);
      bar.increment(chunk.byteLength);
    }
  } finally {
    clearTimeout(timer);
    bar.stop();
  }
  return Buffer.concat(chunks);
}

async function get(
  url: URL,
  signal: AbortSignal,
): Promise<{ body: AsyncIterable<Uint8Array>; headers: Headers; json: () => Promise<unknown> }> {
  let response: Response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    throw new Error(reasonOf(error, url), { cause: error });
  }
  const { ok, status, body, headers } = response;
  if (!ok || body === null) throw new Error(`${url.host} answered ${status}`);
  return { body, headers, json: () => response.json() };
}

/** The message of `fetch` is always "fetch failed"; the reason is in its cause. */
function reasonOf(error: unknown, url: URL): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `${url.host} does not answer`;
  const cause =
    error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : error.message;
  return cause === 'ENOTFOUND' || cause === 'EAI_AGAIN'
    ? `cannot resolve ${url.host}`
    : `cannot reach ${url.host}: ${cause}`;
}
