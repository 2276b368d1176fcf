import { Option } from 'commander';
import type { ReplayOutcome } from '../../workers/replay.ts';
import { wantsJson } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { CliError } from '../support/errors.ts';
import { wholeNumber } from '../support/options.ts';
import { paint, writeJson, writeLine, type Terminal } from '../output/terminal.ts';

interface ReplayFlags {
  dir: string;
  live?: boolean;
  limit: number;
}

/** `checkout replay`: exits with 1 when the present workflow code cannot replay a history of earlier code. */
export const define: Define = (command, terminal) => {
  command
    .addOption(
      new Option('--dir <folder>', 'the folder with the recorded histories').default('test/replay/histories'),
    )
    .addOption(new Option('--live', 'replay the histories of the Temporal server instead').conflicts('dir'))
    .option(
      '--limit <n>',
      'with --live: how many workflows of each type that have ended, newest first',
      wholeNumber(0),
      100,
    )
    .action(async (flags: ReplayFlags) => {
      const json = wantsJson(command);
      const outcomes: ReplayOutcome[] = [];
      for await (const outcome of replays(flags, terminal)) {
        outcomes.push(outcome);
        if (!json) writeLine(terminal.stdout, drawOutcome(terminal, outcome));
      }
      const failed = outcomes.filter(({ ok }) => !ok).length;
      if (json) writeJson(terminal.stdout, { replayed: outcomes.length, failed, outcomes });
      if (outcomes.length === 0) throw new CliError('nothing_replayed', 'There is no history to replay.');
      if (failed > 0)
        throw new CliError('replay_failed', `${failed} of ${outcomes.length} histories do not replay.`);
      if (!json) writeLine(terminal.stdout, `All ${outcomes.length} histories replay.`);
    });
};

async function* replays(flags: ReplayFlags, terminal: Terminal): AsyncIterable<ReplayOutcome> {
  // Imported only here, because the worker takes long to load.
  const { loadConfig } = await import('../../platform/config.ts');
  const { createLogger } = await import('../../platform/logging.ts');
  const { replayHistories, replayLive } = await import('../../workers/replay.ts');
  const { connectTemporal, installTemporalRuntime } = await import('../../platform/temporal.ts');
  installTemporalRuntime(createLogger({ level: 'silent' })); // the outcomes have what it would log
  if (flags.live !== true) {
    yield* replayHistories({ dir: flags.dir });
    return;
  }
  const { temporal, embedded } = loadConfig(terminal.env, '.env');
  const address = temporal.address ?? `127.0.0.1:${embedded.temporalPort}`;
  const connection = await connectTemporal({ ...temporal, address }).catch((error: unknown) => {
    throw new CliError(
      'temporal_unreachable',
      `No Temporal server answers at ${address}. Start it, or set TEMPORAL_ADDRESS.`,
      { cause: error },
    );
  });
  try {
    yield* replayLive(connection, temporal.namespace, flags.limit);
  } finally {
    await connection.close();
  }
}

function drawOutcome({ stdout }: Terminal, { name, ok, error }: ReplayOutcome): string {
  if (ok) return `${paint(stdout, 'green', '✓')} ${name}`;
  return `${paint(stdout, 'red', '✗')} ${name}${error === undefined ? '' : `: ${error.replaceAll(/\s*\n\s*/g, ' ')}`}`;
}
