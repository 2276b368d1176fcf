import { createLogger } from '../src/platform/logging.ts';
import { installShutdown } from '../src/platform/shutdown.ts';
import { SettingError, settingsFrom } from './environment.ts';
import { startSandbox } from './server.ts';

/** What a parent process hears over IPC once the sandbox listens. */
export interface SandboxReady {
  readonly type: 'ready';
  readonly url: string;
  readonly smtpUrl: string;
}

/** The sandbox as a process of its own: the stranger on the other end of the wire. */
async function main(): Promise<void> {
  const settings = settingsFrom(process.env);
  const logger = createLogger({ level: settings.logLevel, component: 'sandbox' });
  const sandbox = await startSandbox({ ...settings, logger });
  installShutdown({ logger, phases: [{ name: 'sandbox', run: () => sandbox.close() }] });
  const ready: SandboxReady = { type: 'ready', url: sandbox.url, smtpUrl: sandbox.smtpUrl };
  logger.info({ url: ready.url, smtpUrl: ready.smtpUrl }, 'sandbox ready');
  process.send?.(ready);
}

/** One line for what a person can put right; the stack for everything else. */
function explain(error: unknown): string {
  if (error instanceof SettingError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error) {
    return `port ${String(error.port)} is taken by another process; move the sandbox with SANDBOX_PORT or SMTP_PORT`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`sandbox: ${explain(error)}\n`);
  process.exitCode = 1;
  process.exit();
}
