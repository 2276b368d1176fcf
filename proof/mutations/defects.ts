import type { Patch } from './mutant.ts';
import type { ScenarioName } from './scenarios.ts';

/** A mistake that well-known checkouts have made, made here on purpose. */
export interface Defect {
  readonly name: string;
  /** Of the list of pitfalls, see docs/overview.md. */
  readonly pitfall: number;
  readonly patches: readonly Patch[];
  readonly scenario: ScenarioName;
}

const PROVIDER = 'adapters/stripe/payment-provider.ts';
const REFUND = 'adapters/stripe/refund.ts';
const STORY = 'workflows/order-story.ts';
const CHECKOUT = 'workflows/checkout.ts';
const GROUP = 'workflows/checkout-group.ts';
const CHARGES_OF_GROUP = 'activities/group.ts';

/** Money that nobody waits for stays where it is: its webhook would put other mistakes right. */
const NO_LATE_PAYMENT: Patch = {
  file: 'orders/payment-webhook.ts',
  from: '  await operations.start({ type: LATE_PAYMENT_WORKFLOW, workflowId, orderId, input });\n',
  to: '',
};

/** Likewise, where the news comes while the order's run has not ended. */
const NO_HAND_OVER: Patch = {
  file: CHECKOUT,
  from: "if (others().length === 0 || !patched('other-payments-handed-over')) return;",
  to: 'if (Date.now() > 0) return;',
};

/** What PostgreSQL guards by itself hides the mistake. */
const UNGUARDED: Patch = {
  statement: 'alter table stock_items drop constraint stock_items_on_hand_check',
  undo: 'alter table stock_items add constraint stock_items_on_hand_check check (on_hand >= 0) not valid',
};

/** Likewise, the statuses that PostgreSQL refuses. */
const ANY_STATUS: Patch = {
  statement: 'alter table orders disable trigger refuse_status_change',
  undo: 'alter table orders enable trigger refuse_status_change',
};

/** As if every order came from a process of its own: one process gathers what arrives together. */
const UNGATHERED: Patch = {
  file: 'workers/process.ts',
  from: 'batchedLedger(createOrderLedger(pool))',
  to: 'createOrderLedger(pool)',
};

/** The provider is not asked what became of an earlier try. */
const NO_LOOK: Patch = { file: PROVIDER, from: 'if (request.triedBefore) {', to: 'if (Date.now() < 0) {' };

