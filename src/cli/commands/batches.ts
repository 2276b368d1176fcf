import { Option, type Command } from 'commander';
import { BATCH_STATES, type BatchState } from '../../contracts/batches.ts';
import type { BatchView } from '../../contracts/http/batches.ts';
import type { ApiClient } from '../../../harness/api/api-client.ts';
import { drawBatch, drawBatches } from '../output/batches.ts';
import { writeJson, writeLine, type Terminal } from '../output/terminal.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { allPages, MAX_PAGE_SIZE } from '../support/pages.ts';

interface StartFlags {
  confirm: string;
  note: string;
}

/** `checkout batches`, `batches list|get|start|stop` */
export const define: Define = (batches, terminal) => {
  batches
    .command('list', { isDefault: true })
    .description('list batches, newest first')
    .addOption(new Option('--state <state>', 'batches in this state').choices([...BATCH_STATES]))
    .action(async ({ state }: { state?: BatchState }, command: Command) => {
      const { api, json } = contextOf(command, terminal);
      const found = await allPages((cursor) => api.batches.list({ state, limit: MAX_PAGE_SIZE, cursor }));
      if (json) writeJson(terminal.stdout, found);
      else
        writeLine(
          terminal.stdout,
          found.length === 0 ? 'There are no batches.' : drawBatches(terminal.stdout, found),
        );
    });

  batches
    .command('get')
    .description('show a batch, and the orders that have failed')
    .argument('<batchId>')
    .action(async (batchId: string, _flags: unknown, command: Command) => {
      await show(terminal, command, (api) => api.batches.get(batchId));
    });

  batches
    .command('start')
    .description('start a planned batch')
    .argument('<batchId>')
    .requiredOption('--confirm <text>', 'the action and the number of orders, such as "retry 198"')
    .requiredOption('--note <text>', 'why; it is kept with each operation')
    .action(async (batchId: string, { confirm, note }: StartFlags, command: Command) => {
      await show(terminal, command, (api) => api.batches.start(batchId, { confirmation: confirm, note }));
    });

  batches
    .command('stop')
    .description('stop a batch after the orders in progress; what is done stays')
    .argument('<batchId>')
    .action(async (batchId: string, _flags: unknown, command: Command) => {
      await show(terminal, command, (api) => api.batches.stop(batchId));
    });
};

async function show(
  terminal: Terminal,
  command: Command,
  call: (api: ApiClient) => Promise<BatchView>,
): Promise<void> {
  const { api, json } = contextOf(command, terminal);
  const batch = await call(api);
  if (json) {
    writeJson(terminal.stdout, batch);
    return;
  }
  const failed =
    batch.counts.failed === 0
      ? []
      : await allPages((cursor) =>
          api.batches.items(batch.batchId, { outcome: 'failed', limit: MAX_PAGE_SIZE, cursor }),
        );
  writeLine(terminal.stdout, drawBatch(terminal.stdout, batch, failed));
}
