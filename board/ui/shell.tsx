import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, pathOf, send, withQuery, type Page } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { hasScope, session, signOut } from '../api/session.ts';
import type { OrderView } from '../../src/contracts/http/order.ts';
import { sumOfNeeds } from '../../src/domain/situation/queues.ts';
import { hrefOf, type Route } from '../lib/router.ts';
import { useNow } from '../state/data.ts';
import { bindings, useKeys } from '../state/keys.ts';
import { found } from '../state/found.ts';
import { figures, live } from '../state/live.ts';
import { go, route } from '../state/navigation.ts';
import { nextTheme } from '../state/settings.ts';
import { useStore } from '../lib/store.ts';
import { dismiss, tell, toasts, type Toast } from '../state/toasts.ts';
import { useTexts } from '../state/texts.ts';
import type { TextKey } from '../locales/en.ts';
import { Icon } from './basics.tsx';
import { Dialog } from './dialog.tsx';
import { SignInForm } from './sign-in-form.tsx';

interface Entry {
  page: Route['page'];
  to: Route;
  icon: string;
  text: TextKey;
  /** Left out of the navigation without it. */
  scope?: string;
  key: string;
}

const MAIN: readonly Entry[] = [
  { page: 'now', to: { page: 'now' }, icon: 'now', text: 'nav.now', key: 'n' },
  { page: 'queues', to: { page: 'queues', queue: 'attention' }, icon: 'inbox', text: 'nav.queues', key: 'q' },
  {
    page: 'orders',
    to: { page: 'orders', filter: {} },
    icon: 'list',
    text: 'nav.orders',
    scope: 'orders:read',
    key: 'o',
  },
  { page: 'stock', to: { page: 'stock' }, icon: 'box', text: 'nav.stock', scope: 'stock:read', key: 's' },
];
const MESSAGES: readonly Entry[] = [
  {
    page: 'dead-letters',
    to: { page: 'dead-letters' },
    icon: 'mail',
    text: 'nav.deadLetters',
    scope: 'dead-letters:read',
    key: 'd',
  },
  {
    page: 'webhooks',
    to: { page: 'webhooks' },
    icon: 'send',
    text: 'nav.webhooks',
    scope: 'webhooks:read',
    key: 'w',
  },
];
const KEEP: readonly Entry[] = [
  {
    page: 'audits',
    to: { page: 'audits' },
    icon: 'shield',
    text: 'nav.audits',
    scope: 'audit:run',
    key: 'a',
  },
  { page: 'log', to: { page: 'log' }, icon: 'log', text: 'nav.log', scope: 'log:read', key: 'l' },
  { page: 'settings', to: { page: 'settings' }, icon: 'sliders', text: 'nav.settings', key: ',' },
];
const ALL = [...MAIN, ...MESSAGES, ...KEEP];

const isAllowed = ({ scope }: Entry): boolean => scope === undefined || hasScope(scope);
const isCurrent = (entry: Entry, present: Route): boolean =>
  entry.page === present.page || (entry.page === 'orders' && present.page === 'order');

