import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { historyFromJson } from '../../src/workers/history-json.ts';
import { bundleWorkflows } from '../../src/workers/workflow-bundle.ts';
import { replayHistories, type ReplayOutcome } from '../../src/workers/replay.ts';
import { bundleChanged } from '../support/changed-workflows.ts';
import { RECORDINGS } from '../support/recordings/index.ts';
import { BREAKING_CHANGES } from './breaking-changes.ts';

const dir = fileURLToPath(new URL('histories', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const files = readdirSync(dir).filter((name) => name.endsWith('.json'));
const read = (name: string) => readFileSync(join(dir, name), 'utf8');

describe('the recorded histories', function () {
  this.timeout(120_000);

  it('are there for every recording', () => {
    const missing = Object.keys(RECORDINGS).filter((name) => !files.includes(`${name}.json`));
    assert.deepEqual(missing, [], 'Record the missing histories with `npx tsx scripts/record-histories.ts`.');
  });

  it('hold nothing of the machine that they were recorded on', () => {
    for (const name of files) {
      const text = read(name);
      const identities = [...text.matchAll(/"identity": "(.*?)"/g)].map(([, identity]) => identity);
      assert.deepEqual([...new Set(identities)], ['recorder'], name);
      assert.ok(!text.includes(root) && !text.includes(`@${hostname()}`), name);
      assert.doesNotMatch(text, /\(\/[^)]*node_modules/, `${name} has an absolute path in a stack trace`);
    }
  });

  it('include workflows that were still running', () => {
    const last = (name: string) => historyFromJson(JSON.parse(read(name))).events?.at(-1);
    const open = files.filter((name) => last(name)?.workflowExecutionCompletedEventAttributes == null);
    assert.deepEqual(open, [
      ...['open_awaiting_customer.json', 'open_group_charging.json', 'open_in_review.json'],
    ]);
  });

  it('all replay against the present workflow code', async () => {
    const outcomes: ReplayOutcome[] = [];
    for await (const outcome of replayHistories({ dir })) outcomes.push(outcome);
    assert.deepEqual(
      outcomes.filter(({ ok }) => !ok),
      [],
      'Running orders would break: see docs/guides/change-a-workflow-safely.md.',
    );
    assert.equal(outcomes.length, files.length);
  });

  it('all replay in a process with traces, although they were recorded without', async () => {
    const bundle = await bundleWorkflows({ traced: true });
    const outcomes: ReplayOutcome[] = [];
    for await (const outcome of replayHistories({ dir, bundle })) outcomes.push(outcome);
    assert.deepEqual(
      outcomes.filter(({ ok }) => !ok),
      [],
    );
    assert.equal(outcomes.length, files.length);
  });

  for (const { what, caughtBy, ...change } of BREAKING_CHANGES) {
    it(`fail to replay with ${what}`, async () => {
      const workflowBundle = await bundleChanged(change);
      const history = historyFromJson(JSON.parse(read(`${caughtBy}.json`)));
      const replays = Worker.runReplayHistories({ workflowBundle }, [{ workflowId: caughtBy, history }]);
      const errors: (string | undefined)[] = [];
      for await (const { error } of replays) errors.push(error?.name);
      assert.deepEqual(errors, ['DeterminismViolationError']);
    });
  }
});
