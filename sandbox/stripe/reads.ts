import { expand } from './expand.ts';
import { resourceMissing } from './failure.ts';
import type { Form } from './form.ts';
import type { Ledger } from './ledger.ts';
import { list } from './lists.ts';
import { Params } from './params.ts';
import { render, renderEvent } from './render.ts';
import { searchIntents } from './search.ts';

type Read = (ledger: Ledger, form: Form, id: string) => object;

/** All GET endpoints. */
export const READ_ENDPOINTS: readonly (readonly [path: string, read: Read])[] = [
  [
    '/v1/payment_intents',
    (ledger, form) =>
      page(
        ledger,
        form,
        render,
        list(ledger.intents, {
          form,
          url: '/v1/payment_intents',
          filters: ['customer'],
          matches: (intent, params) =>
            !params.has('customer') || intent.customer === params.string('customer'),
        }),
      ),
  ],
  ['/v1/payment_intents/search', (ledger, form) => page(ledger, form, render, searchIntents(ledger, form))],
  [
    '/v1/payment_intents/:id',
    readOne('payment_intent', (ledger, id) => ledger.intents.get(id), ['client_secret']),
  ],
  [
    '/v1/charges',
    (ledger, form) =>
      page(
        ledger,
        form,
        render,
        list(ledger.charges, {
          form,
          url: '/v1/charges',
          filters: ['payment_intent', 'customer'],
          candidateIds: (params) =>
            idsOwnedBy(params, 'payment_intent', (id) => ledger.chargesOfIntent.get(id)),
          matches: (charge, params) =>
            !params.has('customer') || charge.customer === params.string('customer'),
        }),
      ),
  ],
  ['/v1/charges/:id', readOne('charge', (ledger, id) => ledger.charges.get(id))],
  [
    '/v1/refunds',
    (ledger, form) =>
      page(
        ledger,
        form,
        render,
        list(ledger.refunds, {
          form,
          url: '/v1/refunds',
          filters: ['payment_intent', 'charge'],
          candidateIds: (params) =>
            idsOwnedBy(params, 'charge', (id) => ledger.refundsOfCharge.get(id)) ??
            idsOwnedBy(params, 'payment_intent', (id) => ledger.refundsOfIntent.get(id)),
          matches: (refund, params) =>
            !params.has('payment_intent') || refund.payment_intent === params.string('payment_intent'),
        }),
      ),
  ],
  ['/v1/refunds/:id', readOne('refund', (ledger, id) => ledger.refunds.get(id))],
  [
    '/v1/disputes',
    (ledger, form) =>
      page(
        ledger,
        form,
        render,
        list(ledger.disputes, {
          form,
          url: '/v1/disputes',
          filters: ['payment_intent', 'charge'],
          candidateIds: (params) =>
            idsOwnedBy(params, 'charge', (id) => ledger.disputesOfCharge.get(id)) ??
            idsOwnedBy(params, 'payment_intent', (id) => ledger.disputesOfIntent.get(id)),
          matches: (dispute, params) =>
            !params.has('payment_intent') || dispute.payment_intent === params.string('payment_intent'),
        }),
      ),
  ],
  ['/v1/disputes/:id', readOne('dispute', (ledger, id) => ledger.disputes.get(id))],
  [
    '/v1/events',
    (ledger, form) =>
      page(
        ledger,
        form,
        (event) => renderEvent(event, ledger.pending.has(event.id) ? 1 : 0),
        list(ledger.events, {
          form,
          url: '/v1/events',
          filters: ['type', 'types', 'delivery_success'],
          matches: (event, params) => {
            const types = [...params.list('types'), ...params.list('type')];
            const success = params.boolean('delivery_success');
            return (
              (types.length === 0 || types.some((type) => matchesType(type, event.type))) &&
              (success === undefined || success !== ledger.pending.has(event.id))
            );
          },
        }),
      ),
  ],
  [
    '/v1/events/:id',
    (ledger, form, id) => {
      new Params(form, ['expand']);
      const event = ledger.events.get(id);
      if (event === undefined) throw resourceMissing('event', id);
      return renderEvent(event, ledger.pending.has(id) ? 1 : 0);
    },
  ],
];

function readOne(
  kind: string,
  find: (ledger: Ledger, id: string) => Parameters<typeof render>[0] | undefined,
  also: readonly string[] = [],
): Read {
  return (ledger, form, id) => {
    const params = new Params(form, ['expand', ...also]);
    const record = find(ledger, id);
    if (record === undefined) throw resourceMissing(kind, id);
    return expand(ledger, render(record), params.list('expand'));
  };
}

function page<T>(
  ledger: Ledger,
  form: Form,
  shape: (item: T) => object,
  found: { readonly data: readonly T[] },
): object {
  const paths = new Params(form, Object.keys(form)).list('expand');
  return expand(ledger, { ...found, data: found.data.map(shape) }, paths);
}

function idsOwnedBy(
  params: Params,
  filter: string,
  ids: (owner: string) => readonly string[],
): readonly string[] | undefined {
  const owner = params.string(filter);
  return owner === undefined ? undefined : ids(owner);
}

/** `charge.*` matches every event of a charge. */
function matchesType(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}
