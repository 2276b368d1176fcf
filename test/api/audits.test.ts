import assert from 'node:assert/strict';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createAuditActivities } from '../../src/activities/audit.ts';
import { createAuditLog } from '../../src/adapters/postgres/audit/audit-log.ts';
import { developmentKey } from '../../src/api/lib/api-keys.ts';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import type { StatsView } from '../../src/contracts/http/stats.ts';
import { auditWorkflowId } from '../../src/contracts/temporal/names.ts';
import { testWorkflowBundle } from '../support/workflow-bundle.ts';
import { testTemporal } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';
import { API_KEY, openStage, type Stage } from '../support/api/app.ts';
import { getting, problemOf, sending } from '../support/api/requests.ts';

describe('audits over HTTP', function () {
  this.timeout(180_000);
  let stage: Stage;
  let connection: NativeConnection;
  let end: () => Promise<void>;
  let hold: Promise<unknown> = Promise.resolve();

  before(async () => {
    stage = await openStage();
    const { address, namespace } = await testTemporal();
    connection = await NativeConnection.connect({ address });
    const { pool } = stage.shop;
    async function* nothing(): AsyncIterable<never[]> {
      await hold;
      yield [];
    }
    async function* emptyList(): AsyncIterable<{ records: never[] }> {
      await hold;
      yield { records: [] };
    }
    const activities = createAuditActivities(
      {
        pool,
        log: createAuditLog(pool),
        provider: {
          payments: emptyList,
          refunds: emptyList,
          disputes: emptyList,
          find: () => Promise.resolve(undefined),
        },
        workflows: { running: nothing, closedCheckouts: emptyList, isRunning: () => Promise.resolve(false) },
        windowMs: 86_400_000,
      },
      [5],
    );
    const worker = await Worker.create({
      ...{ connection, namespace, taskQueue: stage.taskQueue },
      ...{ workflowBundle: await testWorkflowBundle(), activities },
    });
    const running = worker.run();
    end = async () => {
      worker.shutdown();
      await running;
    };
  });
  after(async () => {
    await end();
    await stage.close();
    await connection.close();
  });

  const begin = (body?: object, headers: Record<string, string> = {}) =>
    stage.app.inject(sending('POST', '/v1/audits', body, headers));
  const waiting = { prefer: 'wait=30' };

  it('answers 200 with the report to a caller who waits, and keeps the report', async () => {
    const answer = await begin(undefined, waiting);
    assert.equal(answer.statusCode, 200, answer.body);
    const audit = answer.json<AuditView>();
    assert.deepEqual(
      [audit.state, audit.clean, audit.differenceCount, audit.differences],
      ['done', true, 0, []],
    );
    assert.equal(audit.checked.items, 1);
    assert.equal(answer.headers.location, `/v1/audits/${audit.auditId}`);
    assert.equal(answer.headers['preference-applied'], 'wait=30');
    assert.deepEqual((await stage.app.inject(getting(`/v1/audits/${audit.auditId}`))).json(), audit);
  });

  it('answers 202 at once to a caller who does not wait, and shows the progress', async () => {
    let release: (value: unknown) => void = () => undefined;
    hold = new Promise((resolve) => (release = resolve));
    const answer = await begin({ since: '2026-01-01T00:00:00Z' });
    assert.equal(answer.statusCode, 202, answer.body);
    const { auditId, state } = answer.json<AuditView>();
    assert.equal(state, 'running');
    const read = async () => (await stage.app.inject(getting(`/v1/audits/${auditId}`))).json<AuditView>();
    await waitUntilPasses(async () => {
      assert.equal((await read()).checked.items, 1);
    });
    assert.deepEqual([(await read()).state, (await read()).clean], ['running', undefined]);
    release(undefined);
    hold = Promise.resolve();
    await waitUntilPasses(async () => {
      const { state: now, since } = await read();
      assert.deepEqual([now, since], ['done', '2026-01-01T00:00:00.000Z']);
    });
  });

  it('lists audits, newest first and without their differences, and the statistics show the last one', async () => {
    await stage.shop.pool.query('update stock_levels set sold = sold + 1');
    const found = (await begin({}, waiting)).json<AuditView>();
    assert.deepEqual(
      found.differences?.map(({ rule, ids }) => [rule, ids]),
      [['stock_sold', { sku: 'mug-01', location: 'default' }]],
    );
    const { data } = (await stage.app.inject(getting('/v1/audits?limit=2'))).json<{ data: AuditView[] }>();
    assert.deepEqual(data.map(({ auditId, differenceCount }) => [auditId, differenceCount]).slice(0, 1), [
      [found.auditId, 1],
    ]);
    assert.equal(data.length, 2);
    assert.equal(data[0]?.differences, undefined);
    const stats = (await stage.app.inject(getting('/v1/stats'))).json<StatsView>();
    assert.deepEqual(stats.audit, { lastRunAt: found.finishedAt, differences: 1 });
  });

  it('shows an audit that could not be completed as failed', async () => {
    let release: (value: unknown) => void = () => undefined;
    hold = new Promise((resolve) => (release = resolve));
    const { auditId } = (await begin()).json<AuditView>();
    await stage.client.workflow.getHandle(auditWorkflowId(auditId)).terminate();
    const answer = await stage.app.inject(getting(`/v1/audits/${auditId}`));
    assert.equal(answer.json<AuditView>().state, 'failed');
    release(undefined);
    hold = Promise.resolve();
  });

  it('answers 404 for an unknown audit', async () => {
    const answer = await stage.app.inject(getting('/v1/audits/never'));
    assert.deepEqual([answer.statusCode, problemOf(answer).code], [404, 'audit_not_found']);
  });

  it('refuses a request that is not valid', async () => {
    for (const since of [
      'yesterday',
      '1969-12-31T00:00:00Z',
      '0000-01-01T00:00:00Z',
      '2999-01-01T00:00:00Z',
    ]) {
      const answer = await begin({ since });
      assert.deepEqual([answer.statusCode, problemOf(answer).errors?.[0]?.field], [400, 'since'], since);
    }
  });

  it('needs a key with the scope audit:run', async () => {
    const known = await developmentKey(API_KEY).find(API_KEY);
    assert.ok(known);
    const scopes = new Set([...known.scopes].filter((scope) => scope !== 'audit:run'));
    const client = { ...known, scopes };
    const app = await stage.another({ apiKeys: { find: () => client, findByHash: () => client } });
    for (const request of [sending('POST', '/v1/audits'), getting('/v1/audits'), getting('/v1/audits/x')])
      assert.equal((await app.inject(request)).statusCode, 403);
  });
});
