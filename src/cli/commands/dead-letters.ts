import { Argument, Option, type Command } from 'commander';
import { BROKERS, type BrokerName } from '../../contracts/ports/broker.ts';
import { DEAD_LETTER_STATES, type ReplayRequest } from '../../contracts/http/dead-letters.ts';
import type { ApiClient } from '../../../harness/api/api-client.ts';
import type { DeadLetterQuery } from '../../../harness/api/queries.ts';
import { contextOf } from '../context.ts';
import { drawDeadLetter, drawDeadLetters, drawFailures } from '../dead-letter-output.ts';
import { CliError } from '../errors.ts';
import { jsonText } from '../options.ts';
import { allPages, LARGEST_PAGE } from '../pages.ts';
import { writeJson, writeLine, type Terminal } from '../terminal.ts';

interface FilterFlags {
  source?: BrokerName;
  reason?: string;
  type?: string;
  all?: true;
}

interface ReplayFlags extends FilterFlags {
  id?: string;
  setType?: string;
  data?: unknown;
}

interface DiscardFlags extends FilterFlags {
  note?: string;
}

/** `checkout dead-letters`, `dead-letters show|replay|discard` */
export function registerDeadLetters(program: Command, terminal: Terminal): void {
  const letters = program
    .command('dead-letters')
    .description('messages that could not be done: see them, put them right, have them done after all');

  withFilter(letters.command('list', { isDefault: true }))
    .description('list those that wait, newest first')
    .addOption(new Option('--state <state>', 'others than those that wait').choices(DEAD_LETTER_STATES))
    .action(async (flags: DeadLetterQuery, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const { state, source, reason, type } = flags;
      const found = await allPages((cursor) =>
        api.listDeadLetters({ state, source, reason, type, limit: LARGEST_PAGE, cursor }),
      );
      if (json) writeJson(terminal.stdout, found);
      else
        writeLine(
          terminal.stdout,
          found.length === 0 ? 'No dead letter.' : drawDeadLetters(terminal.stdout, found),
        );
    });

  letters
    .command('show')
    .description('show one, with the message')
    .argument('<deadLetterId>')
    .action(async (deadLetterId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const letter = await api.getDeadLetter(deadLetterId);
      if (json) writeJson(terminal.stdout, letter);
      else writeLine(terminal.stdout, drawDeadLetter(terminal.stdout, letter));
    });

  withFilter(letters.command('replay'))
    .description('take messages in again: the named ones, those of a filter, or all; one may be put right')
    .addArgument(new Argument('[deadLetterId...]', 'which'))
    .option('--data <json>', 'what is asked for, in place of what was (one message)', jsonText)
    .option('--id <id>', 'another id of the message, so another idempotency key (one message)')
    .option('--set-type <type>', 'another type of the message (one message)')
    .action(async (ids: string[], flags: ReplayFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const corrections: ReplayRequest = {
        ...(flags.id !== undefined && { id: flags.id }),
        ...(flags.setType !== undefined && { type: flags.setType }),
        ...(flags.data !== undefined && { data: flags.data }),
      };
      const [only, ...others] = ids;
      if (Object.keys(corrections).length > 0 && (only === undefined || others.length > 0))
        throw new CliError('one_message', 'Only one message can be put right at a time: name it.');
      if (only !== undefined && others.length === 0) {
        const letter = await api.replayDeadLetter(only, corrections);
        if (json) writeJson(terminal.stdout, letter);
        else writeLine(terminal.stdout, drawDeadLetter(terminal.stdout, letter));
      } else await settleMany(terminal, api, 'replay', ids, flags, json);
    });

  withFilter(letters.command('discard'))
    .description('leave messages undone for good: the named ones, those of a filter, or all')
    .addArgument(new Argument('[deadLetterId...]', 'which'))
    .option('--note <text>', 'why; it is kept')
    .action(async (ids: string[], flags: DiscardFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      await settleMany(terminal, api, 'discard', ids, flags, json);
    });
}

const withFilter = (command: Command): Command =>
  command
    .addOption(new Option('--source <broker>', 'of this broker').choices(BROKERS))
    .option('--reason <code>', 'for this reason, such as invalid_json')
    .option('--type <type>', 'of this type of message')
    .option('--all', 'all that wait');

/** A hundred a call, until all have been gone through; what still fails is not tried twice. */
async function settleMany(
  terminal: Terminal,
  api: ApiClient,
  action: 'replay' | 'discard',
  ids: string[],
  { source, reason, type, all, note }: DiscardFlags,
  json: boolean,
): Promise<void> {
  const filter = {
    ...(ids.length > 0 && { ids }),
    ...(source !== undefined && { source }),
    ...(reason !== undefined && { reason }),
    ...(type !== undefined && { type }),
  };
  if (Object.keys(filter).length === 0 && all !== true)
    throw new CliError('which_ones', 'Name the dead letters, or a filter, or --all.');
  const settled: string[] = [];
  const failed: { deadLetterId: string; reason: string; detail: string }[] = [];
  let cursor: string | undefined;
  do {
    const answer = await api.settleDeadLetters(action, {
      ...filter,
      ...(note !== undefined && { note }),
      ...(cursor !== undefined && { cursor }),
    });
    settled.push(...answer.settled);
    failed.push(...answer.failed);
    cursor = answer.nextCursor;
  } while (cursor !== undefined);
  if (json) writeJson(terminal.stdout, { settled, failed });
  else {
    writeLine(terminal.stdout, `${settled.length} ${action === 'replay' ? 'replayed' : 'discarded'}`);
    if (failed.length > 0) writeLine(terminal.stdout, drawFailures(terminal.stdout, failed));
  }
  if (failed.length > 0) throw new CliError('still_waiting', `${failed.length} still wait.`);
}
