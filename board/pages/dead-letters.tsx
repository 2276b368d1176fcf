import { useState } from 'preact/hooks';
import type { DeadLetterSummary, DeadLetterView } from '../../src/contracts/http/dead-letters.ts';
import { get, pathOf, send, withQuery, type Page } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { useKeys } from '../state/keys.ts';
import { go } from '../state/navigation.ts';
import { tell } from '../state/toasts.ts';
import { useTexts } from '../state/texts.ts';
import {
  ActionButton,
  Age,
  Block,
  Card,
  Empty,
  Fact,
  Facts,
  Icon,
  Id,
  NeedsScope,
  Pill,
  ProblemNote,
  Title,
  useTitle,
  When,
} from '../ui/basics.tsx';
import { dialogOf, type ActionOf, type Opened } from '../ui/dialog.tsx';
import { useRows } from '../ui/rows.ts';

const REFRESH_MS = 5_000;
const STATES = ['waiting', 'retrying', 'replayed', 'discarded'] as const;

export function DeadLettersPage({ state, id }: { state?: string; id?: string }) {
  const { t } = useTexts();
  useTitle(t('nav.deadLetters'));
  return (
    <NeedsScope scope="dead-letters:read">
      {id === undefined ? <List state={state ?? 'waiting'} /> : <Letter key={id} id={id} />}
    </NeedsScope>
  );
}

function List({ state }: { state: string }) {
  const { t } = useTexts();
  const letters = useData(
    `dead-letters ${state}`,
    (signal) => get<Page<DeadLetterSummary>>(withQuery('/v1/dead-letters', { state, limit: 100 }), signal),
    REFRESH_MS,
  );
  return (
    <>
      <Title title={t('nav.deadLetters')}>{t('letters.intro')}</Title>
      <nav class="views" aria-label={t('orders.views')}>
        {STATES.map((name) => (
          <a
            key={name}
            href={hrefOf({ page: 'dead-letters', state: name })}
            aria-current={name === state ? 'page' : undefined}
          >
            {t(`letters.${name}`)}
          </a>
        ))}
      </nav>
      <section class="card">
        <Block of={letters}>
          {({ data }) =>
            data.length === 0 ? <Empty>{t('letters.none')}</Empty> : <Letters letters={data} />
          }
        </Block>
      </section>
    </>
  );
}

