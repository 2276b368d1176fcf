import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startOnFreePorts } from '../dev/processes/free-ports.ts';
import { killOnExit } from '../dev/processes/kill-on-exit.ts';
import { waitUntilListening } from '../dev/processes/listening.ts';
import { endProcess, type EndStep } from '../dev/processes/process-table.ts';
import { cacheFolder } from '../dev/tools/cache-folder.ts';
import { MissingError } from '../dev/tools/missing-error.ts';

const SOURCES = fileURLToPath(new URL('collector', import.meta.url));
const NEEDS = 'Go 1.26 or newer, which builds the OpenTelemetry Collector once';

/**
 * The path of an OpenTelemetry Collector in the project's cache: the collector's own modules with those parts that the tests need, as
 * `collector/main.go` lists them. The first call builds it with Go (a minute).
 *
 * @throws {MissingError} if it cannot be built
 */
export async function collectorPath(dataDir: string): Promise<string> {
  const cache = cacheFolder(dataDir);
  const path = join(cache, `otelcol-${hashOf(SOURCES)}`);
  if (existsSync(path)) return path;
  const folder = mkdtempSync(join(cache, '.fetch-'));
  try {
    await goBuild(join(folder, 'otelcol'));
    renameSync(join(folder, 'otelcol'), path);
    return path;
  } catch (error) {
    throw new MissingError(NEEDS, undefined, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function hashOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}

function goBuild(target: string): Promise<void> {
  const child = spawn('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', target, '.'], {
    cwd: SOURCES,
    env: { ...process.env, GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  killOnExit(child, 'SIGKILL');
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`go build: ${output.trim().split('\n').at(-1) ?? 'it failed'}`));
    });
  });
}

export interface RunningCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  /** Where it writes the spans. */
  readonly file: string;
  stop(): Promise<void>;
}

const STOP_STEPS: readonly EndStep[] = [
  { signal: 'SIGTERM', waitMs: 5_000 },
  { signal: 'SIGKILL', waitMs: 1_000 },
];

/**
 * Starts a collector that takes OTLP by HTTP on a port of the loopback interface.
 *
 * @param folder for its configuration and the spans
 * @param options `keeps`: whether it writes the spans into a file; otherwise it decodes and drops them
 */
export function startCollector(
  path: string,
  folder: string,
  { keeps = true }: { keeps?: boolean } = {},
): Promise<RunningCollector> {
  return startOnFreePorts(['otlp'], async ({ otlp: port }) => {
    const file = join(folder, 'spans.jsonl');
    const config = join(folder, 'collector.yaml');
    writeFileSync(config, configuration(port, keeps ? file : undefined));
    const child = spawn(path, ['--config', `file:${config}`], { detached: true, stdio: 'ignore' });
    killOnExit(child, 'SIGKILL');
    const { pid } = child;
    if (pid === undefined) throw new Error(`${path} could not be started`);
    const stop = async (): Promise<void> => {
      await endProcess(pid, STOP_STEPS);
    };
    try {
      await waitUntilListening(pid, port);
      return { url: `http://127.0.0.1:${port}`, file, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  });
}

const configuration = (port: number, file: string | undefined): string => `
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:${port}
exporters:
  ${file === undefined ? 'nop:' : `file:\n    path: ${JSON.stringify(file)}\n    flush_interval: 100ms`}
service:
  telemetry:
    metrics:
      level: none
    logs:
      level: warn
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [${file === undefined ? 'nop' : 'file'}]
`;