export const DEFECTS: readonly Defect[] = [
  {
    name: 'a timeout is taken for a decline',
    pitfall: 1,
    scenario: 'the answers to a charge are lost',
    patches: [
      {
        file: PROVIDER,
        from: 'if (!isStoredFault(error)) throw error;',
        to: `if (!isStoredFault(error)) return { orderId: request.orderId, status: 'declined', declineCode: 'timeout' };`,
      },
    ],
  },
  {
    name: 'an unknown charge is taken for none, and made again',
    pitfall: 1,
    scenario: 'the answers to a charge are lost',
    patches: [
      {
        file: PROVIDER,
        from: 'if (!isStoredFault(error)) throw error;',
        to: `if (!isStoredFault(error)) return { orderId: request.orderId, status: 'none' };`,
      },
    ],
  },
  {
    name: 'the idempotency key of a charge is random',
    pitfall: 2,
    scenario: 'the answers to a charge are lost',
    patches: [
      NO_LOOK,
      {
        file: PROVIDER,
        from: '/charge/${charge.attempt}`;',
        to: '/charge/${charge.attempt}/${Math.random()}`;',
      },
    ],
  },
  {
    name: 'the idempotency key of a charge is not passed on',
    pitfall: 2,
    scenario: 'the answers to a charge are lost',
    patches: [NO_LOOK, { file: PROVIDER, from: '{ idempotencyKey },', to: '{},' }],
  },
  {
    name: 'each attempt has its own key, also after an unknown one',
    pitfall: 2,
    scenario: 'the answers to a charge are lost for long',
    patches: [
      NO_LOOK,
      NO_LATE_PAYMENT,
      NO_HAND_OVER,
      {
        file: 'workflows/payment.ts',
        from: 'if (round === 0) await this.#recordUnknown();',
        to: 'if (round === 0) await this.#recordUnknown(); this.#attempt += 1;',
      },
    ],
  },
  {
    name: 'a refund has no key, and is not looked for',
    pitfall: 2,
    scenario: 'the answers to a refund are lost',
    patches: [
      { file: REFUND, from: 'return effective.some(', to: 'return amount > 0 ? amount : effective.some(' },
      { file: REFUND, from: '}/${number}` },', to: '}/${Math.random()}` },' },
      { file: REFUND, from: 'if (missing <= 0) return refunded;', to: 'if (latest) return refunded;' },
    ],
  },
  {
    name: 'the undo of a charge is registered after the charge',
    pitfall: 3,
    scenario: 'declined',
    patches: [
      { file: STORY, from: '  saga.add((ending) => undoPayment(parts, ending));\n', to: '' },
      {
        file: STORY,
        from: '  const cancelledLate = inbox.cancelReason();',
        to: '  saga.add((ending) => undoPayment(parts, ending));\n  const cancelledLate = inbox.cancelReason();',
      },
    ],
  },
  {
    name: 'the error of an undo is swallowed',
    pitfall: 4,
    scenario: 'cancelled while it is charged, and the refund fails',
    patches: [
      {
        file: 'workflows/give-back.ts',
        from: 'run: async () => only(await refundPayment([{ ...reference, amount: captured }])),',
        to: `run: async () =>
          refundPayment([{ ...reference, amount: captured }]).then(only, () => ({ orderId, refunded: captured })),`,
      },
    ],
  },
  {
    name: 'an undo is tried once',
    pitfall: 4,
    scenario: 'cancelled while it is charged, and the refund fails',
    patches: [
      {
        file: 'workflows/parking.ts',
        from: 'const leftOut = await this.#pause(step, round);',
        to: `const leftOut = actions.length > 1 ? ('skip' as const) : await this.#pause(step, round);`,
      },
    ],
  },
  {
    name: 'an undo is cancelled together with its workflow',
    pitfall: 4,
    scenario: 'the workflow is cancelled in the Temporal UI',
    patches: [
      {
        file: CHECKOUT,
        from: 'return CancellationScope.nonCancellable(async () => {\n    const {',
        to: 'return CancellationScope.cancellable(async () => {\n    const {',
      },
      {
        file: 'workflows/saga.ts',
        from: 'return CancellationScope.nonCancellable(',
        to: 'return CancellationScope.cancellable(',
      },
    ],
  },
  {
    name: 'a failed step is never shown to an operator',
    pitfall: 4,
    scenario: 'a refund fails',
    patches: [
      { file: 'workflows/parking.ts', from: 'if (parks) await', to: 'if (parks && round < 0) await' },
    ],
  },
  {
    name: 'a release frees what it has not reserved',
    pitfall: 5,
    scenario: 'an undo of what never ran',
    patches: [
      {
        function: 'release_stock(jsonb)',
        from: `  perform append_order_event(v_new, 'placed');`,
        to: `  perform append_order_event(v_new, 'placed');
  update stock_items i set on_hand = i.on_hand + (line ->> 'quantity')::bigint, held = i.held - (line ->> 'quantity')::bigint
    from jsonb_array_elements(p_releases) r, jsonb_array_elements(r -> 'order' -> 'request' -> 'lines') line
   where i.sku = line ->> 'sku' and r ->> 'orderId' = any(v_new);`,
      },
    ],
  },
  {
    name: 'a release leaves no tombstone',
    pitfall: 5,
    scenario: 'an undo of what never ran',
    patches: [
      {
        function: 'release_stock(jsonb)',
        from: 'where not exists (select 1 from orders known',
        to: 'where false and not exists (select 1 from orders known',
      },
    ],
  },
  {
    name: 'an order fails after its payment, and nothing goes back',
    pitfall: 6,
    scenario: 'cancelled while it is charged',
    patches: [
      NO_LATE_PAYMENT,
      NO_HAND_OVER,
      {
        file: STORY,
        from: 'reason: cancelledLate, payment }',
        to: 'reason: cancelledLate }',
      },
    ],
  },
  {
    name: 'a paid order is cancelled, and its goods do not go back',
    pitfall: 6,
    scenario: 'cancelled after it is paid',
    patches: [{ function: 'finish_cancellations(jsonb)', from: 'perform restock(v_ended);', to: '' }],
  },
  {
    name: 'a failure after the charge sends the order back to the payment',
    pitfall: 7,
    scenario: 'the order cannot be confirmed for a while',
    patches: [
      {
        file: STORY,
        from: '  const { payment } = settled;',
        to: `  let { payment } = settled;
  try {
    await confirmOrder([{ orderId: order.orderId, payment }]);
  } catch {
    const again = await new PaymentProcess(parts, 2).settle(reserved, { atOnce: false, mayHaveCharged: false });
    if (again.status === 'succeeded') payment = again.payment;
  }`,
      },
      {
        file: 'workflows/payment.ts',
        from: 'constructor({ order, policy, inbox, board, parking, from }: PaymentParts) {',
        to: 'constructor({ order, policy, inbox, board, parking, from }: PaymentParts, attempt = 1) {\n    this.#attempt = attempt;',
      },
    ],
  },
  {
    name: 'stock is taken without a look at what there is',
    pitfall: 8,
    scenario: 'more is asked for than there is',
    patches: [
      UNGUARDED,
      {
        function: 'reserve_stock(jsonb)',
        from: `elsif v_on_hand[(v_item -> 'n')::integer] < v_quantities[i] then`,
        to: 'elsif false then',
      },
    ],
  },
  {
    name: 'stock is looked at and not locked',
    pitfall: 8,
    scenario: 'many buy one item at once',
    patches: [
      UNGUARDED,
      UNGATHERED,
      {
        function: 'reserve_stock(jsonb)',
        from: 'order by i.sku for update) locked',
        to: 'order by i.sku) locked',
      },
      {
        function: 'reserve_stock(jsonb)',
        from: '-- After the locks:',
        to: 'perform pg_sleep(0.05);\n  -- After the locks:',
      },
    ],
  },
  {
    name: 'items are locked in no order',
    pitfall: 8,
    scenario: 'many buy the same two items',
    patches: [
      UNGATHERED,
      {
        function: 'reserve_stock(jsonb)',
        from: `select jsonb_object_agg(sku, jsonb_build_object('n', n,`,
        to: `for v_id in select s from unnest(v_skus) s order by random() loop
    perform 1 from stock_items where sku = v_id for update;
    perform pg_sleep(0.01);
  end loop;
  select jsonb_object_agg(sku, jsonb_build_object('n', n,`,
      },
    ],
  },
  {
    name: 'stock is freed while the payment is undecided',
    pitfall: 9,
    scenario: 'the customer authenticates',
    patches: [
      {
        function: 'record_waiting(jsonb)',
        from: 'perform append_order_event(v_moved, v_status);',
        to: `perform append_order_event(v_moved, v_status); perform settle_reservations(v_moved, 'released');`,
      },
    ],
  },
  {
    name: 'what was held for an order that expires stays held',
    pitfall: 9,
    scenario: 'the customer does not authenticate',
    patches: [
      {
        function: 'release_stock(jsonb)',
        from: `perform settle_reservations(v_open, 'released');`,
        to: `perform settle_reservations(array(select r ->> 'orderId' from jsonb_array_elements(p_releases) r
          where r ->> 'status' <> 'expired' and r ->> 'orderId' = any(v_open)), 'released');`,
      },
    ],
  },
  {
    name: 'subtotals are added twice',
    pitfall: 10,
    scenario: 'paid by card',
    patches: [
      {
        function: 'reserve_stock(jsonb)',
        from: `coalesce(sum((v_items -> l.sku ->> 'unitPrice')::bigint * l.quantity), 0)`,
        to: `coalesce(2 * sum((v_items -> l.sku ->> 'unitPrice')::bigint * l.quantity), 0)`,
      },
    ],
  },
  {
    name: 'the price is the one that the client says',
    pitfall: 10,
    scenario: 'the customer was shown another total',
    patches: [
      {
        file: 'orders/quote.ts',
        from: 'if (expectedTotal !== undefined && expectedTotal !== total) {',
        to: 'if (expectedTotal !== undefined && expectedTotal < 0) {',
      },
      {
        function: 'reserve_stock(jsonb)',
        from: `v_status := 'rejected'; v_reason := 'total_mismatch';`,
        to: `v_total := (v_order -> 'request' ->> 'expectedTotal')::bigint;`,
      },
    ],
  },
  {
    name: 'a change is made without its event',
    pitfall: 11,
    scenario: 'paid by card',
    patches: [
      { function: 'confirm_orders(jsonb)', from: `perform append_order_event(v_open, 'paid');`, to: '' },
    ],
  },
  {
    name: 'the events of an order have a gap',
    pitfall: 11,
    scenario: 'paid by card',
    patches: [
      {
        function: 'append_order_event(text[],text,jsonb)',
        from: 'set last_sequence = last_sequence + 1',
        to: 'set last_sequence = last_sequence + 2',
      },
    ],
  },
  {
    name: 'an order id has something random',
    pitfall: 12,
    scenario: 'the same key again',
    patches: [
      {
        file: 'orders/place-order.ts',
        from: 'orderIdOf(clientId, key)',
        to: 'orderIdOf(clientId, `${key}${Math.random()}`)',
      },
    ],
  },
  {
    name: 'an order is known for as long as Temporal remembers it',
    pitfall: 13,
    scenario: 'the same key again when Temporal has forgotten the order',
    patches: [
      {
        file: 'orders/place-order.ts',
        from: '  if (stored) return replayStored(stored, order);\n\n',
        to: '  if (stored && Date.now() < 0) return replayStored(stored, order);\n\n',
      },
      {
        file: 'orders/place-order.ts',
        from: '  if (stored) return replayStored(stored, order);\n  const running',
        to: '  if (stored && Date.now() < 0) return replayStored(stored, order);\n  const running',
      },
      {
        file: 'orders/place-order.ts',
        from: '    requireSameBody(holder.requestHash, order.requestHash);\n',
        to: '',
      },
    ],
  },
  {
    name: 'another body under the same key is taken for the first',
    pitfall: 14,
    scenario: 'the same key again',
    patches: [
      {
        file: 'orders/request-hash.ts',
        from: 'if (known === given) return;',
        to: 'if (known.length === given.length) return;',
      },
    ],
  },
  {
    name: 'the signature of a webhook is not checked',
    pitfall: 15,
    scenario: 'a webhook that the provider has not signed',
    patches: [
      {
        file: 'api/stripe-events.ts',
        from: `return Stripe.webhooks.constructEvent(body, signature ?? '', secret);`,
        to: 'return JSON.parse(body.toString());',
      },
    ],
  },
  {
    name: 'a webhook is answered 200 though it was not dealt with',
    pitfall: 15,
    scenario: 'a webhook of an order that is not known',
    patches: [
      {
        file: 'api/routes/webhooks-stripe.ts',
        from: 'await orders.applyPaymentEvent(news);',
        to: 'await orders.applyPaymentEvent(news).catch(() => undefined);',
      },
    ],
  },
  {
    name: 'a payment that comes late is lost',
    pitfall: 16,
    scenario: 'the money comes after the cancel',
    patches: [NO_LATE_PAYMENT],
  },
  {
    name: 'a cancelled order is shown as completed',
    pitfall: 17,
    scenario: 'cancelled after it is paid',
    patches: [
      ANY_STATUS,
      {
        function: 'finish_cancellations(jsonb)',
        from: `set status = 'cancelled', reason`,
        to: `set status = 'closed', reason`,
      },
    ],
  },
  {
    name: 'a mail is not claimed before it is sent',
    pitfall: 18,
    scenario: 'the workflow of a paid order is run again',
    patches: [{ function: 'claim_mails(jsonb)', from: `where mails.status <> 'sent'`, to: '' }],
  },
  {
    name: 'the mail about the payment is never sent',
    pitfall: 18,
    scenario: 'paid by card',
    patches: [
      {
        file: 'workflows/storyboard.ts',
        from: `this.#createdTold ? ['paid'] : ['created', 'paid']`,
        to: `this.#createdTold ? [] : ['created']`,
      },
    ],
  },
  {
    name: 'an order waits for its mail',
    pitfall: 18,
    scenario: 'the mail server is away',
    patches: [
      {
        file: STORY,
        from: '  const confirmed = only(',
        to: '  board.paid();\n  await board.told();\n  const confirmed = only(',
      },
      {
        file: 'workflows/storyboard.ts',
        from: '  get decided(): boolean {',
        to: '  told(): Promise<void> {\n    return this.#post.done();\n  }\n\n  get decided(): boolean {',
      },
    ],
  },
  {
    name: 'the validator of an update is asynchronous',
    pitfall: 20,
    scenario: 'a cancel in the workflow of a paid order',
    patches: [
      {
        file: CHECKOUT,
        from: 'validator: () => {\n        if (board.decided)',
        to: 'validator: async () => {\n        if (board.decided)',
      },
    ],
  },
  {
    name: 'a refund may be more than was captured',
    pitfall: 6,
    scenario: 'a refund of more than was paid',
    patches: [
      {
        function: 'begin_refunds(jsonb)',
        from: `when v_left <= 0 or v_amount > v_left then 'refund_exceeds_captured'`,
        to: `when v_left < 0 then 'refund_exceeds_captured'`,
      },
    ],
  },
  {
    name: 'two refunds at once do not see each other',
    pitfall: 8,
    scenario: 'two refunds at once, together more than was paid',
    patches: [{ function: 'begin_refunds(jsonb)', from: ' - pending_refunds(v_order.order_id)', to: '' }],
  },
  {
    name: 'two refunds share a key',
    pitfall: 2,
    scenario: 'two refunds of an order',
    patches: [{ file: REFUND, from: '${refundId ?? paymentIntentId}/', to: '${paymentIntentId}/' }],
  },
  {
    name: 'the audit does not compare with the provider',
    pitfall: 19,
    scenario: 'a payment that our books have wrong',
    patches: [
      { file: 'adapters/postgres/audit/rules.ts', from: '...PROVIDER_RULES', to: '...[]' },
      { file: 'adapters/postgres/audit/rules.ts', from: '...MONEY_RULES', to: '...[]' },
    ],
  },
  {
    name: 'the audit does not look at the stock',
    pitfall: 19,
    scenario: 'a reservation that our books have wrong',
    patches: [{ file: 'adapters/postgres/audit/rules.ts', from: '...STOCK_RULES', to: '...[]' }],
  },
  {
    name: 'an order that its group cannot carry on is left behind',
    pitfall: 19,
    scenario: 'a rush of orders, in groups',
    patches: [
      {
        file: GROUP,
        from: 'else this.#leave(member, { charged: true,',
        to: `else if (Date.now() > 0) member.end = 'detached';\n      else this.#leave(member, { charged: true,`,
      },
    ],
  },
  {
    name: 'all orders of a group are charged what the first one costs',
    pitfall: 10,
    scenario: 'a rush of orders, in groups',
    patches: [{ file: GROUP, from: 'amount: total,', to: 'amount: reserved[0]?.total ?? total,' }],
  },
  {
    name: 'only the first order of a group is told',
    pitfall: 18,
    scenario: 'a rush of orders, in groups',
    patches: [
      {
        file: GROUP,
        from: 'const mails = members.flatMap(mailsOf);',
        to: 'const mails = members.slice(0, 1).flatMap(mailsOf);',
      },
    ],
  },
  {
    name: 'a declined payment of a group can still be paid',
    pitfall: 16,
    scenario: 'a rush of orders, in groups',
    patches: [
      {
        file: CHARGES_OF_GROUP,
        from: `if (outcome.status !== 'declined' || outcome.paymentIntentId === undefined) return true;`,
        to: `if (outcome.status !== 'declined' || outcome.paymentIntentId !== '') return true;`,
      },
    ],
  },
  {
    name: 'a payment of a group that is not known yet is taken for a decline',
    pitfall: 1,
    scenario: 'a rush of orders, in groups',
    patches: [
      {
        file: CHARGES_OF_GROUP,
        from: `if (!outcome) return { orderId, status: 'open' };`,
        to: `if (!outcome || outcome.status === 'requires_action') return { orderId, status: 'payment_failed' };`,
      },
    ],
  },
];
