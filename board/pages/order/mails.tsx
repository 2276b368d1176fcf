import type { MailView } from '../../../src/contracts/http/mail.ts';
import type { OrderView } from '../../../src/contracts/http/order.ts';
import { get, withQuery } from '../../api/client.ts';
import { useData } from '../../state/data.ts';
import { textOr, useTexts } from '../../state/texts.ts';
import { ActionButton, Block, Card, Icon, When } from '../../ui/basics.tsx';
import type { Dialogs } from './dialogs.tsx';

const isUnsent = ({ status }: MailView): boolean => status === 'failed' || status === 'refused';

/** The mails to the customer. Where the sandbox has received them, as they were sent. */
export function Mails({
  order,
  dialogs,
  events,
}: {
  order: OrderView;
  dialogs: Dialogs;
  /** The number of events: mails follow them. */
  events: number;
}) {
  const { t } = useTexts();
  const mails = useData(`mails ${order.orderId} ${events}`, (signal) =>
    get<{ data: MailView[] }>(withQuery('/v1/mails', { orderId: order.orderId, limit: 100 }), signal),
  );
  const all = mails.data?.data ?? [];
  return (
    <Card
      title={t('mails.title')}
      more={
        all.some(isUnsent) && (
          <ActionButton
            scope="orders:repair"
            class="sm"
            onClick={() => {
              dialogs.resend(all, mails.refresh);
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
            {data.map((mail) => (
              <Mail key={mail.messageId} mail={mail} />
            ))}
          </ul>
        )}
      </Block>
    </Card>
  );
}

function Mail({ mail }: { mail: MailView }) {
  const { t } = useTexts();
  const { kind, part, subject, body, copies = 1 } = mail;
  const line = (
    <>
      <span>
        {textOr(`mail.${kind}`, kind)}
        {part > 1 && ` ${part}`}
        {copies > 1 && <span class="is-warn"> × {copies}</span>}
      </span>
      <MailState mail={mail} />
    </>
  );
  if (body === undefined) return <li title={subject}>{line}</li>;
  return (
    <li>
      <details>
        <summary>
          <Icon name="right" small />
          {line}
        </summary>
        <p class="strong">{subject}</p>
        <pre class="mailtext" aria-label={t('mails.text')}>
          {body}
        </pre>
      </details>
    </li>
  );
}

function MailState({ mail: { status, sentAt, error, attempts } }: { mail: MailView }) {
  const { t } = useTexts();
  return (
    <span class={`age ${status === 'sent' || status === 'pending' ? '' : 'is-warn'}`}>
      {sentAt === undefined ? (
        `${t(`mailStatus.${status}`)} ${error ?? ''} ${attempts > 1 ? `× ${attempts}` : ''}`
      ) : (
        <When at={sentAt} />
      )}
    </span>
  );
}
