import { useEffect, useState } from 'preact/hooks';
import { useKeys } from '../state/keys.ts';
import { useTexts } from '../state/texts.ts';
import { hasScope } from '../api/session.ts';
import type { BatchView } from '../../src/contracts/http/batches.ts';
import { BatchDialog, type BatchChoice } from './batch-button.tsx';

export interface Selection {
  selected: ReadonlySet<string>;
  toggle: (id: string) => void;
  toggleAll: () => void;
  clear: () => void;
}

/**
 * The rows that are ticked. `x` ticks the row in focus, `shift x` all rows from the last ticked one to it, `esc` clears.
 *
 * @param ids the ids of the rows, in their sequence
 */
export function useSelection(ids: readonly string[], focus: string | undefined): Selection {
  const { t } = useTexts();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [last, setLast] = useState<string>();

  const toggle = (id: string) => {
    setLast(id);
    setSelected((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  };
  const upTo = (id: string) => {
    const [from, to] = [ids.indexOf(last ?? id), ids.indexOf(id)].sort((a, b) => a - b);
    const range = ids.slice(Math.max(0, from ?? 0), (to ?? 0) + 1);
    setLast(id);
    setSelected((before) => new Set([...before, ...range]));
  };
  const clear = () => {
    setSelected(new Set());
  };
  const toggleAll = () => {
    setSelected((before) => (before.size === ids.length ? new Set() : new Set(ids)));
  };
  useKeys([
    {
      keys: 'x',
      label: t('keys.select'),
      run: () => {
        if (focus !== undefined) toggle(focus);
      },
    },
    {
      keys: 'X',
      label: t('keys.selectTo'),
      run: () => {
        if (focus !== undefined) upTo(focus);
      },
    },
    { keys: 'Escape', label: '', run: clear },
  ]);
  // A row that has left the list is not ticked any more.
  const known = ids.join(' ');
  useEffect(() => {
    const present = new Set(ids);
    setSelected((before) => {
      const left = [...before].filter((id) => present.has(id));
      return left.length === before.size ? before : new Set(left);
    });
  }, [known]);
  return { selected, toggle, toggleAll, clear };
}

/** The cell of a row's tick. */
export function SelectCell({ id, selection }: { id: string; selection: Selection }) {
  const { t } = useTexts();
  return (
    <td class="check">
      <input
        type="checkbox"
        tabIndex={-1}
        aria-label={t('batch.select', { id })}
        checked={selection.selected.has(id)}
        onChange={() => {
          selection.toggle(id);
        }}
      />
    </td>
  );
}

/** The cell in the head of the table. */
export function SelectAllCell({ count, selection }: { count: number; selection: Selection }) {
  const { t } = useTexts();
  return (
    <th class="check">
      <input
        type="checkbox"
        aria-label={t('batch.selectAll', { n: count })}
        checked={count > 0 && selection.selected.size === count}
        onChange={() => {
          selection.toggleAll();
        }}
      />
    </th>
  );
}

/** What can be done with the ticked rows, and with everything that matches: the two are said apart. `b` opens it. */
export function SelectionBar({
  selection,
  everything,
  actions,
}: {
  selection: Selection;
  /** Undefined: the list is no query. */
  everything: BatchChoice | undefined;
  actions: readonly BatchView['action'][];
}) {
  const { t } = useTexts();
  const [isOpen, setOpen] = useState(false);
  const { selected, clear } = selection;
  const isAllowed = hasScope('batches:write');
  const ticked: BatchChoice = {
    text: t('batch.ticked', { n: selected.size }),
    orders: { orderIds: [...selected] },
  };
  const choices = [...(selected.size > 0 ? [ticked] : []), ...(everything ? [everything] : [])];
  const open = () => {
    if (isAllowed && choices.length > 0) setOpen(true);
  };
  useKeys([{ keys: 'b', label: t('keys.batch'), run: open }]);
  return (
    <>
      {selected.size > 0 && (
        <div class="bulk" role="status">
          <span>{t('batch.ticked', { n: selected.size })}</span>
          <button
            type="button"
            class="btn sm"
            aria-disabled={!isAllowed}
            title={isAllowed ? undefined : t('denied.action', { scope: 'batches:write' })}
            onClick={open}
          >
            {t('batch.button')} <kbd aria-hidden="true">b</kbd>
          </button>
          <button type="button" class="btn sm" onClick={clear}>
            {t('batch.clear')}
          </button>
        </div>
      )}
      {isOpen && (
        <BatchDialog
          actions={actions}
          choices={choices}
          onClose={() => {
            setOpen(false);
          }}
        />
      )}
    </>
  );
}