/** What is the same on every page: navigation, search, the live mark, toasts, keys. */
export function Shell({ children }: { children: ComponentChildren }) {
  const { t } = useTexts();
  const present = useStore(route);
  const state = useStore(session);
  const [helpIsOpen, setHelp] = useState(false);
  const [moreIsOpen, setMore] = useState(false);
  const search = useRef<HTMLInputElement>(null);

  useKeys([
    ...ALL.filter(isAllowed).map((entry) => ({
      keys: `g ${entry.key}`,
      label: t(entry.text),
      run: () => {
        go(entry.to);
      },
    })),
    {
      keys: '/',
      label: t('keys.search'),
      run: () => {
        search.current?.focus();
      },
    },
    {
      keys: '?',
      label: t('keys.help'),
      run: () => {
        setHelp(true);
      },
    },
    { keys: 't', label: t('keys.theme'), run: nextTheme },
  ]);

  useEffect(() => {
    setMore(false);
  }, [present]);

  return (
    <>
      <a class="skip" href="#main">
        {t('nav.skip')}
      </a>
      <div class="app">
        <nav class="side" aria-label={t('nav.board')}>
          <a class="brand" href={hrefOf({ page: 'now' })}>
            <Mark />
            <span>
              <b>durable-checkout</b>
              <small>{location.host}</small>
            </span>
          </a>
          <Entries entries={MAIN} />
          {MESSAGES.some(isAllowed) && <div class="head">{t('nav.messages')}</div>}
          <Entries entries={MESSAGES} />
          <div class="head">{t('nav.keep')}</div>
          <Entries entries={KEEP} />
          <div class="foot">
            <span class="avatar" aria-hidden="true">
              {'session' in state ? state.session.clientId.slice(0, 2).toUpperCase() : ''}
            </span>
            <span class="grow clip">
              <b class="clip">{'session' in state ? state.session.clientId : ''}</b>
              <button type="button" class="link" onClick={() => void signOut()}>
                {t('action.signOut')}
              </button>
            </span>
            <ThemeButton />
          </div>
        </nav>
        <div>
          <header class="top">
            <Search input={search} />
            <span class="grow" />
            <LiveMark />
            <button
              type="button"
              class="btn icon sm plain only-wide"
              aria-label={t('keys.help')}
              onClick={() => {
                setHelp(true);
              }}
            >
              <kbd>?</kbd>
            </button>
          </header>
          <main id="main" tabIndex={-1}>
            <div class="page">{children}</div>
          </main>
        </div>
      </div>
      <nav class="tabs" aria-label={t('nav.board')}>
        {MAIN.filter(isAllowed).map((entry) => (
          <a
            key={entry.page}
            href={hrefOf(entry.to)}
            aria-current={isCurrent(entry, present) ? 'page' : undefined}
          >
            <Icon name={entry.icon} />
            {t(entry.text)}
            {entry.page === 'queues' && <NeedsBadge />}
          </a>
        ))}
        <button
          type="button"
          aria-expanded={moreIsOpen}
          onClick={() => {
            setMore(!moreIsOpen);
          }}
        >
          <Icon name="menu" />
          {t('nav.more')}
        </button>
      </nav>
      {moreIsOpen && (
        <Dialog
          title={t('nav.more')}
          onClose={() => {
            setMore(false);
          }}
        >
          <nav class="list sheet" aria-label={t('nav.more')}>
            {[...MESSAGES, ...KEEP].filter(isAllowed).map((entry) => (
              <a key={entry.page} href={hrefOf(entry.to)}>
                <Icon name={entry.icon} />
                {t(entry.text)}
              </a>
            ))}
            <button type="button" onClick={nextTheme}>
              <Icon name="theme" />
              {t('keys.theme')}
            </button>
            <button type="button" onClick={() => void signOut()}>
              <Icon name="logout" />
              {t('action.signOut')}
            </button>
          </nav>
        </Dialog>
      )}
      <Toasts />
      {helpIsOpen && (
        <Help
          onClose={() => {
            setHelp(false);
          }}
        />
      )}
      {state.state === 'expired' && <SignedOut />}
    </>
  );
}

export const Mark = () => (
  <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
    <rect class="plate" width="24" height="24" rx="6" />
    <path class="tick" d="m4.6 12.4 3.6 3.8" />
    <path class="tick" d="m9.2 12.4 3.6 3.8 6.6-8.4" />
  </svg>
);

export function ThemeButton() {
  const { t } = useTexts();
  return (
    <button type="button" class="btn icon plain" aria-label={t('keys.theme')} onClick={nextTheme}>
      <Icon name="theme" />
    </button>
  );
}

function Entries({ entries }: { entries: readonly Entry[] }) {
  const { t, f } = useTexts();
  const present = useStore(route);
  const shown = useStore(figures);
  const needs = sumOfNeeds(shown?.queues ?? []);
  const letters = shown?.queues.find(({ name }) => name.startsWith('dead'))?.count ?? 0;
  return (
    <>
      {entries.filter(isAllowed).map((entry) => (
        <a
          key={entry.page}
          class="nav"
          href={hrefOf(entry.to)}
          aria-current={isCurrent(entry, present) ? 'page' : undefined}
        >
          <Icon name={entry.icon} />
          {t(entry.text)}
          {entry.page === 'queues' && needs.count > 0 && (
            <span class="count act">
              {f.count(needs.count)}
              {needs.atLeast && '+'}
            </span>
          )}
          {entry.page === 'dead-letters' && letters > 0 && <span class="count">{f.count(letters)}</span>}
        </a>
      ))}
    </>
  );
}

