import { useState } from 'preact/hooks';
import type { AuditView } from '../../src/contracts/http/audit.ts';
import { get, pathOf, send } from '../api/client.ts';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { useKeys } from '../state/keys.ts';
import { go } from '../state/navigation.ts';
import { textOr, useTexts } from '../state/texts.ts';
import {
  ActionButton,
  Block,
  Card,
  Empty,
  Fact,
  Facts,
  Icon,
  Id,
  NeedsScope,
  Pill,
  Title,
  useTitle,
  When,
} from '../ui/basics.tsx';
import { ActionDialog, type ActionOf } from '../ui/dialog.tsx';
import { useRows } from '../ui/rows.ts';

const REFRESH_MS = 3_000;

export function AuditsPage({ id }: { id?: string }) {
  const { t } = useTexts();
  useTitle(t('nav.audits'));
  return (
    <NeedsScope scope="audit:run">{id === undefined ? <List /> : <Audit key={id} id={id} />}</NeedsScope>
  );
}

function List() {
  const { t } = useTexts();
  const [asked, setAsked] = useState(false);
  const audits = useData(
    'audits',
    (signal) => get<{ data: AuditView[] }>('/v1/audits?limit=50', signal),
    REFRESH_MS,
  );
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
      <section class="card">
        <Block of={audits}>
          {({ data }) => (data.length === 0 ? <Empty>{t('audits.none')}</Empty> : <Runs audits={data} />)}
        </Block>
      </section>
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

function Runs({ audits }: { audits: readonly AuditView[] }) {
  const { t, f } = useTexts();
  const { rowOf } = useRows(
    audits.map(({ auditId }) => auditId),
    (id) => {
      go({ page: 'audits', id });
    },
  );
  return (
    <table class="tbl fold">
      <thead>
        <tr>
          <th>{t('audits.audit')}</th>
          <th>{t('audits.startedAt')}</th>
          <th class="num">{t('nav.orders')}</th>
          <th>{t('orders.status')}</th>
        </tr>
      </thead>
      <tbody>
        {audits.map((audit, index) => (
          <tr key={audit.auditId} {...rowOf(audit.auditId, index)}>
            <td class="id">
              <a href={hrefOf({ page: 'audits', id: audit.auditId })}>
                <Id id={audit.auditId} />
              </a>
            </td>
            <td class="nowrap hide">{audit.startedAt !== undefined && <When at={audit.startedAt} />}</td>
            <td class="num">{audit.checked.orders === undefined ? '–' : f.count(audit.checked.orders)}</td>
            <td>
              <StatePill audit={audit} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function StatePill({ audit }: { audit: AuditView }) {
  const { t } = useTexts();
  const differences = audit.differenceCount ?? 0;
  if (audit.state === 'running')
    return (
      <Pill colour="blue" icon="reserved">
        {t('audits.running')}
      </Pill>
    );
  if (audit.state === 'failed')
    return (
      <Pill colour="amber" icon="alert">
        {t('audits.failed')}
      </Pill>
    );
  return differences === 0 ? (
    <Pill colour="green" icon="check">
      {t('audits.clean')}
    </Pill>
  ) : (
    <Pill colour="red" icon="alert">
      {t('audits.differences', { n: differences })}
    </Pill>
  );
}

function Audit({ id }: { id: string }) {
  const { t, f } = useTexts();
  useKeys([
    {
      keys: 'u',
      label: t('keys.back'),
      run: () => {
        go({ page: 'audits' });
      },
    },
  ]);
  const audit = useData(`audit ${id}`, (signal) => get<AuditView>(pathOf('audits', id), signal), REFRESH_MS);
  return (
    <>
      <nav class="crumbs" aria-label={t('order.path')}>
        <a href={hrefOf({ page: 'audits' })}>{t('nav.audits')}</a>
        <Icon name="right" small />
        <Id id={id} />
      </nav>
      <Block of={audit}>
        {(shown) => (
          <>
            <Title title={t('audits.one')} actions={<StatePill audit={shown} />}>
              {shown.startedAt !== undefined && <When at={shown.startedAt} />}
              {shown.finishedAt !== undefined && (
                <>
                  {' – '}
                  <When at={shown.finishedAt} />
                </>
              )}
            </Title>
            <div class="two">
              <Card title={t('audits.found')}>
                {(shown.differences ?? []).length === 0 ? (
                  <Empty>{shown.state === 'done' ? t('audits.agree') : t('audits.notYet')}</Empty>
                ) : (
                  <ul class="list">
                    {shown.differences?.map(({ rule, orderId, detail, whatToDo }, index) => (
                      <li key={index} class="difference">
                        <div class="grow">
                          <b class="strong mono">{rule}</b>{' '}
                          {orderId !== undefined && (
                            <a href={hrefOf({ page: 'order', orderId })}>
                              <Id id={orderId} />
                            </a>
                          )}
                          <pre class="msg">{detail}</pre>
                          <p class="muted">{whatToDo}</p>
                        </div>
                      </li>
                    ))}
                  </ul>
                )}
              </Card>
              <Card title={t('audits.checked')}>
                <div class="pad">
                  <Facts>
                    {Object.entries(shown.checked).map(([name, count]) => (
                      <Fact key={name} name={textOr(`audited.${name}`, name)}>
                        {f.count(count)}
                      </Fact>
                    ))}
                  </Facts>
                </div>
              </Card>
            </div>
          </>
        )}
      </Block>
    </>
  );
}
