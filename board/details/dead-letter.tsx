import { useRef, useState } from 'preact/hooks';
import type { DeadLetterCheck, DeadLetterView } from '../../src/contracts/http/dead-letters.ts';
import { get, pathOf, send } from '../api/client.ts';
import { ApiProblem } from '../api/problem.ts';
import { CheckResult } from './letter-check.tsx';
import { parseJson, readable } from './message-text.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { useKeys } from '../state/keys.ts';
import { go } from '../state/navigation.ts';
import { useTexts } from '../state/texts.ts';
import { tell } from '../state/toasts.ts';
import { ReasonName } from '../ui/code-name.tsx';
import { ActionButton, Block, Card, Fact, Facts, Icon, Id, ProblemNote, Title, When } from '../ui/basics.tsx';
import { type ActionOf, type Opened, dialogOf } from '../ui/dialog.tsx';

export function Letter({ id }: { id: string }) {
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
  const [check, setCheck] = useState<DeadLetterCheck>();
  const area = useRef<HTMLTextAreaElement>(null);
  const [asked, setAsked] = useState<Opened>();
  const isWaiting = letter.state === 'waiting';
  const corrected = text === received ? undefined : parseJson(text);
  const isInvalid = text !== received && corrected === undefined;
  const isReady = !isInvalid && !isWorking;

  async function work(run: () => Promise<void>) {
    setWorking(true);
    setProblem(undefined);
    setCheck(undefined);
    try {
      await run();
    } catch (error) {
      if (error instanceof ApiProblem) setProblem(error);
    } finally {
      setWorking(false);
    }
  }

  const ask = <T,>(what: 'check' | 'replay'): Promise<T> =>
    send<T>('POST', pathOf('dead-letters', letter.deadLetterId, what), {
      body: corrected === undefined ? {} : { data: corrected.value },
    });

  const replay = () =>
    work(async () => {
      const settled = await ask<DeadLetterView>('replay');
      tell(t('letters.replayedDone'), {
        ...(settled.orderId !== undefined && { href: hrefOf({ page: 'order', orderId: settled.orderId }) }),
      });
      refresh();
    });

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
        <ReasonName of="problem" code={letter.reason} /> {letter.detail}
      </Title>
      {isWaiting && letter.errors.length > 0 && (
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
            !isWaiting ? undefined : (
              <>
                <span class={isInvalid ? 'is-bad' : ''}>
                  {isInvalid ? t('letters.invalid') : t('check.hint')}
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
                  scope="dead-letters:read"
                  onClick={() => {
                    if (isReady)
                      void work(async () => {
                        setCheck(await ask<DeadLetterCheck>('check'));
                      });
                  }}
                >
                  {t('check.verb')}
                </ActionButton>
                <ActionButton
                  scope="dead-letters:write"
                  class="primary"
                  onClick={() => {
                    if (isReady) void replay();
                  }}
                >
                  {isWorking ? t('state.working') : t('letters.replay')}
                </ActionButton>
              </>
            )
          }
        >
          <div class="pad stack">
            <div role="status">{check && <CheckResult check={check} text={text} field={area} />}</div>
            <textarea
              ref={area}
              class="input area mono tall"
              aria-label={t('letters.corrected')}
              spellcheck={false}
              readOnly={!isWaiting}
              value={text}
              onInput={(event) => {
                setText(event.currentTarget.value);
                setCheck(undefined);
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
