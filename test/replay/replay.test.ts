import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { historyFromJson } from '../../src/workers/history-json.ts';
import { replayHistories, type ReplayOutcome } from '../../src/workers/replay.ts';
import { bundleChanged, type CodeChange } from '../support/changed-workflows.ts';
import { RECORDINGS } from '../support/recordings.ts';

const dir = fileURLToPath(new URL('histories', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const files = readdirSync(dir).filter((name) => name.endsWith('.json'));
const read = (name: string) => readFileSync(join(dir, name), 'utf8');

describe('the recorded histories', function () {
  this.timeout(120_000);

  it('are there for every story that an order can live through', () => {
    const missing = Object.keys(RECORDINGS).filter((outcome) => !files.includes(`${outcome}.json`));
    assert.deepEqual(missing, [], 'record them with `tsx scripts/record-histories.ts`');
  });

  it('tell nothing of the machine that they were recorded on', () => {
    for (const name of files) {
      const text = read(name);
      const identities = [...text.matchAll(/"identity": "(.*?)"/g)].map(([, identity]) => identity);
      assert.deepEqual([...new Set(identities)], ['recorder'], name);
      assert.ok(!text.includes(root) && !text.includes(`@${hostname()}`), name);
    }
  });

  it('include those of orders that are still under way', () => {
    const last = (name: string) => historyFromJson(JSON.parse(read(name))).events?.at(-1);
    const open = files.filter((name) => last(name)?.workflowExecutionCompletedEventAttributes == null);
    assert.deepEqual(open, [
      ...['open_awaiting_customer.json', 'open_group_charging.json', 'open_in_review.json'],
    ]);
  });

  it('all replay against the workflow code as it is now', async () => {
    const outcomes: ReplayOutcome[] = [];
    for await (const outcome of replayHistories({ dir })) outcomes.push(outcome);
    assert.deepEqual(
      outcomes.filter(({ ok }) => !ok),
      [],
      'running orders would break: see docs/guides on how to change a workflow safely',
    );
    assert.equal(outcomes.length, files.length);
  });

  /** Changes that break running orders, and a history that has to notice. */
  const breaking: (CodeChange & { what: string; caughtBy: string })[] = [
    {
      what: 'an order abandoned before its undo, without a patch',
      file: 'order-story.ts',
      from: "if (!patched('abandoned-before-undo')) return false;",
      to: '',
      caughtBy: 'cancelled_while_charging',
    },
    {
      what: 'the charge before the reservation',
      file: 'order-story.ts',
      from: '  const reserved = only(await',
      to: `  await new PaymentProcess(parts).settle({
    orderId: order.orderId, status: 'reserved', total: 1_000, currency: 'EUR' },
    { atOnce: false, mayHaveCharged: false });
  const reserved = only(await`,
      caughtBy: 'paid',
    },
    {
      what: 'the stock released before the payment is undone',
      file: 'saga.ts',
      from: '.splice(0).reverse()',
      to: '.splice(0)',
      caughtBy: 'declined',
    },
    {
      what: 'no mail to the customer',
      file: 'storyboard.ts',
      from: "this.#post.tell(this.#createdTold ? ['paid'] : ['created', 'paid']);",
      to: '',
      caughtBy: 'free',
    },
    {
      what: 'no deadline for the customer',
      file: 'payment.ts',
      from: "new Alarm(this.#policy.paymentDeadlineMs, 'deadline of the customer')",
      to: '{ rang: false, cancel() {} }',
      caughtBy: 'open_awaiting_customer',
    },
    {
      what: 'no deadline for the reviewer',
      file: 'review.ts',
      from: "new Alarm(policy.deadlineMs, 'deadline of the review')",
      to: '{ rang: false, cancel() {} }',
      caughtBy: 'open_in_review',
    },
    {
      what: 'the charge before the review',
      file: 'order-story.ts',
      from: '  const refused = policy.review &&',
      to: `  await new PaymentProcess(parts).settle(reserved, { atOnce: false, mayHaveCharged: false });
  const refused = policy.review &&`,
      caughtBy: 'reviewed_approved',
    },
    {
      what: 'a refund that is finished before it is made',
      file: 'refund.ts',
      from: '    const end = await parking.untilDoneOrLeftOut(',
      to: `    await finishRefund([{ orderId, refundId, status: 'succeeded' }]);
    const end = await parking.untilDoneOrLeftOut(`,
      caughtBy: 'refunded',
    },
    {
      what: 'the goods given back before the money',
      file: 'cancellation.ts',
      from: '    const end: CancellationSettlement = { orderId, reason };',
      to: `    const end: CancellationSettlement = { orderId, reason };
    await finishCancellation([end]);`,
      caughtBy: 'cancelled_after_paid',
    },
    {
      what: 'an expired authorisation that is not renewed',
      file: 'capture.ts',
      from: '      await this.#renew();',
      to: '',
      caughtBy: 'capture_of_expired_authorization',
    },
    {
      what: 'a late payment that is kept',
      file: 'late-payment.ts',
      from: "if (!late) return 'kept';",
      to: "return 'kept';",
      caughtBy: 'late_payment_refunded',
    },
    {
      what: 'a second payment that nobody looks into',
      file: 'checkout.ts',
      from: '[...inbox.payments()]',
      to: '[...new Set<string>()]',
      caughtBy: 'second_payment_handed_over',
    },
    {
      what: 'a group that tells before it charges',
      file: 'checkout-group.ts',
      from: '    if (toCharge.length > 0) await this.#charge(toCharge);',
      to: `    await this.#tell(members);
    if (toCharge.length > 0) await this.#charge(toCharge);`,
      caughtBy: 'group_of_every_plain_end',
    },
    {
      what: 'an order that is kept in its group while its customer authenticates',
      file: 'checkout-group.ts',
      from: "if (outcome.status !== 'open') member.end = outcome.status;",
      to: "if (outcome.status !== 'open' || Date.now() > 0) member.end = 'paid';",
      caughtBy: 'group_left_by_who_must_authenticate',
    },
    {
      what: 'an order that is charged anew once it has left its group',
      file: 'payment.ts',
      from: 'let known = this.#from?.charge;',
      to: "let known: GroupHandoff['charge'];",
      caughtBy: 'left_group_then_authenticated',
    },
    {
      what: 'a charge in the task that reserves, without a patch',
      file: 'order-story.ts',
      from: " && patched('charged-at-once')",
      to: '',
      caughtBy: 'paid',
    },
    {
      what: 'a parked step that is not written down',
      file: 'parking.ts',
      from: 'parked.recorded = patched(ATTENTION_RECORDED);',
      to: '',
      caughtBy: 'parked_then_skipped',
    },
  ];

  for (const { what, caughtBy, ...change } of breaking) {
    it(`catch ${what}`, async () => {
      const workflowBundle = await bundleChanged(change);
      const history = historyFromJson(JSON.parse(read(`${caughtBy}.json`)));
      const replays = Worker.runReplayHistories({ workflowBundle }, [{ workflowId: caughtBy, history }]);
      const errors: (string | undefined)[] = [];
      for await (const { error } of replays) errors.push(error?.name);
      assert.deepEqual(errors, ['DeterminismViolationError']);
    });
  }
});
