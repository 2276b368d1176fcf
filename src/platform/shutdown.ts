import closeWithGrace from 'close-with-grace';
import type { Logger } from './logging.ts';

/** One step of an orderly end: first what lets work in, last what the rest stands on. */
export interface ShutdownPhase {
  readonly name: string;
  readonly run: () => unknown;
}

export interface ShutdownOptions {
  readonly logger: Logger;
  /** Run one after the other, each though the one before failed. */
  readonly phases: readonly ShutdownPhase[];
  /** Milliseconds for all phases together; then the process ends with 1 though work is in hand. Default 10,000. */
  readonly graceMs?: number;
}

export interface Shutdown {
  /** Ends the process as a signal would: with 0 when every phase succeeded. Safe to call twice. */
  close(reason: string): void;
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** The process has crashed: a handler in JavaScript never gets to run, and the process spins in the fault for ever. */
const crashes = ['SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGABRT'] as const;

/** One Ctrl-C may arrive twice: from the terminal, and from npm, which passes it on. */
const sameSignalMs = 500;

/**
 * Ends the process in order at SIGTERM, SIGINT, SIGHUP, an error that nobody caught, and, for a child that was started
 * with an IPC channel, when its parent has vanished. A second signal ends it at once.
 *
 * @remarks The Temporal runtime installs signal handlers of its own: give it `shutdownSignals: []`.
 */
export function installShutdown({ logger, phases, graceMs = 10_000 }: ShutdownOptions): Shutdown {
  let closingSince: number | undefined;
  const handle = closeWithGrace(
    {
      delay: graceMs,
      logger: false,
      skip: [...signals, ...crashes, 'beforeExit'],
      onSecondError: (error) => {
        logger.fatal({ err: error }, 'failed while shutting down');
      },
      onTimeout: () => {
        logger.error({ graceMs }, 'work in hand outlasted the grace time');
      },
    },
    async ({ err }) => {
      closingSince ??= performance.now();
      if (err !== undefined) logger.fatal({ err }, 'an error that nobody caught');
      await runPhases(logger, phases);
    },
  );
  const close = (reason: string): void => {
    if (closingSince !== undefined) return;
    closingSince = performance.now();
    logger.info({ reason }, 'shutting down');
    handle.close();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (closingSince === undefined) {
      close(signal);
    } else if (performance.now() - closingSince > sameSignalMs) {
      logger.warn({ signal }, 'second signal: ending at once');
      process.exit(1);
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  const orphaned = (): void => {
    close('the parent process is gone');
  };
  if (process.connected) process.once('disconnect', orphaned);
  else if ('connected' in process) orphaned(); // only a process that had a channel has the property
  return { close };
}

async function runPhases(logger: Logger, phases: readonly ShutdownPhase[]): Promise<void> {
  const failures: unknown[] = [];
  for (const { name, run } of phases) {
    try {
      await run();
      logger.debug({ phase: name }, 'shut down');
    } catch (error) {
      failures.push(error);
      logger.error({ err: error, phase: name }, 'could not shut down in order');
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'shutdown failed');
}
