import { Option, type Command } from 'commander';
import { DISPUTE_STATUSES, type DisputeStatus } from '../../contracts/dispute-states.ts';
import { drawDisputes } from '../output/disputes.ts';
import { writeJson, writeLine } from '../output/terminal.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { isoTime } from '../support/options.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';

interface Flags {
  status?: DisputeStatus;
  dueBefore?: string;
}

/** `checkout disputes`, `disputes list` */
export const define: Define = (disputes, terminal) => {
  disputes
    .command('list', { isDefault: true })
    .description('list disputes of payments, newest first')
    .addOption(new Option('--status <status>', 'disputes with this status').choices([...DISPUTE_STATUSES]))
    .option(
      '--due-before <time>',
      'disputes that wait for evidence, and take it until this time at most',
      isoTime,
    )
    .action(async ({ status, dueBefore }: Flags, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const found = await allPages((cursor) =>
        api.listDisputes({ status, dueBefore, limit: MAX_PAGE_SIZE, cursor }),
      );
      if (json) writeJson(terminal.stdout, found);
      else
        writeLine(
          terminal.stdout,
          found.length === 0 ? 'There are no disputes.' : drawDisputes(terminal.stdout, found),
        );
    });
};
