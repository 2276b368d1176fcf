import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import nodemailer from 'nodemailer';
import { Journal } from '../../sandbox/storage/journal.ts';
import { readyMessage, spawnSandbox } from '../support/sandbox/process.ts';
import { failure, payment, stripeAt, temporaryFolder, TestSandbox } from '../support/sandbox/sandbox.ts';

describe('sandbox: durability', () => {
  let dataDir = '';
  before(async () => {
    dataDir = await temporaryFolder();
  });
  after(() => rm(dataDir, { recursive: true, force: true }));

  it('kill -9 right after the responses loses no payment, no idempotency key and no mail', async () => {
    const env = { SANDBOX_DATA_DIR: dataDir };
    const child = spawnSandbox(env);
    const first = await readyMessage(child);
    const keyed = Array.from({ length: 30 }, (_, n) => ({
      params: payment({
        amount: 100 + n,
        payment_method: n % 3 === 0 ? 'pm_card_chargeDeclined' : 'pm_card_visa',
      }),
      options: { idempotencyKey: randomUUID() },
    }));
    const attempt = async (url: string, { params, options }: (typeof keyed)[number]): Promise<unknown> => {
      const { paymentIntents } = stripeAt(url);
      const declined = params.payment_method === 'pm_card_chargeDeclined';
      return declined
        ? (await failure(paymentIntents.create(params, options))).payment_intent
        : { ...(await paymentIntents.create(params, options)), lastResponse: undefined };
    };
    await nodemailer
      .createTransport(first.smtpUrl)
      .sendMail({ from: 'a@shop.example', to: 'b@customer.example', subject: 'stored', text: 'x' });
    const before = await Promise.all(keyed.map((each) => attempt(first.url, each)));
    child.kill('SIGKILL');
    await once(child, 'exit');

    const again = spawnSandbox(env);
    try {
      const second = await readyMessage(again);
      const summary = (await (await fetch(`${second.url}/sandbox/summary`)).json()) as Record<
        string,
        unknown
      >;
      assert.deepEqual(summary['paymentIntents'], {
        total: 30,
        byStatus: { succeeded: 20, requires_payment_method: 10 },
      });
      assert.equal(summary['mails'], 1);
      const replayed = await Promise.all(keyed.map((each) => attempt(second.url, each)));
      assert.deepEqual(replayed, before);
      assert.equal((await stripeAt(second.url).paymentIntents.list({ limit: 100 })).data.length, 30);
    } finally {
      again.kill('SIGKILL');
      await once(again, 'exit');
    }
  });

  it('an incomplete last line is removed, and the next entry starts on a line of its own', async () => {
    const sandbox = new TestSandbox();
    await sandbox.start();
    try {
      const kept = await sandbox.stripe.paymentIntents.create(payment());
      await sandbox.running.close();
      await appendFile(
        join(sandbox.dataDir, 'stripe.jsonl'),
        '{"put":[{"object":"payment_intent","id":"pi_torn"',
      );
      await sandbox.start();
      const next = await sandbox.stripe.paymentIntents.create(payment());
      await sandbox.restart();
      const { data } = await sandbox.stripe.paymentIntents.list();
      assert.deepEqual(
        data.map(({ id }) => id),
        [next.id, kept.id],
      );
    } finally {
      await sandbox.remove();
    }
  });

  it('a damaged line before the last one prevents the start, so that no later entry is lost', async () => {
    const sandbox = new TestSandbox();
    await sandbox.start();
    try {
      await sandbox.running.close();
      await appendFile(join(sandbox.dataDir, 'stripe.jsonl'), 'not json\n{}\n');
      await assert.rejects(sandbox.start(), /stripe\.jsonl:1 is damaged/);
    } finally {
      await sandbox.remove();
    }
  });

  it('a long journal is compacted', async () => {
    const path = join(dataDir, 'numbers.jsonl');
    const open = async (
      compactBytes: number,
    ): Promise<{ journal: Journal<[string, number]>; state: Map<string, number> }> => {
      const state = new Map<string, number>();
      const journal = await Journal.open<[string, number]>({
        path,
        apply: ([name, value]) => state.set(name, value),
        snapshot: () => state.entries(),
        onTornLine: () => assert.fail('the last line is complete'),
        compactBytes,
      });
      return { journal, state };
    };
    const { journal } = await open(1);
    await Promise.all(Array.from({ length: 500 }, (_, n) => journal.append([`k${n % 5}`, n])));
    await journal.close();
    const long = (await stat(path)).size;
    const second = await open(1);
    await second.journal.append(['k0', 1000]);
    await second.journal.close();
    assert((await stat(path)).size < long / 10);
    assert.equal((await readFile(path, 'utf8')).trim().split('\n').length, 6);
    const third = await open(1_000_000);
    await third.journal.close();
    assert.deepEqual(
      [...third.state],
      [
        ['k0', 1000],
        ['k1', 496],
        ['k2', 497],
        ['k3', 498],
        ['k4', 499],
      ],
    );
  });

  it('the snapshot of a ledger rebuilds the same ledger', async () => {
    const { Ledger } = await import('../../sandbox/stripe/ledger.ts');
    const sandbox = new TestSandbox({ webhookUrl: 'http://127.0.0.1:9/' });
    await sandbox.start();
    try {
      const { stripe } = sandbox;
      const paid = await stripe.paymentIntents.create(payment(), { idempotencyKey: 'one' });
      await stripe.refunds.create({ payment_intent: paid.id, amount: 1 }, { idempotencyKey: 'two' });
      await failure(
        stripe.paymentIntents.create(payment({ payment_method: 'pm_sandbox_error_once' }), {
          idempotencyKey: 'three',
        }),
      );
      const held = await stripe.paymentIntents.create(payment({ capture_method: 'manual' }), {
        idempotencyKey: 'four',
      });
      await stripe.paymentIntents.capture(held.id);
      await stripe.paymentIntents.create(payment({ payment_method: 'pm_sandbox_refund_fails' }));
      await sandbox.running.close();
      const lines = (await readFile(join(sandbox.dataDir, 'stripe.jsonl'), 'utf8')).trim().split('\n');
      const original = new Ledger(60_000);
      for (const line of lines) original.apply(JSON.parse(line) as object);
      const copy = new Ledger(60_000);
      for (const entry of original.snapshot()) copy.apply(JSON.parse(JSON.stringify(entry)) as object);
      assert.deepEqual([...copy.snapshot()], [...original.snapshot()]);
      assert.equal(copy.intents.size, 3);
      assert.equal(copy.idempotencyKeys.find('four')?.record?.object, 'payment_intent');
    } finally {
      await sandbox.remove();
    }
  });
});
