import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Light as LightState } from '../../src/domain/situation/health.ts';
import type { ApiProblem } from '../api/problem.ts';
import { hasScope, session } from '../api/session.ts';
import { shortId } from '../lib/ids.ts';
import { problemTitle } from '../lib/problem-title.ts';
import type { Colour } from '../lib/status.ts';
import { useDelay, useNow, type Loaded } from '../state/data.ts';
import { useStore } from '../lib/store.ts';
import { useTexts } from '../state/texts.ts';

export const Icon = ({ name, small = false }: { name: string; small?: boolean }) => (
  <svg class={small ? 'i s' : 'i'} aria-hidden="true">
    <use href={`#i-${name}`} />
  </svg>
);

/** What is: an icon and a word. Never clickable. */
export const Pill = ({
  colour,
  icon,
  large = false,
  children,
}: {
  colour: Colour;
  icon: string;
  large?: boolean;
  children: ComponentChildren;
}) => (
  <span class={`pill ${colour === 'grey' ? '' : colour}${large ? ' lg' : ''}`}>
    <Icon name={icon} />
    {children}
  </span>
);

/** A shape for each state, so that colour is not needed. */
export function Light({ state }: { state: LightState }) {
  const { t } = useTexts();
  return (
    <>
      <svg class={`light ${state}`} viewBox="0 0 10 10" aria-hidden="true">
        {state === 'slow' ? (
          <path d="M5 .4 9.8 9.2H.2z" />
        ) : state === 'down' ? (
          <rect x=".8" y=".8" width="8.4" height="8.4" />
        ) : (
          <circle cx="5" cy="5" r="4.2" />
        )}
      </svg>
      <span class="sr">{t(`light.${state}`)}</span>
    </>
  );
}

/** A time with its exact value in UTC as tooltip. */
export function When({ at, seconds = false }: { at: string | number; seconds?: boolean }) {
  const { f } = useTexts();
  return (
    <time dateTime={new Date(at).toISOString()} title={f.exact(at)}>
      {seconds ? f.time(at) : f.moment(at)}
    </time>
  );
}

/** How long ago, or how long until. Counts on. */
export function Age({ at, short = false }: { at: string | number; short?: boolean }) {
  const { f } = useTexts();
  const then = typeof at === 'number' ? at : Date.parse(at);
  const now = useNow(Math.abs(Date.now() - then) < 60_000 ? 1_000 : 15_000);
  const ms = Math.abs(now - then);
  return (
    <time dateTime={new Date(at).toISOString()} title={f.exact(at)}>
      {short ? f.shortAge(ms) : f.age(ms)}
    </time>
  );
}

/** An id: short in lists, whole on hover. */
export const Id = ({ id, whole = false }: { id: string; whole?: boolean }) => (
  <span class="mono" translate={false} title={id}>
    {whole ? id : shortId(id)}
  </span>
);

export function Card({
  title,
  more,
  class: className = '',
  children,
  footer,
}: {
  title?: ComponentChildren;
  more?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
  footer?: ComponentChildren;
}) {
  return (
    <section class={`card ${className}`}>
      {title !== undefined && (
        <header>
          <h2>{title}</h2>
          {more !== undefined && <span class="more">{more}</span>}
        </header>
      )}
      {children}
      {footer !== undefined && <footer>{footer}</footer>}
    </section>
  );
}

export const Facts = ({ children }: { children: ComponentChildren }) => <dl class="fact">{children}</dl>;

/** One fact, left out where there is none. */
export const Fact = ({ name, children }: { name: string; children?: ComponentChildren }) =>
  children === undefined || children === '' || children === null || children === false ? null : (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );

/**
 * In place of what could not be loaded, and below what could not be done.
 *
 * @param retry reads again; absent: an action has failed
 */
export function ProblemNote({ problem, retry }: { problem: ApiProblem; retry?: () => void }) {
  const { t } = useTexts();
  const isDenied = problem.status === 403;
  return (
    <div class="note red" role="alert">
      <Icon name="alert" />
      <span class="grow">
        <b class="strong">{t(problemTitle(problem.status, retry === undefined))}</b>{' '}
        <span class="muted">{problem.message}</span> <code>{problem.code}</code>
        {problem.requestId !== undefined && (
          <span class="faint">
            {' '}
            {t('state.request')} <code>{problem.requestId}</code>
          </span>
        )}
      </span>
      {retry && !isDenied && (
        <button type="button" class="btn sm" onClick={retry}>
          {t('action.tryAgain')}
        </button>
      )}
    </div>
  );
}

/** Grey rows of the final height, after a moment. */
export function Skeleton({ rows = 6 }: { rows?: number }) {
  const { t } = useTexts();
  const isSlow = useDelay();
  if (!isSlow) return <div class="skeleton" aria-hidden="true" />;
  return (
    <div class="skeleton" aria-busy="true">
      <span class="sr">{t('state.loading')}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} class="bar" />
      ))}
    </div>
  );
}

/** What was loaded, or why not yet. What is known stays when refreshing it fails. */
export function Block<T>({
  of,
  rows,
  children,
}: {
  of: Loaded<T>;
  rows?: number;
  children: (data: T) => ComponentChildren;
}) {
  return (
    <>
      {of.problem !== undefined && <ProblemNote problem={of.problem} retry={of.refresh} />}
      {of.data !== undefined ? children(of.data) : of.isLoading && <Skeleton {...(rows && { rows })} />}
    </>
  );
}

export const Empty = ({ children }: { children: ComponentChildren }) => <p class="empty">{children}</p>;

/** A page that needs a scope which the key lacks says so. */
export function NeedsScope({ scope, children }: { scope: string; children: ComponentChildren }) {
  const { t } = useTexts();
  const present = useStore(session);
  if (hasScope(scope)) return <>{children}</>;
  const scopes = 'session' in present ? present.session.scopes.join(', ') : '';
  return (
    <div class="note amber" role="alert">
      <Icon name="key" />
      <span class="grow">
        <b class="strong">{t('denied.page', { scope })}</b>{' '}
        <span class="muted">{t('denied.has', { scopes })}</span>
      </span>
    </div>
  );
}

/** A button that stays where it is when the key may not use it, and says why. */
export function ActionButton({
  scope,
  shortcut,
  onClick,
  class: className = '',
  children,
}: {
  scope: string;
  shortcut?: string;
  onClick: () => void;
  class?: string;
  children: ComponentChildren;
}) {
  const { t } = useTexts();
  const isAllowed = hasScope(scope);
  return (
    <button
      type="button"
      class={`btn ${className}`}
      aria-disabled={!isAllowed}
      title={isAllowed ? undefined : t('denied.action', { scope })}
      onClick={isAllowed ? onClick : undefined}
    >
      {children}
      {shortcut !== undefined && isAllowed && <kbd aria-hidden="true">{shortcut}</kbd>}
    </button>
  );
}

/** Sets the title of the window. No personal data. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · durable-checkout`;
  }, [title]);
}

export const Title = ({
  title,
  children,
  actions,
}: {
  title: ComponentChildren;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) => (
  <div class="title">
    <div class="grow">
      <h1>{title}</h1>
      {children !== undefined && <p>{children}</p>}
    </div>
    {actions !== undefined && <div class="side-r">{actions}</div>}
  </div>
);

/** Copies a text. Browsers have no clipboard for pages without TLS, but for those of this machine. */
export function copy(text: string): void {
  if ('clipboard' in navigator) void navigator.clipboard.writeText(text);
}
