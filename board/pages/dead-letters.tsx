import type { DeadLetterSummary } from '../../src/contracts/http/dead-letters.ts';
import { Letter } from '../details/dead-letter.tsx';
import { hrefOf } from '../lib/router.ts';
import { useTexts } from '../state/texts.ts';
import { ReasonName } from '../ui/code-name.tsx';
import { Age, Fact, Facts, Id, NeedsScope, Pill, Title, useTitle, When } from '../ui/basics.tsx';
import { List, useListed } from '../ui/list.tsx';

const REFRESH_MS = 5_000;
const STATES = ['waiting', 'retrying', 'replayed', 'discarded'] as const;

export function DeadLettersPage({ state, id }: { state?: string; id?: string }) {
  const { t } = useTexts();
  useTitle(t('nav.deadLetters'));
  return (
    <NeedsScope scope="dead-letters:read">
      {id === undefined ? <Letters state={state ?? 'waiting'} /> : <Letter key={id} id={id} />}
    </NeedsScope>
  );
}

function Letters({ state }: { state: string }) {
  const { t } = useTexts();
  const letters = useListed<DeadLetterSummary>('/v1/dead-letters', { state }, REFRESH_MS);
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
      <List
        key={state}
        of={letters}
        idOf={({ deadLetterId }) => deadLetterId}
        to={({ deadLetterId }) => ({ page: 'dead-letters', id: deadLetterId })}
        empty={t('letters.none')}
        columns={[
          {
            head: t('letters.type'),
            class: 'id',
            cell: ({ type, deadLetterId }) => type ?? <Id id={deadLetterId} />,
          },
          { head: t('queue.since'), class: 'nowrap', cell: ({ firstSeenAt }) => <Age at={firstSeenAt} /> },
          {
            head: t('letters.source'),
            class: 'hide',
            cell: ({ source }) => (
              <Pill colour="flag" icon="mail">
                {source}
              </Pill>
            ),
          },
          {
            head: t('letters.reason'),
            class: 'full',
            cell: ({ reason }) => <ReasonName of="problem" code={reason} />,
          },
          { head: t('letters.arrivals'), class: 'num hide', cell: ({ arrivals }) => arrivals },
        ]}
        inspect={(letter) => <InspectLetter letter={letter} />}
      />
    </>
  );
}

function InspectLetter({ letter }: { letter: DeadLetterSummary }) {
  const { t } = useTexts();
  return (
    <>
      <h3>
        <ReasonName of="problem" code={letter.reason} />
      </h3>
      <pre>{letter.detail}</pre>
      <Facts>
        <Fact name={t('letters.first')}>
          <When at={letter.firstSeenAt} />
        </Fact>
        <Fact name={t('letters.arrivals')}>{letter.arrivals}</Fact>
      </Facts>
    </>
  );
}
