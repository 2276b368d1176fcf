import { useState } from 'preact/hooks';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import { send } from '../api/client.ts';
import { Audit } from '../details/audit.tsx';
import { StatePill } from '../details/audit-state.tsx';
import { textOr, useTexts } from '../state/texts.ts';
import { ActionButton, Fact, Facts, Id, NeedsScope, Title, useTitle, When } from '../ui/basics.tsx';
import { ActionDialog, type ActionOf } from '../ui/dialog.tsx';
import { List, useListed } from '../ui/list.tsx';

const REFRESH_MS = 3_000;

export function AuditsPage({ id }: { id?: string }) {
  const { t } = useTexts();
  useTitle(t('nav.audits'));
  return (
    <NeedsScope scope="audit:run">{id === undefined ? <Audits /> : <Audit key={id} id={id} />}</NeedsScope>
  );
}

function Audits() {
  const { t, f } = useTexts();
  const [asked, setAsked] = useState(false);
  const audits = useListed<AuditView>('/v1/audits', {}, REFRESH_MS);
  const start: ActionOf<AuditView> = {
    title: t('audits.startTitle'),
    what: [t('audits.startWhat')],
    verb: t('audits.startVerb'),
    note: 'none',
    run: () => send('POST', '/v1/audits', { body: {} }),
    result: () => t('audits.started'),
    onDone: audits.refresh,
  };
  return (
    <>
      <Title
        title={t('nav.audits')}
        actions={
          <ActionButton
            scope="audit:run"
            onClick={() => {
              setAsked(true);
            }}
          >
            {t('audits.startVerb')}…
          </ActionButton>
        }
      >
        {t('audits.intro')}
      </Title>
      <List
        of={audits}
        idOf={({ auditId }) => auditId}
        to={({ auditId }) => ({ page: 'audits', id: auditId })}
        empty={t('audits.none')}
        columns={[
          { head: t('audits.audit'), class: 'id', cell: ({ auditId }) => <Id id={auditId} /> },
          {
            head: t('audits.startedAt'),
            class: 'nowrap hide',
            cell: ({ startedAt }) => startedAt !== undefined && <When at={startedAt} />,
          },
          {
            head: t('nav.orders'),
            class: 'num',
            cell: ({ checked: { orders } }) => (orders === undefined ? '–' : f.count(orders)),
          },
          { head: t('orders.status'), cell: (audit) => <StatePill audit={audit} /> },
        ]}
        inspect={(audit) => <InspectAudit audit={audit} />}
      />
      {asked && (
        <ActionDialog
          action={start}
          onClose={() => {
            setAsked(false);
          }}
        />
      )}
    </>
  );
}

function InspectAudit({ audit }: { audit: AuditView }) {
  const { t, f } = useTexts();
  return (
    <>
      <StatePill audit={audit} />
      <Facts>
        <Fact name={t('audits.startedAt')}>
          {audit.startedAt !== undefined && <When at={audit.startedAt} />}
        </Fact>
        {Object.entries(audit.checked).map(([name, count]) => (
          <Fact key={name} name={textOr(`audited.${name}`, name)}>
            {f.count(count)}
          </Fact>
        ))}
      </Facts>
    </>
  );
}
