import closeWithGrace from 'close-with-grace';
import type { Logger } from './logging.ts';

/** One step of the shutdown. The first ones stop the sources of work, the last one closes the connections. */
export interface ShutdownPhase {
  readonly name: string;
  readonly run: () => unknown;
}

export interface ShutdownOptions {
  readonly logger: Logger;
  /** They run one after the other, also when one fails. */
  readonly phases: readonly ShutdownPhase[];
  /** The time for all phases together, in milliseconds. After it the process exits with 1. Default 10,000. */
  readonly graceMs?: number;
}

export interface Shutdown {
  /** Shuts down as a signal does: exits with 0 when every phase succeeded. Safe to call twice. */
  close(reason: string): void;
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Signals of a crash. A handler in JavaScript never runs for these, and the process would repeat the fault for ever. */
const crashes = ['SIGSEGV', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGTRAP', 'SIGABRT'] as const;

/** One Ctrl-C may arrive twice: from the terminal, and from npm, which forwards it. Milliseconds. */
const SAME_SIGNAL_MS = 500;

/**
 * Shuts the process down at SIGTERM, SIGINT, SIGHUP, at an uncaught error, and, for a child with an IPC channel, when its
 * parent has exited. A second signal ends the process at once.
 *
 * @remarks The Temporal runtime installs its own signal handlers unless it gets `shutdownSignals: []`.
 */
export function installShutdown({ logger, phases, graceMs = 10_000 }: ShutdownOptions): Shutdown {
  let closingSince: number | undefined;
  const handle = closeWithGrace(
    {
      delay: graceMs,
      logger: false,
      skip: [...signals, ...crashes, 'beforeExit'],
      onSecondError: (error) => {
        logger.fatal({ err: error }, 'the process failed while it shut down');
      },
      onTimeout: () => {
        logger.error({ graceMs }, 'the shutdown exceeded its grace time');
      },
    },
    async ({ err }) => {
      closingSince ??= performance.now();
      if (err !== undefined) logger.fatal({ err }, 'the process met an uncaught error');
      await runPhases(logger, phases);
    },
  );
  const close = (reason: string): void => {
    if (closingSince !== undefined) return;
    closingSince = performance.now();
    logger.info({ reason }, 'the process shuts down');
    handle.close();
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (closingSince === undefined) {
      close(signal);
    } else if (performance.now() - closingSince > SAME_SIGNAL_MS) {
      logger.warn({ signal }, 'the process received a second signal and exits');
      process.exit(1);
    }
  };
  for (const signal of signals) process.on(signal, onSignal);
  const orphaned = (): void => {
    close('the parent process has exited');
  };
  if (process.connected) process.once('disconnect', orphaned);
  else if ('connected' in process) orphaned(); // only a process that was started with a channel has the property
  return { close };
}

async function runPhases(logger: Logger, phases: readonly ShutdownPhase[]): Promise<void> {
  const failures: unknown[] = [];
  for (const { name, run } of phases) {
    try {
      await run();
      logger.debug({ phase: name }, 'the process completed a shutdown phase');
    } catch (error) {
      failures.push(error);
      logger.error({ err: error, phase: name }, 'a shutdown phase failed');
    }
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} of ${phases.length} shutdown phases failed.`);
}
