import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startOnFreePorts } from '../../../dev/processes/free-ports.ts';
import { killOnExit } from '../../../dev/processes/kill-on-exit.ts';
import { PortInUseError } from '../../../dev/processes/port-in-use-error.ts';
import { endProcess } from '../../../dev/processes/process-table.ts';
import { prometheusProgram } from '../../../harness/prometheus-programs.ts';
import { endWithThisProcess } from '../../../harness/servers/test-servers.ts';
import { waitFor } from '../../../harness/wait-for.ts';

export interface Alert {
  readonly name: string;
  readonly state: 'pending' | 'firing';
  readonly labels: Readonly<Record<string, string>>;
}

/** A real Prometheus that scrapes every four seconds. */
export interface Prometheus {
  readonly url: string;
  /** The alerts that are not inactive. */
  alerts(): Promise<Alert[]>;
  /**
   * The values of all series of a query in the last so many seconds, as a panel of Grafana shows them.
   * @throws with what Prometheus says, if it cannot read the query
   */
  values(text: string, seconds: number): Promise<number[]>;
  stop(): Promise<void>;
}

export interface PrometheusOptions {
  readonly folder: string;
  /** `host:port` of each process, by the name of the job. */
  readonly targets: Readonly<Record<string, readonly string[]>>;
  /** The text of a file of rules. */
  readonly rules: string;
}

/** @throws {MissingError} if there is no Prometheus */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const program = await prometheusProgram('prometheus', '.data');
  return startOnFreePorts(['web'], ({ web }) => startOn(program, web, options));
}

async function startOn(
  program: string,
  port: number,
  { folder, targets, rules }: PrometheusOptions,
): Promise<Prometheus> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'rules.yml'), rules);
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(configurationOf(targets)));
  const logFile = join(folder, 'prometheus.log');
  const log = openSync(logFile, 'w');
  const child = spawn(
    program,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', log, log] },
  );
  closeSync(log);
  killOnExit(child, 'SIGKILL');
  if (child.pid !== undefined) endWithThisProcess(child.pid, 'TERM', folder);
  const url = `http://127.0.0.1:${port}`;
  await waitFor('Prometheus is ready', async () => {
    if (child.exitCode !== null) {
      const output = readFileSync(logFile, 'utf8');
      if (output.includes('address already in use')) throw new PortInUseError('Prometheus', port);
      throw new Error(`Prometheus ended with ${child.exitCode}: ${output}`);
    }
    return (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok;
  });

  return {
    url,
    async alerts() {
      const { alerts } = await read<{ alerts: RawAlert[] }>(`${url}/api/v1/alerts`);
      return alerts.map(({ labels, state }) => ({ name: labels['alertname'] ?? '', labels, state }));
    },
    async values(text, seconds) {
      const end = Math.floor(Date.now() / 1_000);
      const range = { start: String(end - seconds), end: String(end), step: '5' };
      const query = new URLSearchParams({ query: text, ...range }).toString();
      const { result } = await read<{ result: RawSeries[] }>(`${url}/api/v1/query_range?${query}`);
      return result.flatMap(({ values }) => values.map(([, value]) => Number(value)));
    },
    async stop() {
      if (child.pid !== undefined)
        await endProcess(child.pid, [
          { signal: 'SIGTERM', waitMs: 10_000 },
          { signal: 'SIGKILL', waitMs: 1_000 },
        ]);
    },
  };
}

interface RawAlert {
  labels: Record<string, string>;
  state: 'pending' | 'firing';
}
interface RawSeries {
  values: [number, string][];
}

async function read<T>(url: string): Promise<T> {
  const answer = await fetch(url);
  const { status, data, error } = (await answer.json()) as { status: string; data: T; error?: string };
  if (status !== 'success') throw new Error(`${url}: ${error ?? answer.status}`);
  return data;
}

/** JSON is YAML. */
const configurationOf = (targets: PrometheusOptions['targets']) => ({
  // A process waits 3 s for PostgreSQL before it answers without it, and a scrape cannot last longer than the interval.
  global: { scrape_interval: '4s', scrape_timeout: '4s', evaluation_interval: '1s' },
  rule_files: ['rules.yml'],
  scrape_configs: Object.entries(targets).map(([job, addresses]) => ({
    job_name: job,
    static_configs: [{ targets: addresses }],
  })),
});
