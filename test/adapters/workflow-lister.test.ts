import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Client } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { NativeConnection } from '@temporalio/worker';
import { createWorkflowLister } from '../../src/adapters/temporal/workflow-lister.ts';
import type { OrderWorkflow, RecordPage } from '../../src/contracts/ports/audit-sources.ts';
import {
  CHECKOUT_WORKFLOW,
  checkoutWorkflowId,
  REFUND_WORKFLOW,
} from '../../src/contracts/temporal/names.ts';
import { testTemporal } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

describe('the workflow lister', function () {
  this.timeout(120_000);
  const taskQueue = `test-${randomUUID()}`;
  const order = (): string => `ord_${randomUUID().replaceAll('-', '')}`;
  const started: string[] = [];
  let connection: NativeConnection;
  let client: Client;

  before(async () => {
    const { address, namespace } = await testTemporal();
    connection = await NativeConnection.connect({ address });
    client = new Client({ connection, namespace });
  });
  after(async () => {
    for (const workflowId of started)
      await client.workflow
        .getHandle(workflowId)
        .terminate()
        .catch(() => undefined);
    await connection.close();
  });

  async function start(
    type: string,
    workflowId: string,
    queue = taskQueue,
    { orderIds, startDelay }: { orderIds?: string[]; startDelay?: number } = {},
  ): Promise<void> {
    started.push(workflowId);
    const key = defineSearchAttributeKey('OrderId', 'KEYWORD_LIST');
    await client.workflow.start(type, {
      workflowId,
      taskQueue: queue,
      ...(startDelay !== undefined && { startDelay }),
      ...(orderIds && { typedSearchAttributes: [{ key, value: orderIds }] }),
    });
  }

  async function all(pages: AsyncIterable<OrderWorkflow[]>): Promise<OrderWorkflow[]> {
    const workflows: OrderWorkflow[] = [];
    for await (const page of pages) workflows.push(...page);
    return workflows;
  }
  /** The records of a list that is read in several pages. */
  async function listed(pages: AsyncIterable<RecordPage<OrderWorkflow>>): Promise<OrderWorkflow[]> {
    const workflows: OrderWorkflow[] = [];
    for await (const { records } of pages) workflows.push(...records);
    return workflows;
  }
  const shown = (workflows: OrderWorkflow[]) =>
    workflows.map(({ workflowId, orderId, kind, running }) => ({
      workflowId,
      orderId,
      kind,
      running,
    }));

  it('distinguishes checkouts from operations, and returns the orders of a group', async () => {
    const lister = createWorkflowLister(client, {
      checkout: taskQueue,
      fulfilment: `${taskQueue}-fulfilment`,
    });
    const [own, ended, first, second] = [order(), order(), order(), order()];
    const refund = `${checkoutWorkflowId(own)}/refund/1`;
    const group = `group/${randomUUID()}`;
    await start(CHECKOUT_WORKFLOW, checkoutWorkflowId(own));
    await start(REFUND_WORKFLOW, refund);
    await start('checkoutGroup', group, taskQueue, { orderIds: [first, second] });
    await start(CHECKOUT_WORKFLOW, checkoutWorkflowId(ended));
    await client.workflow.getHandle(checkoutWorkflowId(ended)).terminate();
    await start('audit', `audit/${randomUUID()}`);
    await start(CHECKOUT_WORKFLOW, checkoutWorkflowId(order()), `${taskQueue}-other`);

    await waitUntilPasses(async () => {
      const running = shown(await all(lister.running()));
      assert.deepEqual(
        running.sort(
          (a, b) => a.orderId.localeCompare(b.orderId) || a.workflowId.length - b.workflowId.length,
        ),
        [
          { workflowId: checkoutWorkflowId(own), orderId: own, kind: 'checkout', running: true },
          { workflowId: refund, orderId: own, kind: 'operation', running: true },
          { workflowId: group, orderId: first, kind: 'checkout', running: true },
          { workflowId: group, orderId: second, kind: 'checkout', running: true },
        ].sort((a, b) => a.orderId.localeCompare(b.orderId) || a.workflowId.length - b.workflowId.length),
      );
      assert.deepEqual(shown(await listed(lister.closedCheckouts(new Date(0)))), [
        { workflowId: checkoutWorkflowId(ended), orderId: ended, kind: 'checkout', running: false },
      ]);
    });
    assert.deepEqual(await listed(lister.closedCheckouts(new Date(Date.now() + 60_000))), []);
    assert.equal(await lister.isRunning(checkoutWorkflowId(own)), true);
    assert.equal(await lister.isRunning(checkoutWorkflowId(ended)), false);
    assert.equal(await lister.isRunning(checkoutWorkflowId(order())), false);
  });

  it('returns when an order begins that is put off', async () => {
    const lister = createWorkflowLister(client, { checkout: `${taskQueue}-later`, fulfilment: 'none' });
    const hour = 3_600_000;
    const before = Date.now();
    await start(CHECKOUT_WORKFLOW, checkoutWorkflowId(order()), `${taskQueue}-later`, { startDelay: hour });
    await waitUntilPasses(async () => {
      const [workflow] = await all(lister.running());
      assert.ok(workflow && Date.parse(workflow.startedAt) >= before + hour - 1_000, workflow?.startedAt);
    });
  });

  it('goes on with a list where a page has ended', async () => {
    const queue = `${taskQueue}-pages`;
    const lister = createWorkflowLister(client, { checkout: queue, fulfilment: 'none' }, 2);
    for (let n = 0; n < 5; n += 1) {
      const workflowId = checkoutWorkflowId(order());
      await start(CHECKOUT_WORKFLOW, workflowId, queue);
      await client.workflow.getHandle(workflowId).terminate();
    }
    const since = new Date(0);
    await waitUntilPasses(async () => {
      assert.equal((await listed(lister.closedCheckouts(since))).length, 5);
    });
    const pages: RecordPage<OrderWorkflow>[] = [];
    for await (const page of lister.closedCheckouts(since)) pages.push(page);
    assert.deepEqual(
      await listed(lister.closedCheckouts(since, pages[0]?.next)),
      pages.slice(1).flatMap(({ records }) => records),
    );
  });
});
