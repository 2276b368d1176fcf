import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { SavedView } from '../../src/contracts/http/order-lists.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { get, withQuery, type Page } from '../api/client.ts';
import { hasScope } from '../api/session.ts';
import { commandsFor, isAction, mayBeId, type Command } from '../lib/palette.ts';
import { hrefOf, type OrderFilter } from '../lib/router.ts';
import { bindings } from '../state/keys.ts';
import { go, trail } from '../state/navigation.ts';
import { texts, useTexts } from '../state/texts.ts';
import { ALL, isAllowed } from './entries.ts';
import { queueCommands } from './palette-queues.ts';

/** Opens by Ctrl K or Cmd K, from everywhere but over a dialog. */
export function Palette() {
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (
        event.key.toLowerCase() !== 'k' ||
        !(event.ctrlKey || event.metaKey) ||
        event.shiftKey ||
        event.altKey
      )
        return;
      event.preventDefault();
      setOpen((before) => !before && document.querySelector('dialog[open]') === null);
    };
    addEventListener('keydown', onKey);
    return () => {
      removeEventListener('keydown', onKey);
    };
  }, []);
  return isOpen ? (
    <Opened
      onClose={() => {
        setOpen(false);
      }}
    />
  ) : null;
}

/** What was possible when the palette was opened. What needs a scope that is missing is left out. */
function collect(): Command[] {
  const { t } = texts();
  const actions = [
    ...new Map(
      bindings
        .get()
        .flat()
        .filter(isAction)
        .map((each) => [each.keys, each]),
    ).values(),
  ];
  return [
    ...actions.reverse().map(({ keys, label, run }): Command => ({
      id: `key ${keys}`,
      kind: 'action',
      text: label,
      keys,
      run,
    })),
    ...ALL.filter(isAllowed).map(({ page, to, text, key }): Command => ({
      id: `page ${page}`,
      kind: 'page',
      text: t(text),
      keys: `g ${key}`,
      run: () => {
        go(to);
      },
    })),
    ...queueCommands(),
    ...trail.get().ids.map((orderId): Command => orderCommand(orderId)),
  ];
}

const orderCommand = (orderId: string): Command => ({
  id: `order ${orderId}`,
  kind: 'order',
  text: orderId,
  run: () => {
    go({ page: 'order', orderId });
  },
});

/** What the server knows: the saved views, and orders by what was typed. */
function useFound(typed: string): Command[] {
  const [views, setViews] = useState<Command[]>([]);
  const [orders, setOrders] = useState<Command[]>([]);
  useEffect(() => {
    if (!hasScope('orders:read')) return;
    get<{ data: SavedView[] }>('/v1/views').then(
      ({ data }) => {
        setViews(data.map(({ viewId, name, filter }) => viewCommand(viewId, name, filter)));
      },
      () => undefined, // the palette works without them
    );
  }, []);
  useEffect(() => {
    setOrders([]);
    if (!mayBeId(typed) || !hasScope('orders:read')) return;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      get<Page<OrderView>>(withQuery('/v1/orders', { q: typed.trim(), limit: 5 }), abort.signal).then(
        ({ data }) => {
          setOrders(data.map(({ orderId }) => orderCommand(orderId)));
        },
        () => undefined,
      );
    }, 200);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [typed]);
  return [...orders, ...views];
}

const viewCommand = (viewId: string, name: string, filter: OrderFilter): Command => ({
  id: `view ${viewId}`,
  kind: 'view',
  text: name,
  run: () => {
    go(hrefOf({ page: 'orders', filter }));
  },
});

function Opened({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useId();
  const [commands] = useState(collect);
  const [typed, setTyped] = useState('');
  const [at, setAt] = useState(0);
  const fromServer = useFound(typed);
  // What the server has found means what was typed, whatever its text is.
  const known = commandsFor(typed, [...commands, ...fromServer.filter(({ kind }) => kind === 'view')]);
  const orders = fromServer.filter(
    ({ id, kind }) => kind === 'order' && known.every((each) => each.id !== id),
  );
  const shown = [...orders, ...known].slice(0, 8);
  const chosen = shown[Math.min(at, shown.length - 1)];

  useEffect(() => {
    const before = document.activeElement;
    const element = dialog.current;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);

  const run = (command: Command) => {
    onClose();
    // Once the palette is gone and the focus is back: an action may open a dialog.
    setTimeout(command.run, 0);
  };
  const optionId = (index: number) => `${list}-${index}`;

  return (
    <dialog
      ref={dialog}
      class="dialog palette"
      aria-label={t('keys.palette')}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <input
        class="input"
        role="combobox"
        autoFocus
        aria-expanded="true"
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={chosen ? optionId(shown.indexOf(chosen)) : undefined}
        aria-label={t('palette.label')}
        placeholder={t('palette.label')}
        autoComplete="off"
        spellcheck={false}
        value={typed}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step !== undefined && shown.length > 0) {
            event.preventDefault();
            setAt((Math.min(at, shown.length - 1) + step + shown.length) % shown.length);
          } else if (event.key === 'Enter' && chosen && !event.isComposing) {
            event.preventDefault();
            run(chosen);
          }
        }}
      />
      <ul id={list} role="listbox" aria-label={t('keys.palette')}>
        {shown.map((command, index) => (
          <li
            key={command.id}
            id={optionId(index)}
            role="option"
            aria-selected={command === chosen}
            onClick={() => {
              run(command);
            }}
            onMouseMove={() => {
              if (index !== at) setAt(index);
            }}
          >
            <span class={`grow clip${command.kind === 'order' ? ' mono' : ''}`}>{command.text}</span>
            <span class="faint">{t(`palette.${command.kind}`)}</span>
            {command.keys !== undefined && command.keys.split(' ').map((key) => <kbd key={key}>{key}</kbd>)}
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class="empty">{t('palette.none')}</p>}
      <span class="sr" role="status">
        {shown.length === 0 ? t('palette.none') : t('lists.shown', { n: shown.length })}
      </span>
    </dialog>
  );
}
