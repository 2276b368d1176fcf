import type { Tracing } from '../tracing/tracing.ts';
import { configOrExit, roles } from '../platform/config.ts';
import { createLogger } from '../platform/logging.ts';
import { loadProcessConfig } from './process-config.ts';
import { runProcess, type ProcessHooks } from './process.ts';
import { reportStartFailure } from './start-failure.ts';

/** Runs the roles in CHECKOUT_ROLES. Ends the process if it cannot start. */
export async function startProcess(hooks: ProcessHooks = {}): Promise<void> {
  const config = configOrExit(loadProcessConfig);
  // The logger is there first, and opens the traces with the process.
  let tracing: Tracing | undefined;
  const logger = createLogger({
    fields: config.tracing && (() => tracing?.logFields() ?? {}),
    level: config.logLevel,
    format: config.logFormat,
    component: config.roles.length === roles.length ? 'app' : config.roles.join('+'),
  });
  try {
    await runProcess(config, logger, {
      ...hooks,
      tracing: (opened) => {
        tracing = opened;
      },
    });
  } catch (error) {
    await reportStartFailure(error, config, logger);
    process.exit(1);
  }
}
