import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hrefOf, parseRoute, type Route } from '../../board/lib/router.ts';

const parse = (href: string): Route => {
  const { pathname, search } = new URL(href, 'http://shop.example');
  return parseRoute(pathname, search);
};

/** With the prototype of every object, as the parser makes them. */
const record = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true });

describe('the addresses of the board', () => {
  it('name a page, and what is shown of it', () => {
    assert.deepEqual(parse('/board'), { page: 'now' });
    assert.deepEqual(parse('/board/'), { page: 'now' });
    assert.deepEqual(parse('/board/queues'), { page: 'queues', queue: 'attention' });
    assert.deepEqual(parse('/board/orders?status=paid&attention=true'), {
      page: 'orders',
      filter: { status: 'paid', attention: true },
    });
    assert.deepEqual(parse('/board/orders/ord_1'), { page: 'order', orderId: 'ord_1' });
    assert.deepEqual(parse('/board/stock/mug-01'), { page: 'stock', sku: 'mug-01' });
  });

  it('are unknown where there is no such page', () => {
    for (const href of ['/board/nothing', '/board/orders/a/b', '/board/settings/x'])
      assert.deepEqual(parse(href), { page: 'unknown' }, href);
  });

  it('lead back to the page that they were made of', () => {
    const id = fc
      .string({ minLength: 1, maxLength: 20, unit: 'binary' })
      .filter((text) => !/^\.{1,2}$/.test(text));
    const route: fc.Arbitrary<Route> = fc.oneof(
      record({ page: fc.constant('order' as const), orderId: id }),
      record({ page: fc.constant('stock' as const), sku: id, show: id, q: id }),
      record({ page: fc.constant('dead-letters' as const), id }),
      record({ page: fc.constant('queues' as const), queue: id, focus: id }),
      record({
        page: fc.constant('orders' as const),
        filter: fc.record(
          {
            status: id,
            attention: fc.constant(true),
            createdWithin: id,
            createdAfter: id,
            createdBefore: id,
            q: id,
          },
          { requiredKeys: [], noNullPrototype: true },
        ),
      }),
    );
    fc.assert(
      fc.property(route, (made) => {
        assert.deepEqual(parse(hrefOf(made)), made);
      }),
    );
  });
});
