import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ApplicationFailure, Client, WorkflowFailedError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { AuditCommand, AuditSummary } from '../../src/contracts/http/audit.ts';
import { AUDIT_WORKFLOW, auditWorkflowId } from '../../src/contracts/temporal/names.ts';
import { testWorkflowBundle } from '../support/workflow-bundle.ts';
import type { audit } from '../../src/workflows/audit.ts';
import { auditSummary } from '../support/audit-reports.ts';
import { testTemporal } from '../../harness/servers/test-servers.ts';

const STEPS = [
  ...['collectOrders', 'readPayments', 'readRefunds', 'readOlderPayments', 'readLabels'],
  ...['readClosedWorkflows', 'readRunningWorkflows', 'compareRecords'],
];

describe('audit workflow', function () {
  this.timeout(120_000);
  const taskQueue = `test-${randomUUID()}`;
  const commands: AuditCommand[] = [];
  let connection: NativeConnection;
  let client: Client;
  let worker: Worker;
  let running: Promise<void>;
  let summary: () => AuditSummary;
  let finished: AuditSummary | undefined;
  /** How many differences remain after each time that they are checked again. */
  let remaining: number[] = [];
  let called: string[] = [];
  const did = (step: string, { auditId }: { auditId: string }): Promise<void> => {
    assert.equal(auditId, commands.at(-1)?.auditId);
    called.push(step);
    return Promise.resolve();
  };

  before(async () => {
    const { address, namespace } = await testTemporal();
    connection = await NativeConnection.connect({ address });
    client = new Client({ connection, namespace });
    worker = await Worker.create({
      ...{ connection, namespace, taskQueue, workflowBundle: await testWorkflowBundle() },
      activities: {
        beginAudit: (command: AuditCommand) => {
          commands.push(command);
          called = ['beginAudit'];
          return Promise.resolve(finished);
        },
        ...Object.fromEntries(STEPS.map((step) => [step, (audit: { auditId: string }) => did(step, audit)])),
        recheckDifferences: async (audit: { auditId: string }) => {
          await did('recheckDifferences', audit);
          return remaining.shift() ?? 0;
        },
        finishAudit: async (audit: { auditId: string }) => {
          await did('finishAudit', audit);
          return summary();
        },
      },
    });
    running = worker.run();
  });
  after(async () => {
    worker.shutdown();
    await running;
    await connection.close();
  });

  const start = (auditId: string) =>
    client.workflow.start<typeof audit>(AUDIT_WORKFLOW, {
      ...{ workflowId: auditWorkflowId(auditId), taskQueue },
      args: [{ since: '2026-01-01T00:00:00Z' }],
    });
  const needsAttention = async (auditId: string): Promise<unknown> => {
    const { typedSearchAttributes } = await client.workflow.getHandle(auditWorkflowId(auditId)).describe();
    return typedSearchAttributes.get(defineSearchAttributeKey('NeedsAttention', 'BOOL'));
  };

  it('passes its own id to the audit, and does not need attention when there are no differences', async () => {
    const auditId = randomUUID();
    summary = () => auditSummary(auditId);
    const handle = await start(auditId);
    assert.deepEqual(await handle.result(), auditSummary(auditId));
    assert.deepEqual(commands.at(-1), { auditId, since: '2026-01-01T00:00:00Z' });
    assert.equal(await needsAttention(auditId), undefined);
  });

  it('reads and compares step by step, and checks again while differences remain', async () => {
    const auditId = randomUUID();
    summary = () => auditSummary(auditId, 1);
    remaining = [2, 1, 1, 1];
    await (await start(auditId)).result();
    const three = Array.from({ length: 3 }, () => 'recheckDifferences');
    assert.deepEqual(called, ['beginAudit', ...STEPS, ...three, 'finishAudit']);
    remaining = [0];
    const clean = randomUUID();
    summary = () => auditSummary(clean);
    await (await start(clean)).result();
    assert.deepEqual(called, ['beginAudit', ...STEPS, 'recheckDifferences', 'finishAudit']);
  });

  it('does nothing again for an audit that has been completed', async () => {
    const auditId = randomUUID();
    finished = auditSummary(auditId);
    assert.deepEqual(await (await start(auditId)).result(), finished);
    assert.deepEqual(called, ['beginAudit']);
    finished = undefined;
  });

  it('needs attention when there are differences', async () => {
    const auditId = randomUUID();
    summary = () => auditSummary(auditId, 2);
    assert.equal((await (await start(auditId)).result()).differenceCount, 2);
    assert.equal(await needsAttention(auditId), true);
  });

  it('needs attention and fails when the audit fails', async () => {
    const auditId = randomUUID();
    summary = () => {
      throw ApplicationFailure.nonRetryable('no', 'AuditFault');
    };
    const handle = await start(auditId);
    await assert.rejects(handle.result(), WorkflowFailedError);
    assert.equal(await needsAttention(auditId), true);
  });
});
