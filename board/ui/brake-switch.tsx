import type { BrakeView } from '../../src/contracts/http/brakes.ts';
import { hasScope } from '../api/session.ts';
import { useTexts } from '../state/texts.ts';
import { capitalized, nameOf, type BrakeTarget } from './brake-dialogs.tsx';
import { BrakeFacts } from './brake-notices.tsx';

/** One switch. It is on while what it names is going; its dialog asks for the reason. */
export function BrakeSwitch({
  of,
  brake,
  onChange,
}: {
  of: BrakeTarget;
  brake: BrakeView | undefined;
  onChange: (brake: BrakeTarget) => void;
}) {
  const { t } = useTexts();
  const isAllowed = hasScope('brakes:write');
  const name = capitalized(nameOf(t, of));
  return (
    <li class={brake ? 'is-paused' : ''}>
      <span class="grow">
        <b class="strong">{name}</b>
        {brake && (
          <span class="muted">
            <q>“{brake.reason}”</q> <BrakeFacts brake={brake} />
          </span>
        )}
      </span>
      <span class="muted" aria-hidden="true">
        {brake ? t('brakes.isPaused') : t('brakes.isGoing')}
      </span>
      <button
        type="button"
        role="switch"
        class="switch"
        aria-checked={!brake}
        aria-label={`${name}: ${brake ? t('brakes.isPaused') : t('brakes.isGoing')}`}
        aria-disabled={!isAllowed}
        title={isAllowed ? undefined : t('denied.action', { scope: 'brakes:write' })}
        onClick={() => {
          if (isAllowed) onChange(of);
        }}
      >
        <i />
      </button>
    </li>
  );
}
