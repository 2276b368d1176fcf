import type { ComponentChildren } from 'preact';
import { hrefOf, type Route } from '../lib/router.ts';
import { useTexts } from '../state/texts.ts';
import { Icon } from './basics.tsx';

/** What is known of the row in focus, beside its list. Not modal. Phones open the page of the row instead. */
export function Inspector({
  title,
  state,
  to,
  onOpen,
  onClose,
  footer,
  children,
}: {
  title: ComponentChildren;
  state?: ComponentChildren;
  to: Route;
  /** Before the page of the row is opened. */
  onOpen?: () => void;
  onClose: () => void;
  footer?: ComponentChildren;
  children: ComponentChildren;
}) {
  const { t } = useTexts();
  return (
    <aside class="inspect card only-wide" aria-label={t('queue.inFocus')}>
      <header>
        <span class="strong clip">{title}</span>
        {state}
        <span class="more">
          <a href={hrefOf(to)} onClick={onOpen}>
            {t('keys.open')}
          </a>
          <button
            type="button"
            class="btn icon sm plain only-drawer"
            aria-label={t('action.close')}
            onClick={onClose}
          >
            <Icon name="x" small />
          </button>
        </span>
      </header>
      <div class="pad stack">{children}</div>
      {footer}
    </aside>
  );
}
