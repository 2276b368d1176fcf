import { randomUUID } from 'node:crypto';
import { Option, type Command } from 'commander';
import { contextOf } from '../context.ts';
import { CliError } from '../errors.ts';
import { systemClock } from '../../../harness/load/clock.ts';
import { closedLoop, openLoop, type OnDone, type Send } from '../../../harness/load/generate.ts';
import { isLoopback } from '../load/loopback.ts';
import { orderOf, SPREAD } from '../../../harness/load/order-mix.ts';
import { createOrderSender, type SendResult } from '../../../harness/load/order-sender.ts';
import { showProgress } from '../load/progress.ts';
import { drawReport, sum, Tally } from '../load/report.ts';
import { duration, list, positiveNumber, wholeNumber } from '../options.ts';
import { writeJson, writeLine, type Terminal } from '../terminal.ts';

interface LoadFlags {
  orders?: number;
  duration?: number;
  concurrency: number;
  rate?: number;
  inFlight: number;
  sku?: string[];
  method: string[];
  quantity: number;
  currency: string;
  wait: number;
  allowRemote?: boolean;
}

const DEFAULT_ORDERS = 1000;

/** `checkout load`: places many orders and shows how it went. 1 if any of them got no outcome. */
export function registerLoad(program: Command, terminal: Terminal): void {
  program
    .command('load')
    .description('place many orders, and measure')
    .option(
      '--orders <n>',
      `how many (default: ${DEFAULT_ORDERS}, or no limit with --duration)`,
      wholeNumber(1),
    )
    .option('--duration <time>', 'for how long, such as 30s', duration)
    .option(
      '--concurrency <n>',
      'closed loop: so many customers, each waiting for the answer',
      wholeNumber(1),
      50,
    )
    .addOption(
      new Option('--rate <n>', 'open loop: so many orders a second, whatever the answers')
        .argParser(positiveNumber)
        .conflicts('concurrency'),
    )
    .option('--in-flight <n>', 'open loop: so many at once at most', wholeNumber(1), 1000)
    .option('--sku <skus>', 'what to order, taking turns (default: item-001 to item-100)', list)
    .addOption(
      new Option('--method <ids>', 'payment methods, taking turns')
        .argParser(list)
        .default(['pm_card_visa'], 'pm_card_visa'),
    )
    .option('--quantity <n>', 'how many of the item an order', wholeNumber(1), 1)
    .option('--currency <code>', 'ISO 4217', 'EUR')
    .option(
      '--wait <seconds>',
      'how long to wait for the outcome; 0: measure the acceptance',
      wholeNumber(0),
      30,
    )
    .option('--allow-remote', 'put the load on another machine, too')
    .action(async (flags: LoadFlags, command: Command) => {
      const { connection, json } = contextOf(command, terminal);
      if (!isLoopback(connection.url) && flags.allowRemote !== true)
        throw new CliError(
          'remote_load',
          `${connection.url} is not this machine: give --allow-remote to mean it.`,
        );
      const report = await run(flags, connection, terminal);
      if (json) writeJson(terminal.stdout, report);
      else writeLine(terminal.stdout, drawReport(terminal.stdout, report));
      const failed = sum(report.errors);
      if (failed > 0)
        throw new CliError('load_failed', `${failed} of ${report.orders} orders got no outcome.`);
    });
}

async function run(
  flags: LoadFlags,
  connection: { url: string; apiKey: string | undefined },
  terminal: Terminal,
) {
  const {
    orders = flags.duration === undefined ? DEFAULT_ORDERS : Infinity,
    duration: durationMs = Infinity,
  } = flags;
  const limits = { orders, durationMs, signal: terminal.interrupted(), clock: systemClock };
  const maxSockets = flags.rate === undefined ? flags.concurrency : flags.inFlight;
  const sender = createOrderSender({ connection, maxSockets, waitSeconds: flags.wait });
  const mix = {
    skus: flags.sku ?? SPREAD,
    methods: flags.method,
    quantity: flags.quantity,
    currency: flags.currency,
  };
  const runId = randomUUID();
  const send: Send<SendResult> = (index) => sender.send(orderOf(mix, index), `load-${runId}-${index}`);

  const tally = new Tally();
  const progress = showProgress(terminal.stderr, orders);
  const onDone: OnDone<SendResult> = (result, responseMs) => {
    tally.add(result, responseMs);
    progress.update(tally.orders);
  };
  const startedAt = systemClock.now();
  try {
    if (flags.rate === undefined)
      await closedLoop(send, onDone, { ...limits, concurrency: flags.concurrency });
    else await openLoop(send, onDone, { ...limits, ratePerSecond: flags.rate, maxInFlight: flags.inFlight });
  } finally {
    progress.stop();
    sender.close();
  }
  return tally.report(systemClock.now() - startedAt);
}
