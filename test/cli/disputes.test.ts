import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { DisputeView } from '../../src/contracts/http/disputes.ts';
import { invoke } from '../support/cli/invoke.ts';
import { orderView } from '../support/cli/shop-server.ts';

const DISPUTE: DisputeView = {
  disputeId: 'du_1',
  orderId: 'ord_1',
  paymentIntentId: 'pi_1',
  amount: 2_400,
  currency: 'EUR',
  reason: 'product_not_received',
  status: 'needs_response',
  evidenceDueAt: '2026-01-10T23:59:59.000Z',
  fundsWithdrawn: true,
  openedAt: '2026-01-01T10:00:00.000Z',
  updatedAt: '2026-01-01T10:00:01.000Z',
};

describe('checkout disputes', () => {
  const asked: string[] = [];
  let found: DisputeView[] = [];
  let server: Server;
  let url: string;

  before(async () => {
    server = createServer((request, response) => {
      const { url: path = '' } = request;
      asked.push(path);
      const order = orderView('ord_1', 'paid', {
        payment: {
          status: 'succeeded',
          method: 'pm_card_visa',
          captured: 2_400,
          refunded: 0,
          disputed: 2_400,
          capturable: 0,
        },
        disputes: [DISPUTE],
        attention: {
          step: 'respondToDispute',
          reason: 'PaymentDisputed: The customer disputes the payment',
          attempts: 0,
          since: '2026-01-01T10:00:00.000Z',
          deadline: '2026-01-10T23:59:59.000Z',
          actions: ['retry'],
        },
      });
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(path.startsWith('/v1/disputes') ? { data: found } : order));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert(typeof address === 'object' && address !== null);
    url = `http://127.0.0.1:${address.port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(() => {
    asked.splice(0);
    found = [DISPUTE];
  });
  const checkout = (...args: string[]) => invoke([...args, '--url', url]);

  it('lists disputes with their deadlines', async () => {
    const { exitCode, out } = await checkout('disputes');
    assert.equal(exitCode, 0);
    assert.match(
      out,
      /^du_1 +24\.00 EUR +needs_response, money withdrawn +product_not_received +2026-01-10T23:59:59\.000Z +2026-01-01T10:00:00\.000Z +ord_1$/m,
    );
    assert.deepEqual(asked, ['/v1/disputes?limit=100']);
  });

  it('lists those of a status, and those that are due', async () => {
    await checkout('disputes', 'list', '--status', 'under_review', '--due-before', '2026-01-10');
    assert.deepEqual(asked, [
      '/v1/disputes?status=under_review&dueBefore=2026-01-10T00%3A00%3A00.000Z&limit=100',
    ]);
    assert.notEqual((await checkout('disputes', 'list', '--status', 'unknown')).exitCode, 0);
  });

  it('says so if there are none, and prints JSON', async () => {
    found = [];
    assert.match((await checkout('disputes', 'list')).out, /There are no disputes\./);
    assert.deepEqual(JSON.parse((await checkout('disputes', 'list', '--json')).out), []);
  });

  it('are shown with their order, what they have taken back, and the deadline', async () => {
    const { out } = await checkout('get', 'ord_1');
    assert.match(
      out,
      /payment +succeeded with pm_card_visa, 24\.00 EUR captured, 24\.00 EUR taken back by disputes$/m,
    );
    assert.match(out, /attention +respondToDispute: PaymentDisputed/);
    assert.match(out, /^until +2026-01-10T23:59:59\.000Z$/m);
    assert.doesNotMatch(out, /^tried/m);
    assert.match(out, /^du_1 +24\.00 EUR +needs_response, money withdrawn/m);
  });
});