function NeedsBadge() {
  const { f } = useTexts();
  const { count, atLeast } = sumOfNeeds(useStore(figures)?.queues ?? []);
  if (count === 0) return null;
  return (
    <span class="badge">
      {f.count(count)}
      {atLeast && '+'}
    </span>
  );
}

/** The live mark. When nothing comes any more, it says how old the figures are. */
function LiveMark() {
  const { t, f } = useTexts();
  const { stale, lastMessageAt, startedAt, connection } = useStore(live);
  const now = useNow();
  if (connection === 'denied') return null;
  if (stale)
    return (
      <span class="live stale" role="status">
        <i aria-hidden="true" />
        <span>{t('live.lost', { age: f.age(now - (lastMessageAt ?? startedAt)) })}</span>
      </span>
    );
  return (
    <span class="live">
      <i aria-hidden="true" class={lastMessageAt === undefined ? 'off' : ''} />
      <span>{lastMessageAt === undefined ? t('live.connecting') : t('live.live')}</span>
    </span>
  );
}

/** Finds an order by its id, a mail address, or what `q` of the API knows. One hit opens it. A mail address is never in the URL. */
function Search({ input }: { input: { current: HTMLInputElement | null } }) {
  const { t } = useTexts();
  const [isSearching, setSearching] = useState(false);

  async function find(text: string) {
    setSearching(true);
    try {
      if (text.includes('@')) {
        const { data } = await send<Page<OrderView>>('POST', '/v1/orders/search', { body: { email: text } });
        showFound(data);
        return;
      }
      if (/^ord_[0-9a-z]+$/.test(text)) {
        const order = await get<OrderView>(pathOf('orders', text)).catch(() => undefined);
        if (order) {
          go({ page: 'order', orderId: order.orderId });
          return;
        }
      }
      const { data } = await get<Page<OrderView>>(withQuery('/v1/orders', { q: text, limit: 2 }));
      const [first] = data;
      if (data.length === 1 && first) go({ page: 'order', orderId: first.orderId });
      else go({ page: 'orders', filter: { q: text } });
    } catch (error) {
      tell(error instanceof ApiProblem ? `${error.message} (${error.code})` : String(error), {
        isError: true,
      });
    } finally {
      setSearching(false);
    }
  }

  function showFound(orders: readonly OrderView[]) {
    const [first] = orders;
    if (!first) tell(t('search.none'));
    else if (orders.length === 1) go({ page: 'order', orderId: first.orderId });
    else {
      found.set(orders);
      go({ page: 'orders', filter: {} });
    }
    if (input.current) input.current.value = '';
  }

  return (
    <form
      class="find"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        const text = input.current?.value.trim() ?? '';
        if (text !== '' && !isSearching) void find(text);
      }}
    >
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label={t('search.label')}
        placeholder={t('search.placeholder')}
        autoComplete="off"
        spellcheck={false}
        onKeyDown={(event) => {
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}

function Toasts() {
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

function Help({ onClose }: { onClose: () => void }) {
  const { t } = useTexts();
  const all = useStore(bindings)
    .flat()
    .filter(({ label }) => label !== '');
  const unique = [...new Map(all.map((binding) => [binding.keys, binding])).values()];
  return (
    <Dialog title={t('keys.title')} onClose={onClose}>
      <div class="body">
        <dl class="keys">
          {unique.map(({ keys, label }) => (
            <div key={keys}>
              <dt>
                {keys.split(' ').map((key) => (
                  <kbd key={key}>{key.replace('Enter', '⏎')}</kbd>
                ))}
              </dt>
              <dd>{label}</dd>
            </div>
          ))}
        </dl>
        <p class="hint">{t('keys.hint')}</p>
      </div>
    </Dialog>
  );
}

/** Over the page, which stays with what was typed. */
function SignedOut() {
  const { t } = useTexts();
  return (
    <Dialog
      title={t('signIn.again')}
      onClose={() => {
        session.set({ state: 'out' });
      }}
    >
      <div class="body">
        <p class="muted">{t('signIn.againWhy')}</p>
        <SignInForm />
      </div>
    </Dialog>
  );
}
