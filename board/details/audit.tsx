import type { AuditView } from '../../src/contracts/http/audit.ts';
import { get, pathOf } from '../api/client.ts';
import { StatePill } from './audit-state.tsx';
import { hrefOf } from '../lib/router.ts';
import { useData } from '../state/data.ts';
import { useKeys } from '../state/keys.ts';
import { go } from '../state/navigation.ts';
import { textOr, useTexts } from '../state/texts.ts';
import { Block, Card, Empty, Fact, Facts, Icon, Id, Title, When } from '../ui/basics.tsx';

const REFRESH_MS = 3_000;

export function Audit({ id }: { id: string }) {
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
