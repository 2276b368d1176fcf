import type { BatchItem, BatchView } from '../../src/contracts/http/batches.ts';
import type { Look } from '../lib/status.ts';
import { useTexts } from '../state/texts.ts';
import { Pill } from './basics.tsx';

const STATES: Readonly<Record<BatchView['state'], Look>> = {
  planned: { colour: 'grey', icon: 'circledash' },
  running: { colour: 'blue', icon: 'reserved' },
  stopping: { colour: 'amber', icon: 'hourglass' },
  stopped: { colour: 'amber', icon: 'stop' },
  done: { colour: 'green', icon: 'check' },
};

export function BatchPill({ batch: { state } }: { batch: Pick<BatchView, 'state'> }) {
  const { t } = useTexts();
  return <Pill {...STATES[state]}>{t(`batch.state.${state}`)}</Pill>;
}

const OUTCOMES: Readonly<Record<BatchItem['outcome'], Look>> = {
  pending: { colour: 'grey', icon: 'hourglass' },
  running: { colour: 'blue', icon: 'reserved' },
  done: { colour: 'green', icon: 'check' },
  failed: { colour: 'red', icon: 'x' },
  left_out: { colour: 'grey', icon: 'skipf' },
};

/** What became of an order, or what would: `isPlan`. */
export function OutcomePill({ outcome, isPlan }: { outcome: BatchItem['outcome']; isPlan: boolean }) {
  const { t } = useTexts();
  if (isPlan && outcome === 'pending')
    return (
      <Pill colour="green" icon="check">
        {t('batch.wouldGo')}
      </Pill>
    );
  const { colour, icon } = OUTCOMES[outcome];
  return (
    <Pill colour={colour} icon={icon}>
      {t(`batch.outcome.${outcome}`)}
    </Pill>
  );
}
