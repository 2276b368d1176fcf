import { useEffect, useState } from 'preact/hooks';
import { useStore } from '../lib/store.ts';
import { useTexts } from '../state/texts.ts';
import { type Toast, dismiss, toasts } from '../state/toasts.ts';
import { Icon } from './basics.tsx';

export function Toasts() {
  const shown = useStore(toasts);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown.map((toast) => (
        <ToastLine key={toast.id} toast={toast} />
      ))}
    </div>
  );
}

/** How long the result of an action stays. Milliseconds. */
const TOAST_MS = 6_000;

function ToastLine({ toast }: { toast: Toast }) {
  const { t } = useTexts();
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (toast.isError || isHeld) return;
    const timer = setTimeout(() => {
      dismiss(toast.id);
    }, TOAST_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [toast, isHeld]);
  const hold = () => {
    setHeld(true);
  };
  const release = () => {
    setHeld(false);
  };
  return (
    <div
      class={`toast${toast.isError ? ' error' : ''}`}
      onMouseEnter={hold}
      onMouseLeave={release}
      onFocusIn={hold}
      onFocusOut={release}
    >
      <Icon name={toast.isError ? 'alert' : 'check'} />
      <span class="grow">
        {toast.href === undefined ? toast.text : <a href={toast.href}>{toast.text}</a>}
      </span>
      <button
        type="button"
        class="btn icon sm plain"
        aria-label={t('action.close')}
        onClick={() => {
          dismiss(toast.id);
        }}
      >
        <Icon name="x" small />
      </button>
    </div>
  );
}
