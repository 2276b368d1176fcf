import { get, withQuery, type Page } from '../api/client.ts';
import { hasScope } from '../api/session.ts';
import { progressOf } from '../lib/batch.ts';
import { hrefOf } from '../lib/router.ts';
import type { BatchView } from '../../src/contracts/http/batches.ts';
import { useData } from '../state/data.ts';
import { useTexts } from '../state/texts.ts';
import { BatchBar } from './batch-bar.tsx';

const REFRESH_MS = 3_000;

/** The batches that run, as a line at the foot of every page. */
export function BatchLine() {
  return hasScope('batches:read') ? <Line /> : null;
}

function Line() {
  const { t } = useTexts();
  const running = useData(
    'running batches',
    (signal) => get<Page<BatchView>>(withQuery('/v1/batches', { state: 'running', limit: 5 }), signal),
    REFRESH_MS,
  );
  const [batch, ...others] = running.data?.data ?? [];
  if (!batch) return null;
  const { settled, total } = progressOf(batch);
  return (
    <aside class="batch-line" aria-label={t('batch.running')}>
      <a href={hrefOf({ page: 'batches', id: batch.batchId })}>
        <span class="nowrap">
          {t(`batch.running.${batch.action}`)} {t('batch.of', { n: settled, total })}
        </span>
        <BatchBar batch={batch} />
        {batch.counts.failed > 0 && (
          <span class="is-bad nowrap">{t('batch.failedCount', { n: batch.counts.failed })}</span>
        )}
        {others.length > 0 && <span class="faint nowrap">{t('batch.more', { n: others.length })}</span>}
      </a>
    </aside>
  );
}
