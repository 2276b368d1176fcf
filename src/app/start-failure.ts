import type { Config } from '../platform/config.ts';
import type { Logger } from '../platform/logging.ts';
import { portInUse, reportPortInUse } from '../platform/port-in-use.ts';

/** Logs why the process could not start. A port that is taken is reported to the parent process too. */
export async function reportStartFailure(
  error: unknown,
  { http, metrics }: Config,
  logger: Logger,
): Promise<void> {
  const port = portInUse(error);
  if (port === undefined) {
    logger.fatal({ err: error }, 'the process could not start');
    return;
  }
  // These are the only ports that a start needs: the relay tries that of ZEROMQ_EVENTS later, again and again.
  const variable = port === http.port ? 'PORT' : port === metrics.port ? 'METRICS_PORT' : 'ZEROMQ_COMMANDS';
  logger.fatal({ port }, `port ${port} is used by another process: set ${variable} to another port`);
  await reportPortInUse(port);
}
