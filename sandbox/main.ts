import { createLogger } from '../src/platform/logging.ts';
import { portInUse, reportPortInUse } from '../src/platform/port-in-use.ts';
import { installShutdown } from '../src/platform/shutdown.ts';
import { SettingError, settingsFrom } from './environment.ts';
import { startSandbox } from './server.ts';

/** The IPC message to the parent process when the sandbox accepts connections. */
export interface SandboxReady {
  readonly type: 'ready';
  readonly url: string;
  readonly smtpUrl: string;
}

/** Runs the sandbox as a process of its own. */
async function main(): Promise<void> {
  const settings = settingsFrom(process.env);
  const logger = createLogger({
    level: settings.logLevel,
    format: settings.logFormat,
    component: 'sandbox',
  });
  const sandbox = await startSandbox({ ...settings, logger });
  installShutdown({ logger, phases: [{ name: 'sandbox', run: () => sandbox.close() }] });
  const ready: SandboxReady = { type: 'ready', url: sandbox.url, smtpUrl: sandbox.smtpUrl };
  logger.info({ url: ready.url, smtpUrl: ready.smtpUrl }, 'sandbox is ready');
  process.send?.(ready);
}

/** Returns one line for an error that the user can fix, and the stack for any other error. */
function explain(error: unknown): string {
  if (error instanceof SettingError) return error.message;
  const port = portInUse(error);
  if (port !== undefined)
    return `port ${port} is used by another process. Set SANDBOX_PORT or SMTP_PORT to a free port.`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`sandbox: ${explain(error)}\n`);
  const port = portInUse(error);
  if (port !== undefined) await reportPortInUse(port);
  process.exitCode = 1;
  process.exit();
}
