/** `npm run bench:telemetry`: what metrics and traces cost; see docs/performance.md. */
import { Command } from 'commander';
import { startOnFreePorts } from '../dev/processes/free-ports.ts';
import { collectorPath, startCollector } from '../harness/otel-collector.ts';
import { wholeNumber } from '../src/cli/support/options.ts';
import { abortOnInterrupt } from './lib/interrupt.ts';
import { measureOtherLoad } from './lib/other-load.ts';
import { createLog } from './lib/progress.ts';
import { rotated } from './lib/rotated.ts';
import { perSecond } from './measure/cell.ts';
import { putLoad } from './measure/load.ts';
import { DEFAULT_SHAPE } from './measure/shape.ts';
import { publishPart } from './report/document.ts';
import { tablesToMarkdown } from './report/markdown.ts';
import { printTables } from './report/print.ts';
import { startSystem } from './system/system.ts';
import { startVariant, type RunningVariant } from './system/variant.ts';
import { pollMetrics } from './telemetry/poll-metrics.ts';
import { telemetryTables, type TelemetryLoad } from './telemetry/summary.ts';

const WARM_UP_MS = 3_000;
/** As often as Prometheus reads them by the example of a configuration. Milliseconds. */
const SCRAPE_INTERVAL_MS = 5_000;

const command = new Command('npm run bench:telemetry --')
  .description(
    'measures this checkout without metrics and traces, with metrics, with both, and with every trace, side by side',
  )
  .option('--rounds <n>', 'rounds to measure', wholeNumber(1), 12)
  .option('--seconds <n>', 'duration of a load', wholeNumber(1), 4)
  .option('--publish', 'write the results into docs/performance.md', false)
  .parse();
const { rounds, seconds, publish } = command.opts<{
  rounds: number;
  seconds: number;
  publish: boolean;
}>();
const signal = abortOnInterrupt();
const log = createLog(new Date());

const system = await startSystem(['temporal-dev'], log);
const collector = await startCollector(await collectorPath('.data'), system.folder, { keeps: false });
const loads: TelemetryLoad[] = [];
const running: RunningVariant[] = [];
const stops: (() => void)[] = [];

const start = async (instance: string, env: Record<string, string>): Promise<RunningVariant> => {
  log(`starting ${instance}`);
  const variant = await startVariant('grouped-dev', system, { instance, env });
  running.push(variant);
  return variant;
};
/** With metrics that somebody reads. */
const startMeasured = (instance: string, env: Record<string, string> = {}): Promise<RunningVariant> =>
  startOnFreePorts(['metrics'], async ({ metrics }) => {
    const variant = await start(instance, { ...env, METRICS_PORT: String(metrics) });
    stops.push(pollMetrics(`http://127.0.0.1:${metrics}/metrics`, SCRAPE_INTERVAL_MS));
    return variant;
  });

try {
  const subjects = [
    ['off', await start('telemetry-off', { METRICS_PORT: '0' })],
    ['metrics', await startMeasured('telemetry-metrics')],
    [
      'metrics and traces',
      await startMeasured('telemetry-traces', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }),
    ],
    [
      'metrics and every trace',
      await startMeasured('telemetry-every-trace', {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      }),
    ],
  ] as const;
  const otherLoad = measureOtherLoad();
  for (const [, variant] of subjects)
    await putLoad(system, variant, DEFAULT_SHAPE, { durationMs: WARM_UP_MS, signal });
  for (let round = 1; round <= rounds; round += 1)
    for (const [name, variant] of rotated(subjects, round - 1)) {
      const load = await putLoad(system, variant, DEFAULT_SHAPE, { durationMs: seconds * 1_000, signal });
      loads.push({ round, name, load });
      log(`round ${round} of ${rounds}  ${name}: ${perSecond(load).toFixed(1)} orders/s`);
    }
  const busy = otherLoad();
  const tables = telemetryTables(loads);
  printTables(process.stdout, tables);
  if (busy !== undefined) console.log(`\nother processes kept ${busy.toFixed(2)} cores busy`);
  if (publish) {
    const about = `Measured ${new Date().toISOString().slice(0, 10)}: ${rounds} rounds of ${seconds} s each, 50 in flight, on the development server. A collector on the same machine takes the traces.`;
    await publishPart({ part: 'telemetry' }, tables, `${tablesToMarkdown(tables)}\n\n${about}`);
  }
} finally {
  for (const stop of stops) stop();
  await Promise.all(running.map((variant) => variant.stop()));
  await collector.stop();
  await system.stop();
}