function Letters({ letters }: { letters: readonly DeadLetterSummary[] }) {
  const { t } = useTexts();
  const { rowOf } = useRows(
    letters.map(({ deadLetterId }) => deadLetterId),
    (id) => {
      go({ page: 'dead-letters', id });
    },
  );
  return (
    <table class="tbl fold">
      <thead>
        <tr>
          <th>{t('letters.type')}</th>
          <th>{t('queue.since')}</th>
          <th>{t('letters.source')}</th>
          <th>{t('letters.reason')}</th>
          <th class="num">{t('letters.arrivals')}</th>
        </tr>
      </thead>
      <tbody>
        {letters.map((letter, index) => (
          <tr key={letter.deadLetterId} {...rowOf(letter.deadLetterId, index)}>
            <td class="id">
              <a href={hrefOf({ page: 'dead-letters', id: letter.deadLetterId })}>
                {letter.type ?? <Id id={letter.deadLetterId} />}
              </a>
            </td>
            <td class="nowrap">
              <Age at={letter.firstSeenAt} />
            </td>
            <td class="hide">
              <Pill colour="flag" icon="mail">
                {letter.source}
              </Pill>
            </td>
            <td class="full">
              <code>{letter.reason}</code> <span class="muted">{letter.detail}</span>
            </td>
            <td class="num hide">{letter.arrivals}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Letter({ id }: { id: string }) {
  const { t } = useTexts();
  const letter = useData(`dead-letter ${id}`, (signal) =>
    get<DeadLetterView>(pathOf('dead-letters', id), signal),
  );
  useKeys([
    {
      keys: 'u',
      label: t('keys.back'),
      run: () => {
        go({ page: 'dead-letters' });
      },
    },
  ]);
  return (
    <>
      <nav class="crumbs" aria-label={t('order.path')}>
        <a href={hrefOf({ page: 'dead-letters' })}>{t('nav.deadLetters')}</a>
        <Icon name="right" small />
        <Id id={id} />
      </nav>
      <Block of={letter}>
        {(shown) => <Shown key={shown.state} letter={shown} refresh={letter.refresh} />}
      </Block>
    </>
  );
}

/** The message as it was received, beside one that can be corrected and replayed. */
function Shown({ letter, refresh }: { letter: DeadLetterView; refresh: () => void }) {
  const { t } = useTexts();
  const received = readable(letter);
  const [text, setText] = useState(received);
  const [problem, setProblem] = useState<ApiProblem>();
  const [isWorking, setWorking] = useState(false);
  const [asked, setAsked] = useState<Opened>();
  const isWaiting = letter.state === 'waiting';
  const corrected = text === received ? undefined : parseJson(text);
  const isInvalid = text !== received && corrected === undefined;

  async function replay() {
    setWorking(true);
    setProblem(undefined);
    try {
      const settled = await send<DeadLetterView>(
        'POST',
        pathOf('dead-letters', letter.deadLetterId, 'replay'),
        {
          body: corrected === undefined ? {} : { data: corrected.value },
        },
      );
      tell(t('letters.replayedDone'), {
        ...(settled.orderId !== undefined && { href: hrefOf({ page: 'order', orderId: settled.orderId }) }),
      });
      refresh();
    } catch (error) {
      if (error instanceof ApiProblem) setProblem(error);
    } finally {
      setWorking(false);
    }
  }

  const discard: ActionOf<DeadLetterView> = {
    title: t('letters.discardTitle'),
    what: [t('letters.discardWhat')],
    verb: t('letters.discardVerb'),
    isDanger: true,
    note: 'required',
    run: ({ note }) =>
      send('POST', pathOf('dead-letters', letter.deadLetterId, 'discard'), {
        body: note === undefined ? {} : { note },
      }),
    result: () => t('letters.discardedDone'),
    onDone: refresh,
  };

  return (
    <>
      <Title title={<span class="oid">{letter.type ?? letter.deadLetterId}</span>}>
        <code>{letter.reason}</code> {letter.detail}
      </Title>
      {letter.errors.length > 0 && (
        <div class="note amber">
          <Icon name="alert" />
          <ul class="grow">
            {letter.errors.map(({ field, message }) => (
              <li key={field}>
                <code>{field}</code> {message}
              </li>
            ))}
          </ul>
        </div>
      )}
      <div class="two half">
        <Card title={t('letters.received')}>
          <div class="pad">
            <pre class="msg tall">{received}</pre>
          </div>
        </Card>
        <Card
          title={t('letters.corrected')}
          footer={
            <>
              <span class={isInvalid ? 'is-bad' : ''}>
                {isInvalid ? t('letters.invalid') : t('letters.replayHint')}
              </span>
              <span class="grow" />
              <ActionButton
                scope="dead-letters:write"
                onClick={() => {
                  setAsked(dialogOf(discard));
                }}
              >
                {t('letters.discard')}
              </ActionButton>
              <ActionButton
                scope="dead-letters:write"
                class="primary"
                onClick={() => {
                  if (!isInvalid && !isWorking && isWaiting) void replay();
                }}
              >
                {isWorking ? t('state.working') : t('letters.replay')}
              </ActionButton>
            </>
          }
        >
          <div class="pad">
            <textarea
              class="input area mono tall"
              aria-label={t('letters.corrected')}
              spellcheck={false}
              readOnly={!isWaiting}
              value={text}
              onInput={(event) => {
                setText(event.currentTarget.value);
              }}
            />
          </div>
        </Card>
      </div>
      {problem && <ProblemNote problem={problem} />}
      {problem?.errors.map(({ field, message }) => (
        <p key={field} class="is-bad">
          <code>{field}</code> {message}
        </p>
      ))}
      <Card title={t('letters.facts')}>
        <div class="pad">
          <Facts>
            <Fact name={t('orders.status')}>{t(`letters.${letter.state}`)}</Fact>
            <Fact name={t('letters.source')}>
              {letter.source} <span class="mono faint">{letter.position}</span>
            </Fact>
            <Fact name={t('letters.first')}>
              <When at={letter.firstSeenAt} />
            </Fact>
            <Fact name={t('letters.arrivals')}>{letter.arrivals}</Fact>
            <Fact name={t('letters.note')}>{letter.note}</Fact>
            <Fact name={t('orders.order')}>
              {letter.orderId !== undefined && (
                <a href={hrefOf({ page: 'order', orderId: letter.orderId })}>
                  <Id id={letter.orderId} />
                </a>
              )}
            </Fact>
          </Facts>
        </div>
      </Card>
      {asked?.show(() => {
        setAsked(undefined);
      })}
    </>
  );
}

/** The body with indentation where it is JSON: the data of a CloudEvent, which is what a correction replaces. */
function readable({ body, bodyBase64 }: DeadLetterView): string {
  if (body === undefined) return bodyBase64 ?? '';
  const parsed = parseJson(body);
  if (parsed === undefined) return body;
  const { value } = parsed;
  const isEnvelope = typeof value === 'object' && value !== null && 'data' in value && 'specversion' in value;
  return JSON.stringify(isEnvelope ? value.data : value, null, 2);
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}
