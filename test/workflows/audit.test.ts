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

describe('audit workflow', function () {
  this.timeout(120_000);
  const taskQueue = `test-${randomUUID()}`;
  const commands: AuditCommand[] = [];
  let connection: NativeConnection;
  let client: Client;
  let worker: Worker;
  let running: Promise<void>;
  let summary: () => AuditSummary;

  before(async () => {
    const { address, namespace } = await testTemporal();
    connection = await NativeConnection.connect({ address });
    client = new Client({ connection, namespace });
    worker = await Worker.create({
      ...{ connection, namespace, taskQueue, workflowBundle: await testWorkflowBundle() },
      activities: {
        runAudit: (command: AuditCommand) => {
          commands.push(command);
          return Promise.resolve(summary());
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
