import { Argument, Option, type Command } from 'commander';
import { BROKERS, type BrokerName } from '../../contracts/broker-names.ts';
import { DEAD_LETTER_STATES } from '../../contracts/dead-letter-states.ts';
import type { ReplayRequest } from '../../contracts/http/dead-letters.ts';
import type { ApiClient } from '../../../harness/api/api-client.ts';
import type { DeadLetterQuery } from '../../../harness/api/queries.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { drawCheck, drawDeadLetter, drawDeadLetters, drawFailures } from '../output/dead-letters.ts';
import { CliError } from '../support/errors.ts';
import { jsonText } from '../support/options.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';
import { writeJson, writeLine, type Terminal } from '../output/terminal.ts';

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

type CorrectionFlags = Pick<ReplayFlags, 'id' | 'setType' | 'data'>;

interface DiscardFlags extends FilterFlags {
  note?: string;
}

/** `checkout dead-letters`, `dead-letters show|check|replay|discard` */
export const define: Define = (letters, terminal) => {
  withFilter(letters.command('list', { isDefault: true }))
    .description('list open dead letters, newest first')
    .addOption(
      new Option('--state <state>', 'dead letters with this state (default: the open ones)').choices(
        DEAD_LETTER_STATES,
      ),
    )
    .action(async (flags: DeadLetterQuery, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const { state, source, reason, type } = flags;
      const found = await allPages((cursor) =>
        api.listDeadLetters({ state, source, reason, type, limit: MAX_PAGE_SIZE, cursor }),
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
    .description('show a dead letter with its message')
    .argument('<deadLetterId>')
    .action(async (deadLetterId: string, _flags: unknown, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const letter = await api.getDeadLetter(deadLetterId);
      if (json) writeJson(terminal.stdout, letter);
      else writeLine(terminal.stdout, drawDeadLetter(terminal.stdout, letter));
    });

  letters
    .command('check')
    .description('say whether a replay would succeed now, without any effect, and what to correct if not')
    .argument('<deadLetterId>')
    .option('--data <json>', 'with these data of the message', jsonText)
    .option('--id <id>', 'with this id of the message')
    .option('--set-type <type>', 'with this type of the message')
    .action(async (deadLetterId: string, flags: CorrectionFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const found = await api.checkDeadLetter(deadLetterId, correctionsOf(flags));
      if (json) writeJson(terminal.stdout, found);
      else writeLine(terminal.stdout, drawCheck(found));
      if (!found.accepted) throw new CliError('not_accepted', 'A replay would be refused.');
    });

  withFilter(letters.command('replay'))
    .description(
      'execute messages again: the given ones, those that match a filter, or all. A single one can be corrected',
    )
    .addArgument(new Argument('[deadLetterId...]', 'the dead letters'))
    .option('--data <json>', 'replace the data of the message (a single message only)', jsonText)
    .option('--id <id>', 'replace the id of the message, and so its idempotency key (a single message only)')
    .option('--set-type <type>', 'replace the type of the message (a single message only)')
    .action(async (ids: string[], flags: ReplayFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const corrections = correctionsOf(flags);
      const [only, ...others] = ids;
      if (Object.keys(corrections).length > 0 && (only === undefined || others.length > 0))
        throw new CliError(
          'one_message',
          '--data, --id and --set-type correct a single message. Give the id of exactly one dead letter.',
        );
      if (only !== undefined && others.length === 0) {
        const letter = await api.replayDeadLetter(only, corrections);
        if (json) writeJson(terminal.stdout, letter);
        else writeLine(terminal.stdout, drawDeadLetter(terminal.stdout, letter));
      } else await settleMany(terminal, api, 'replay', ids, flags, json);
    });

  withFilter(letters.command('discard'))
    .description('give messages up for good: the given ones, those that match a filter, or all')
    .addArgument(new Argument('[deadLetterId...]', 'the dead letters'))
    .option('--note <text>', 'the reason, kept with the dead letter')
    .action(async (ids: string[], flags: DiscardFlags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      await settleMany(terminal, api, 'discard', ids, flags, json);
    });
};

const correctionsOf = ({ id, setType, data }: CorrectionFlags): ReplayRequest => ({
  ...(id !== undefined && { id }),
  ...(setType !== undefined && { type: setType }),
  ...(data !== undefined && { data }),
});

const withFilter = (command: Command): Command =>
  command
    .addOption(new Option('--source <broker>', 'only from this broker').choices(BROKERS))
    .option('--reason <code>', 'only with this reason, such as invalid_json')
    .option('--type <type>', 'only messages of this type')
    .option('--all', 'all open dead letters');

/** Settles page after page. A dead letter that fails again is not tried twice. */
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
    throw new CliError(
      'which_ones',
      'Nothing was selected. Give the ids of dead letters, a filter, or --all.',
    );
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
  if (failed.length > 0) throw new CliError('still_waiting', `${failed.length} dead letters are still open.`);
}
