import assert from 'node:assert/strict';
import { Client, Connection, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { AUDIT_SCHEDULE, AUDIT_WORKFLOW } from '../../src/contracts/temporal/names.ts';
import { ensureAuditSchedule } from '../../src/workers/audit-schedule.ts';
import { testLogger, testTemporal } from '../../harness/servers/test-servers.ts';
import { waitUntilPasses } from '../../harness/wait-for.ts';

describe('the schedule of the audit', function () {
  this.timeout(120_000);
  let connection: Connection;
  let client: Client;

  before(async () => {
    const { address, namespace } = await testTemporal();
    connection = await Connection.connect({ address });
    client = new Client({ connection, namespace });
  });
  after(async () => {
    await ensureAuditSchedule(client, undefined, testLogger);
    await connection.close();
  });

  const schedule = () => client.schedule.getHandle(AUDIT_SCHEDULE);

  it('is created once and updated afterwards', async () => {
    await Promise.all([1, 2].map(() => ensureAuditSchedule(client, '0 3 * * *', testLogger)));
    await schedule().pause('not tonight');
    await waitUntilPasses(async () => {
      assert.equal((await schedule().describe()).state.paused, true);
    });
    await ensureAuditSchedule(client, '30 4 * * *', testLogger);
    const { spec, policies, action, state } = await schedule().describe();
    assert.deepEqual(
      spec.calendars?.map(({ hour, minute }) => [hour[0]?.start, minute[0]?.start]),
      [[4, 30]],
    );
    assert.equal(policies.overlap, ScheduleOverlapPolicy.SKIP);
    assert.equal(action.workflowType, AUDIT_WORKFLOW);
    assert.deepEqual([state.paused, state.note], [true, 'not tonight']);
  });

  it('starts each audit under its own workflow id', async () => {
    await schedule().trigger();
    const [run] = await waitUntilPasses(async () => {
      const { recentActions } = (await schedule().describe()).info;
      assert.equal(recentActions.length, 1);
      return recentActions;
    });
    assert.match(run?.action.workflow.workflowId ?? '', /^audit\/nightly-\d{4}-/);
    await client.workflow.getHandle(run?.action.workflow.workflowId ?? '').terminate();
  });

  it('is deleted without a cron expression, and stays deleted', async () => {
    await ensureAuditSchedule(client, undefined, testLogger);
    await ensureAuditSchedule(client, undefined, testLogger);
    await assert.rejects(schedule().describe(), ScheduleNotFoundError);
  });
});
