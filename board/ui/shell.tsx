import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { session, signOut } from '../api/session.ts';
import { hrefOf } from '../lib/router.ts';
import { useStore } from '../lib/store.ts';
import { ALL, KEEP, MAIN, MESSAGES, isAllowed, isCurrent } from './entries.ts';
import { Help } from './help.tsx';
import { LiveMark } from './live-mark.tsx';
import { Mark, ThemeButton } from './mark.tsx';
import { Entries, NeedsBadge } from './navigation.tsx';
import { Search } from './search.tsx';
import { Palette } from './palette.tsx';
import { SignedOut } from './signed-out.tsx';
import { Toasts } from './toasts.tsx';
import { useKeys } from '../state/keys.ts';
import { BrakeReader } from '../state/brakes.ts';
import { go, route } from '../state/navigation.ts';
import { nextTheme } from '../state/settings.ts';
import { useTexts } from '../state/texts.ts';
import { Icon } from './basics.tsx';
import { BrakeNotices } from './brake-notices.tsx';
import { Dialog } from './dialog.tsx';
import { BatchLine } from './batch-line.tsx';

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
            <div class="page">
              {present.page !== 'now' && <BrakeNotices />}
              {children}
            </div>
          </main>
        </div>
      </div>
      <BatchLine />
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
      <BrakeReader />
      <Toasts />
      <Palette />
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
