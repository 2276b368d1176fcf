import { Command } from 'commander';
import { registerAttention } from './commands/attention.ts';
import { registerAudit } from './commands/audit.ts';
import { registerCancel } from './commands/cancel.ts';
import { registerCapture } from './commands/capture.ts';
import { registerDeadLetters } from './commands/dead-letters.ts';
import { registerDev } from './commands/dev.ts';
import { registerEvents } from './commands/events.ts';
import { registerGet } from './commands/get.ts';
import { registerList } from './commands/list.ts';
import { registerLoad } from './commands/load.ts';
import { registerMails } from './commands/mails.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerPlace } from './commands/place.ts';
import { registerRefund } from './commands/refund.ts';
import { registerReplay } from './commands/replay.ts';
import { registerReview } from './commands/review.ts';
import { registerStats } from './commands/stats.ts';
import { registerStock } from './commands/stock.ts';
import { registerWatch } from './commands/watch.ts';
import { registerWebhooks } from './commands/webhooks.ts';
import { VERSION } from '../platform/version.ts';
import { addGlobalOptions } from './support/context.ts';
import type { Terminal } from './output/terminal.ts';

/** Every command. A new command needs a file in `commands/` and a line here. */
const REGISTER = [
  registerDev,
  registerPlace,
  registerGet,
  registerList,
  registerWatch,
  registerEvents,
  registerCancel,
  registerRefund,
  registerCapture,
  registerReview,
  registerAttention,
  registerDeadLetters,
  registerWebhooks,
  registerStock,
  registerMails,
  registerStats,
  registerLoad,
  registerAudit,
  registerReplay,
  registerMigrate,
];

export function createProgram(terminal: Terminal): Command {
  const program = new Command('checkout')
    .description('Place orders, watch them, and run and operate durable-checkout.')
    .version(VERSION)
    .showHelpAfterError('(checkout --help lists the commands, checkout <command> --help the options of one)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
    });
  addGlobalOptions(program);
  for (const register of REGISTER) register(program, terminal);
  return program;
}
