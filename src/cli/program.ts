import { Command } from 'commander';
import { VERSION } from '../platform/version.ts';
import type { Terminal } from './output/terminal.ts';
import type { Define } from './support/define.ts';
import { addGlobalOptions } from './support/global-options.ts';

interface LazyCommand {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<{ readonly define: Define }>;
}

const lazy = (name: string, description: string, load: LazyCommand['load']): LazyCommand => ({
  name,
  description,
  load,
});

/**
 * Every command, in the order of `checkout --help`. A new command needs a file in `commands/` and a line here. The file is loaded
 * when its command is asked for: all of them together take longer to load than most commands take to run.
 */
const COMMANDS: readonly LazyCommand[] = [
  lazy('dev', 'run the whole system on this machine, for development', () => import('./commands/dev.ts')),
  lazy('place', 'place an order and show its outcome', () => import('./commands/place.ts')),
  lazy('get', 'show an order', () => import('./commands/get.ts')),
  lazy('list', 'list orders, newest first', () => import('./commands/list.ts')),
  lazy(
    'watch',
    'show the events of an order until it is paid or has failed, or all orders, live',
    () => import('./commands/watch.ts'),
  ),
  lazy('events', 'show the events of an order', () => import('./commands/events.ts')),
  lazy(
    'cancel',
    'cancel an order: its stock is released, and money that was captured is refunded',
    () => import('./commands/cancel.ts'),
  ),
  lazy('refund', 'refund an order, in full or in part', () => import('./commands/refund.ts')),
  lazy('returns', 'request, decide and receive returns of goods', () => import('./commands/returns.ts')),
  lazy('brakes', 'show, set and release what is paused', () => import('./commands/brakes.ts')),
  lazy('disputes', 'list disputes of payments', () => import('./commands/disputes.ts')),
  lazy('capture', 'capture an authorised payment, in full or in part', () => import('./commands/capture.ts')),
  lazy(
    'review',
    'approve or reject an order that waits for review, or list such orders',
    () => import('./commands/review.ts'),
  ),
  lazy(
    'attention',
    'resolve a step that waits for an operator, or list the orders with such a step',
    () => import('./commands/attention.ts'),
  ),
  lazy('batches', 'show, start and stop batches of operators', () => import('./commands/batches.ts')),
  lazy(
    'shipments',
    'list shipments, report what was handed over, hold, release or cancel one',
    () => import('./commands/shipments.ts'),
  ),
  lazy(
    'dead-letters',
    'list, correct, replay or discard messages that could not be executed',
    () => import('./commands/dead-letters.ts'),
  ),
  lazy('webhooks', 'manage webhook endpoints and their deliveries', () => import('./commands/webhooks.ts')),
  lazy('stock', 'show and set stock items', () => import('./commands/stock.ts')),
  lazy('locations', 'show and set the locations of stock', () => import('./commands/locations.ts')),
  lazy(
    'mails',
    'list the mails of an order, or the newest mails; send unsent ones again',
    () => import('./commands/mails.ts'),
  ),
  lazy('mail', 'show what the mails look like', () => import('./commands/mail.ts')),
  lazy(
    'top',
    'show how the shop is, live: what sells, what is slow, what needs you',
    () => import('./commands/top.ts'),
  ),
  lazy('stats', 'show throughput, response times and backlog', () => import('./commands/stats.ts')),
  lazy(
    'load',
    'place many orders, and measure throughput and response times',
    () => import('./commands/load.ts'),
  ),
  lazy(
    'audit',
    'compare orders, stock, payments, mails and workflows with each other and with the payment provider',
    () => import('./commands/audit.ts'),
  ),
  lazy(
    'replay',
    'replay recorded histories against the present workflow code',
    () => import('./commands/replay.ts'),
  ),
  lazy('migrate', 'bring the database at DATABASE_URL up to date', () => import('./commands/migrate.ts')),
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
  for (const { name, description } of COMMANDS) program.command(name).description(description);
  program.hook('preSubcommand', (_program, command) => defineCommand(command, terminal));
  addHelp(program);
  return program;
}

/** Loads the file of a command of {@link createProgram}, and adds its arguments, options and action. */
export async function defineCommand(command: Command, terminal: Terminal): Promise<void> {
  const found = COMMANDS.find(({ name }) => name === command.name());
  if (found === undefined) return;
  const { define } = await found.load();
  define(command, terminal);
}

/** Commander's own `help <command>` would print the help of a command that is not loaded yet. */
function addHelp(program: Command): void {
  program
    .command('help')
    .description('show the help of a command')
    .argument('[command...]')
    .action(async (path: string[]) => {
      await program.parseAsync([...path, '--help'], { from: 'user' });
    });
  // The arguments of a command are known when it is loaded, so the list of commands has none.
  program.configureHelp({ subcommandTerm: (command) => command.name() });
}
