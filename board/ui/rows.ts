import { useEffect, useState } from 'preact/hooks';
import { useKeys } from '../state/keys.ts';
import { useTexts } from '../state/texts.ts';

/**
 * Moves the focus through the rows of a list by `j` and `k` or the arrows, and opens one by `enter` or `o`. The table is one tab
 * stop: only the row in focus can be reached by the tab key.
 *
 * @param ids the ids of the rows, in their sequence
 * @param reveal brings a row into the page that is not rendered
 */
export function useRows(
  ids: readonly string[],
  open: (id: string) => void,
  start?: string,
  reveal?: (index: number) => void,
) {
  const { t } = useTexts();
  const [focus, setFocus] = useState<string | undefined>(start);
  const at = ids.indexOf(focus ?? '');

  const move = (step: number) => {
    const next = ids[Math.min(ids.length - 1, Math.max(0, at === -1 ? 0 : at + step))];
    if (next === undefined) return;
    setFocus(next);
    const row = rowElement(next);
    if (row) focusOn(row);
    else {
      reveal?.(ids.indexOf(next));
      requestAnimationFrame(() => {
        requestAnimationFrame(() => {
          const revealed = rowElement(next);
          if (revealed) focusOn(revealed);
        });
      });
    }
  };
  const openFocused = () => {
    if (focus !== undefined) open(focus);
  };
  useKeys([
    {
      keys: 'j',
      label: t('keys.next'),
      run: () => {
        move(1);
      },
    },
    {
      keys: 'k',
      label: t('keys.previous'),
      run: () => {
        move(-1);
      },
    },
    { keys: 'Enter', label: t('keys.open'), run: openFocused },
    { keys: 'o', label: '', run: openFocused },
  ]);

  // The row in focus may leave the list.
  useEffect(() => {
    if (focus !== undefined && at === -1 && start === undefined) setFocus(undefined);
  }, [focus, at, start]);

  /** The attributes of a row. */
  const rowOf = (id: string, index: number) => ({
    'data-row': id,
    class: id === focus ? 'is-focus' : '',
    tabIndex: id === focus || (at === -1 && index === 0) ? 0 : -1,
    onFocus: () => {
      setFocus(id);
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1);
    },
    onClick: (event: MouseEvent) => {
      const onControl =
        event.target instanceof Element && event.target.closest('a, button, input, label') !== null;
      if (!onControl) setFocus(id);
    },
  });
  return { focus, setFocus, rowOf, at };
}

const rowElement = (id: string): HTMLElement | null =>
  document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`);

function focusOn(row: HTMLElement): void {
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}
