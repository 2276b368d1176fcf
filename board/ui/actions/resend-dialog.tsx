import { useState } from 'preact/hooks';
import type { MailView } from '../../../src/contracts/http/mail.ts';
import { pathOf, send } from '../../api/client.ts';
import { textOr, useTexts } from '../../state/texts.ts';
import { ActionDialog, type ActionOf } from '../dialog.tsx';
import { TextField } from './fields.tsx';
import type { OrderDialogProps } from './order-dialog.ts';

/** Sends what was not sent, all of it or one kind, to a corrected address if there is one. */
export function ResendDialog({
  order,
  mails,
  onDone,
  onClose,
}: OrderDialogProps & { mails: readonly MailView[] }) {
  const { t } = useTexts();
  const kinds = [...new Set(mails.filter(({ status }) => status !== 'sent').map(({ kind }) => kind))];
  const [kind, setKind] = useState('');
  const [email, setEmail] = useState('');
  const address = email.trim();
  const isAddress = address === '' || /^[^\s@]+@[^\s@]+$/.test(address);
  const action: ActionOf<unknown> = {
    title: t('mails.resend.title'),
    what: [
      t('mails.resend.what'),
      address === '' ? t('resend.sameAddress') : t('resend.newAddress'),
      t('resend.nothingElse'),
    ],
    verb: t('mails.resend.verb'),
    note: 'none',
    fields: {
      isComplete: () => isAddress,
      render: () => (
        <>
          <div class="field">
            <label for="resend-kind">{t('resend.which')}</label>
            <select
              id="resend-kind"
              class="selectbox"
              data-focus
              value={kind}
              onChange={(event) => {
                setKind(event.currentTarget.value);
              }}
            >
              <option value="">{t('resend.all')}</option>
              {kinds.map((each) => (
                <option key={each} value={each}>
                  {textOr(`mail.${each}`, each)}
                </option>
              ))}
            </select>
          </div>
          <TextField
            label={t('resend.email')}
            value={email}
            onInput={setEmail}
            inputMode="email"
            maxLength={254}
            isBad={!isAddress}
            hint={t('resend.emailHint')}
          />
        </>
      ),
    },
    run: () =>
      send('POST', pathOf('orders', order.orderId, 'mails', 'resend'), {
        body: { ...(kind !== '' && { kind }), ...(address !== '' && { email: address }) },
      }),
    result: () => t('mails.resend.done'),
    onDone,
  };
  return <ActionDialog action={action} onClose={onClose} />;
}
