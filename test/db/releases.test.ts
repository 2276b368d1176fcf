import assert from 'node:assert/strict';
import { recordCalls, replayCalls, type RecordedCall } from '../support/db/recorded-calls.ts';
import { recordedReleases } from '../support/db/releases.ts';
import { createPool, type Pool } from '../../src/adapters/postgres/pool.ts';
import { testPostgres } from '../../harness/servers/test-servers.ts';
import { walkDatabase } from '../support/db/walk.ts';

/**
 * During a deploy processes of two releases run side by side on one database. The migrations and functions of the new one are applied by
 * then. The new code also has to work with the functions of the old release, for an operator who has to go back to them. There is no
 * way back to the functions of 0.2, which change the counts of `stock_items`: see docs/decisions/0024-stock-by-location.md.
 */
describe('processes of two releases on one database', function () {
  this.timeout(120_000);
  let url: string;
  let pool: Pool;

  beforeEach(async () => {
    url = await (await testPostgres()).createDatabase();
    pool = createPool({ url, max: 2 });
  });
  afterEach(() => pool.end());

  async function apply(files: readonly { text: string }[]): Promise<void> {
    await pool.query('set check_function_bodies = off; ' + files.map(({ text }) => text).join('\n'));
  }

  /** Replaces a function by one that differs in a text. */
  async function change(signature: string, from: string, to: string): Promise<void> {
    const { rows } = await pool.query<{ definition: string }>(
      'select pg_get_functiondef($1::regprocedure) as definition',
      [signature],
    );
    const definition = rows[0]?.definition ?? '';
    assert.ok(definition.includes(from), `${signature} has ${from}`);
    await pool.query(definition.replaceAll(from, () => to));
  }

  /** The audit of 0.2 compares reservations with the counts of `stock_items`, in which nothing is counted any more. */
  const comparesOldCounts = (difference: string): boolean =>
    /with found as \( select null as order_id, jsonb_build_object\('sku', i\.sku\) as ids: has 1 elements/.test(
      difference,
    );
  const differences = async (calls: readonly RecordedCall[]): Promise<string[]> =>
    (await replayCalls(pool, calls)).filter((each) => !comparesOldCounts(each));

  it('the present code does all its work, and the walk calls every function that takes and returns JSON', async () => {
    const { rows } = await pool.query<{ name: string }>(
      `select proname as name from pg_proc
        where pronamespace = 'public'::regnamespace and oidvectortypes(proargtypes) = 'jsonb' and prorettype = 'jsonb'::regtype`,
    );
    assert.ok(rows.length > 15);
    const calls = await recordCalls(() => walkDatabase(pool, url));
    const called = new Set(
      calls.flatMap(({ statement }) => /^select (\w+)\(\$1::jsonb\)/.exec(statement)?.[1] ?? []),
    );
    assert.deepEqual(
      rows.map(({ name }) => name).filter((name) => !called.has(name)),
      [],
    );
  });

  for (const { version, functions, calls } of recordedReleases()) {
    if (functions.some(({ text }) => text.includes('stock_levels')))
      it(`the present code works with the functions of ${version}`, async () => {
        await apply(functions);
        await walkDatabase(pool, url);
      });

    it(`the code of ${version} works with the present schema and functions`, async () => {
      assert.deepEqual(await differences(calls), []);
    });
  }

  describe('are found out', () => {
    const [release] = recordedReleases();
    const replay = async (): Promise<string[]> => differences(release?.calls ?? []);

    it('where the present functions have renamed a member of their results', async () => {
      await change('order_results(text[])', `'currency'`, `'moneyOf'`);
      assert.ok((await replay()).some((line) => /confirm_orders.*\.currency: is missing/.test(line)));
    });

    it('where the present functions need a parameter that the old code does not send', async () => {
      await change(
        'begin_refunds(jsonb)',
        `v_asked ->> 'requestHash', 'pending'`,
        `v_asked ->> 'requestedBy', 'pending'`,
      );
      assert.ok((await replay()).some((line) => /begin_refunds.*violates not-null constraint/.test(line)));
    });

    it('where a column that the old code reads is gone', async () => {
      await pool.query('alter table mails rename column sent_at to left_at');
      assert.ok((await replay()).some((line) => /column "?.*sent_at"? .*does not exist/.test(line)));
    });

    it('where the old functions do not return what the present code needs', async () => {
      await change('claim_orders(jsonb)', `'workflowId', c.workflow_id,`, '');
      await assert.rejects(walkDatabase(pool, url));
    });

    it('and additional members are not', async () => {
      await change(
        'order_results(text[])',
        `'currency', o.currency`,
        `'currency', o.currency, 'colour', 'blue'`,
      );
      assert.deepEqual(await replay(), []);
    });
  });
});
