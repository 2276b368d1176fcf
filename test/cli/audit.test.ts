import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import { auditDifference, doneAudit } from '../support/audit-reports.ts';
import { invoke } from '../support/cli/invoke.ts';

describe('checkout audit', () => {
  let server: Server;
  let url: string;
  let bodies: unknown[];
  /** What is answered, one after the other; the last one again. */
  let answers: AuditView[];
  /** So many looks are cut off. */
  let cuts: number;

  beforeEach(async () => {
    bodies = [];
    cuts = 0;
    server = createServer((request, response) => {
      if (request.method === 'GET' && cuts-- > 0) {
        request.socket.destroy();
        return;
      }
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? { error: 'none' };
      const reply = (): unknown =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
      if (request.method === 'GET') reply();
      else
        void json(request)
          .then((body) => bodies.push(body))
          .then(reply);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });

  const run = (...args: string[]) => invoke(['audit', '--url', url, ...args]);
  const running: AuditView = { auditId: 'a-1', state: 'running', checked: { orders: 12 } };

  it('shows its progress until it is done, and exits with 0 when there is no difference', async () => {
    answers = [{ ...running, checked: {} }, running, doneAudit('a-1')];
    const { exitCode, out, err } = await run('--since', '2026-01-31');
    assert.equal(exitCode, 0);
    assert.deepEqual(bodies, [{ since: '2026-01-31T00:00:00.000Z' }]);
    assert.match(err, /the audit has started\nchecking 12 orders/);
    assert.match(out, /checked +3 orders, 3 payments/);
    assert.match(out, /no difference/);
  });

  it('prints each state of its progress once where it is no terminal', async () => {
    answers = [{ ...running, checked: {} }, running, running, running, doneAudit('a-1')];
    const { err } = await run();
    assert.equal(err, 'the audit has started\nchecking 12 orders\n');
  });

  it('goes on when the API does not answer for a moment', async () => {
    answers = [running, doneAudit('a-1')];
    cuts = 1;
    assert.equal((await run()).exitCode, 0);
  });

  it('exits with 1 when there are differences, and shows what to do about each', async () => {
    answers = [doneAudit('a-1', 2)];
    const { exitCode, out, err } = await run();
    assert.equal(exitCode, 1);
    assert.match(out, /charged_twice +ord_1 +2 payments hold money/);
    assert.match(out, /paymentIntentIds pi_1a, pi_1b/);
    assert.match(out, /charged_twice +Refund one of them\./);
    assert.match(err, /There are 2 differences\./);
  });

  it('prints the report as JSON, and says when there are more differences than the report has', async () => {
    const audit = { ...doneAudit('a-1', 1), differenceCount: 1_500 };
    answers = [audit];
    const { exitCode, out } = await run('--json');
    assert.deepEqual([exitCode, JSON.parse(out)], [1, audit]);
    assert.match((await run()).out, /… and 1499 more/);
    assert.deepEqual(audit.differences, [auditDifference(0)]);
  });

  it('exits with 2 when the audit fails or takes too long, the API cannot be reached, or an option is invalid', async () => {
    answers = [{ ...running, state: 'failed' }];
    const failed = await run();
    assert.deepEqual([failed.exitCode, failed.out], [2, '']);
    assert.match(failed.err, /Audit a-1 failed\. Its workflow in Temporal shows why\./);
    answers = [running];
    const late = await run('--wait', '1');
    assert.equal(late.exitCode, 2);
    assert.match(late.err, /is still running/);
    for (const time of ['yesterday', '2026-02-30', '2026-02-30T12:00:00Z', '2026-13-01', '2025-02-29']) {
      const refused = await run('--since', time);
      assert.deepEqual([refused.exitCode, bodies.length], [2, 2], time);
      assert.match(refused.err, /It must be a time such as 2026-01-31T12:00:00Z/);
    }
    assert.equal((await run('--url', 'http://127.0.0.1:1')).exitCode, 2);
    assert.equal((await run('--url', 'shop.example')).exitCode, 2);
    assert.equal((await run('--help')).exitCode, 0);
  });
});
