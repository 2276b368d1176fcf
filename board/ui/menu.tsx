import { useEffect, useRef, useState } from 'preact/hooks';
import { hasScope } from '../api/session.ts';
import { useTexts } from '../state/texts.ts';
import { Icon } from './basics.tsx';

export interface MenuItem {
  label: string;
  icon: string;
  /** Without it the item stays, and says what is missing. */
  scope?: string;
  shortcut?: string;
  run: () => void;
}

/** What does not fit beside the title. Arrows move, Escape closes and gives the focus back. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const { t } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const list = () => [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
  useEffect(() => {
    if (isOpen) list()[0]?.focus();
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = list();
    const at = all.findIndex((item) => item === document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Escape') close();
    else if (next !== undefined) all.at(next % all.length)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={root}
      class="menu"
      onFocusOut={(event) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node && root.current?.contains(to))) setOpen(false);
      }}
    >
      <button
        ref={opener}
        type="button"
        class="btn icon"
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => {
          setOpen(!isOpen);
        }}
      >
        <Icon name="more" />
      </button>
      {isOpen && (
        <ul role="menu" aria-label={label} onKeyDown={onKeyDown}>
          {items.map(({ label: text, icon, scope, shortcut, run }) => {
            const isAllowed = scope === undefined || hasScope(scope);
            return (
              <li key={text} role="none">
                <button
                  type="button"
                  role="menuitem"
                  tabIndex={-1}
                  aria-disabled={!isAllowed}
                  title={isAllowed ? undefined : t('denied.action', { scope })}
                  onClick={() => {
                    if (!isAllowed) return;
                    close();
                    run();
                  }}
                >
                  <Icon name={icon} small />
                  {text}
                  {shortcut !== undefined && isAllowed && <kbd aria-hidden="true">{shortcut}</kbd>}
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
