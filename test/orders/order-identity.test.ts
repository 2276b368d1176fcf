import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isOrderId, orderIdOf } from '../../src/orders/order-id.ts';
import { canonicalJson, requestHash } from '../../src/orders/request-hash.ts';
import { orderRequest } from '../../harness/orders.ts';

describe('the id of an order', () => {
  it('never changes: stored orders are found by it', () => {
    assert.equal(orderIdOf('development', 'key-1'), 'ord_978njz20wnh4fgqt01ace1g8def543t9');
  });

  it('is the same for the same client and key, and different for any other', () => {
    const pair = fc.tuple(fc.string(), fc.string());
    fc.assert(
      fc.property(pair, pair, ([clientA, keyA], [clientB, keyB]) => {
        const same = clientA === clientB && keyA === keyB;
        assert.equal(orderIdOf(clientA, keyA) === orderIdOf(clientB, keyB), same);
        assert.ok(isOrderId(orderIdOf(clientA, keyA)));
      }),
    );
  });

  it('keeps client and key apart wherever one ends and the other begins', () => {
    assert.notEqual(orderIdOf('a', 'bc'), orderIdOf('ab', 'c'));
    assert.notEqual(orderIdOf('1:a', 'b'), orderIdOf('1', ':ab'));
  });
});

describe('the hash of a request', () => {
  it('does not depend on the order of keys or on white space', () => {
    const { customer, ...rest } = orderRequest();
    assert.equal(requestHash({ ...rest, customer }), requestHash(orderRequest()));
    assert.equal(canonicalJson({ b: [1, { d: null, c: 'x' }], a: 1 }), '{"a":1,"b":[1,{"c":"x","d":null}]}');
  });

  it('never changes: it is kept with each order', () => {
    assert.equal(requestHash({ b: 1, a: ['x'] }), requestHash(JSON.parse('{"a":["x"],"b":1}')));
    assert.equal(requestHash({}), '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });

  it('differs for any two bodies that differ as JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const equal = JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
        assert.equal(requestHash(a) === requestHash(b), equal);
      }),
    );
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { members: members.map(([key, member]) => [key, sorted(member)]) };
}
