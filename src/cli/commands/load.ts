import { randomUUID } from 'node:crypto';
import { Option } from 'commander';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { CliError } from '../support/errors.ts';
import { systemClock } from '../../../harness/load/clock.ts';
import { closedLoop, openLoop, type OnDone, type Send } from '../../../harness/load/generate.ts';
import { isLoopback } from '../load/loopback.ts';
import { orderOf, HUNDRED_SKUS } from '../../../harness/load/order-mix.ts';
import { createOrderSender, type SendResult } from '../../../harness/load/order-sender.ts';
import { showProgress } from '../load/progress.ts';
import { drawReport, sum, Tally } from '../load/report.ts';
import { duration, list, positiveNumber, wholeNumber } from '../support/options.ts';
import { writeJson, writeLine, type Terminal } from '../output/terminal.ts';

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

/** `checkout load`: places many orders and reports throughput and response times. Exits with 1 when an order got no outcome. */
export const define: Define = (command, terminal) => {
  command
    .option(
      '--orders <n>',
      `how many orders (default: ${DEFAULT_ORDERS}, or no limit with --duration)`,
      wholeNumber(1),
    )
    .option('--duration <time>', 'how long to place orders, such as 30s', duration)
    .option(
      '--concurrency <n>',
      'closed loop: this many customers, each of whom waits for the answer',
      wholeNumber(1),
      50,
    )
    .addOption(
      new Option('--rate <n>', 'open loop: this many orders per second, without waiting for answers')
        .argParser(positiveNumber)
        .conflicts('concurrency'),
    )
    .option('--in-flight <n>', 'open loop: the most orders in flight', wholeNumber(1), 1000)
    .option('--sku <skus>', 'the items, taking turns (default: item-001 to item-100)', list)
    .addOption(
      new Option('--method <ids>', 'the payment methods, taking turns')
        .argParser(list)
        .default(['pm_card_visa'], 'pm_card_visa'),
    )
    .option('--quantity <n>', 'the quantity of each order', wholeNumber(1), 1)
    .option('--currency <code>', 'the currency, ISO 4217', 'EUR')
    .option(
      '--wait <seconds>',
      'how long to wait for the outcome, in seconds; 0: only until the order is accepted',
      wholeNumber(0),
      30,
    )
    .option('--allow-remote', 'allow an API on another machine')
    .action(async (flags: LoadFlags) => {
      const { connection, json } = contextOf(command, terminal);
      if (!isLoopback(connection.url) && flags.allowRemote !== true)
        throw new CliError(
          'remote_load',
          `${connection.url} is not on this machine. To place load on it anyway, add --allow-remote.`,
        );
      const report = await run(flags, connection, terminal);
      if (json) writeJson(terminal.stdout, report);
      else writeLine(terminal.stdout, drawReport(terminal.stdout, report));
      const failed = sum(report.errors);
      if (failed > 0)
        throw new CliError('load_failed', `${failed} of ${report.orders} orders got no outcome.`);
    });
};

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
    skus: flags.sku ?? HUNDRED_SKUS,
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
