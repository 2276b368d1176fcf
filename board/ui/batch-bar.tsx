import type { BatchView } from '../../src/contracts/http/batches.ts';
import { progressOf } from '../lib/batch.ts';
import { useTexts } from '../state/texts.ts';

const WIDTH = 100;

/** How far a batch is: done, failed, and what is to come. The numbers stand beside it. */
export function BatchBar({ batch }: { batch: BatchView }) {
  const { t } = useTexts();
  const { settled, total } = progressOf(batch);
  const share = (count: number): number => (total === 0 ? 0 : (count / total) * WIDTH);
  const done = share(batch.counts.done);
  return (
    <svg
      class="batch-bar"
      viewBox={`0 0 ${WIDTH} 8`}
      preserveAspectRatio="none"
      role="img"
      aria-label={t('batch.of', { n: settled, total })}
    >
      <rect class="rest" width={WIDTH} height="8" />
      <rect class="done" width={done} height="8" />
      <rect class="bad" x={done} width={share(batch.counts.failed)} height="8" />
    </svg>
  );
}
