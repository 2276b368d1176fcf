import type { MailView } from '../../../src/contracts/http/mail.ts';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import { get, withQuery } from '../../api/client.ts';
import { useData } from '../../state/data.ts';
import { textOr, useTexts } from '../../state/texts.ts';
import { ActionButton, Block, Card, When } from '../../ui/basics.tsx';
import { type ActionOf } from '../../ui/dialog.tsx';
import { resendAction } from '../../ui/order-actions.tsx';

export function Mails({
  order,
  ask,
  events,
}: {
  order: OrderView;
  ask: (action: ActionOf<unknown>) => void;
  /** The number of events: mails follow them. */
  events: number;
}) {
  const { t } = useTexts();
  const mails = useData(`mails ${order.orderId} ${events}`, (signal) =>
    get<{ data: MailView[] }>(withQuery('/v1/mails', { orderId: order.orderId, limit: 100 }), signal),
  );
  const unsent = mails.data?.data.some(({ status }) => status === 'failed' || status === 'refused') ?? false;
  return (
    <Card
      title={t('mails.title')}
      more={
        unsent && (
          <ActionButton
            scope="orders:repair"
            class="sm"
            onClick={() => {
              ask(resendAction(order, mails.refresh));
            }}
          >
            {t('mails.resend')}
          </ActionButton>
        )
      }
    >
      <Block of={mails} rows={3}>
        {({ data }) => (
          <ul class="list mails">
            {data.length === 0 && <li class="quiet">{t('mails.none')}</li>}
            {data.map(({ messageId, kind, part, status, sentAt, error, attempts }) => (
              <li key={messageId}>
                {textOr(`mail.${kind}`, kind)}
                {part > 1 && ` ${part}`}
                <span class={`age ${status === 'sent' ? '' : status === 'pending' ? '' : 'is-warn'}`}>
                  {sentAt === undefined ? (
                    `${t(`mailStatus.${status}`)} ${error ?? ''} ${attempts > 1 ? `× ${attempts}` : ''}`
                  ) : (
                    <When at={sentAt} />
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Block>
    </Card>
  );
}
