import { useState } from 'preact/hooks';
import { useStore } from '../lib/store.ts';
import { brakesOn } from '../state/brakes.ts';
import { useTexts } from '../state/texts.ts';
import { ActionButton, Icon, Pill } from './basics.tsx';
import { pauseAction, resumeAction } from './brake-dialogs.tsx';
import { BrakeFacts } from './brake-notices.tsx';
import { dialogOf, type Opened } from './dialog.tsx';

const useBrakeOf = (sku: string) =>
  useStore(brakesOn).find(({ kind, target }) => kind === 'sku' && target === sku);

/** That the item is paused, beside the state of its stock. */
export function PausedPill({ sku }: { sku: string }) {
  const { t } = useTexts();
  if (!useBrakeOf(sku)) return null;
  return (
    <Pill colour="flag" icon="pause">
      {t('brakes.sku.pill')}
    </Pill>
  );
}

/** Pauses the sale of the item, or says why it is paused and ends that. */
export function PauseItem({ sku }: { sku: string }) {
  const { t } = useTexts();
  const brake = useBrakeOf(sku);
  const [opened, open] = useState<Opened>();
  return (
    <div class="row wrap">
      {brake && (
        <span class="grow muted">
          <Icon name="brake" small /> <q>“{brake.reason}”</q> <BrakeFacts brake={brake} />
        </span>
      )}
      <ActionButton
        scope="brakes:write"
        class="sm"
        onClick={() => {
          open(dialogOf(brake ? resumeAction(t, brake) : pauseAction(t, { kind: 'sku', target: sku })));
        }}
      >
        {brake ? t('brakes.resume') : t('brakes.sku.pause')}
      </ActionButton>
      {opened?.show(() => {
        open(undefined);
      })}
    </div>
  );
}
