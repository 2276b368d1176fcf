import type { Tracing } from '../tracing/tracing.ts';
import type { Logger } from '../platform/logging.ts';
import { failedWorkflowTasks, installTemporalRuntime } from '../platform/temporal.ts';
import { startMetricsServer } from '../telemetry/server.ts';
import { createTelemetry, type Telemetry } from '../telemetry/telemetry.ts';
import { installWithExporter } from '../telemetry/temporal.ts';
import type { ProcessConfig } from './process-config.ts';

export interface RunningTelemetry {
  readonly telemetry: Telemetry;
  close(): void;
}

/**
 * Installs Temporal's runtime, and serves the metrics. `undefined`: they are turned off, and nothing measures. Rejects if the port of the
 * metrics was configured and is taken.
 */
export async function openTelemetry(
  { http: { host }, metrics: { enabled, port } }: ProcessConfig,
  logger: Logger,
): Promise<RunningTelemetry | undefined> {
  if (!enabled) {
    installTemporalRuntime(logger);
    return undefined;
  }
  const temporalAddress = installWithExporter((address) => {
    installTemporalRuntime(logger, address);
  });
  const telemetry = createTelemetry({ temporalAddress, failedWorkflowTasks });
  const server = await startMetricsServer({ host, port, render: () => telemetry.render(), logger });
  return {
    telemetry,
    close() {
      server.close();
      telemetry.close();
    },
  };
}

/** `undefined`: no collector is configured, and no code of traces is loaded. */
export async function openTracing({ tracing }: ProcessConfig, logger: Logger): Promise<Tracing | undefined> {
  if (!tracing) return undefined;
  const { createTracing } = await import('../tracing/tracing.ts');
  const opened = createTracing(tracing, logger);
  logger.info({ collector: new URL(tracing.url).host }, 'traces are sent to a collector');
  return opened;
}
