import { useState } from 'preact/hooks';
import type { BrakeView } from '../../src/contracts/http/brakes.ts';
import { hrefOf } from '../lib/router.ts';
import { useStore } from '../lib/store.ts';
import { brakesOn } from '../state/brakes.ts';
import { useTexts } from '../state/texts.ts';
import { ActionButton, Age, Icon } from './basics.tsx';
import { pausedSentence, resumeAction } from './brake-dialogs.tsx';
import { dialogOf, type Opened } from './dialog.tsx';

/** More are one line with a link: the page below is to be seen. */
const MAX_NOTICES = 3;

/** What is paused: on top of every page. */
export function BrakeNotices() {
  const { t } = useTexts();
  const on = useStore(brakesOn);
  const [opened, open] = useState<Opened>();
  const more = on.length - MAX_NOTICES;
  return (
    <>
      {/* Read aloud when a notice is added, and not with every second of its age. */}
      <div class="brakes" role="status" aria-atomic="false" aria-relevant="additions">
        {on.slice(0, MAX_NOTICES).map((brake) => (
          <div key={brake.brakeId} class="note amber">
            <Icon name="brake" />
            <span class="grow">
              <b class="strong">{pausedSentence(t, brake)}</b>{' '}
              <span class="muted">
                <q>“{brake.reason}”</q> <BrakeFacts brake={brake} />
              </span>
            </span>
            <ActionButton
              scope="brakes:write"
              class="sm"
              onClick={() => {
                open(dialogOf(resumeAction(t, brake)));
              }}
            >
              {t('brakes.resume')}
            </ActionButton>
          </div>
        ))}
        {more > 0 && (
          <div class="note amber">
            <Icon name="brake" />
            <a href={hrefOf({ page: 'brakes' })}>{t('brakes.more', { n: more })}</a>
          </div>
        )}
      </div>
      {opened?.show(() => {
        open(undefined);
      })}
    </>
  );
}

/** Who has paused it, since when, and what it has refused or delayed. */
export function BrakeFacts({ brake }: { brake: BrakeView }) {
  const { t } = useTexts();
  return (
    <>
      {t('brakes.by', { who: brake.setBy.name ?? brake.setBy.id ?? t(`actor.${brake.setBy.type}`) })}{' '}
      <Age at={brake.setAt} />. {t(`brakes.${brake.kind}.affected`, { n: brake.affected })}
    </>
  );
}
