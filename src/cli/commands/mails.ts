import type { MailView } from '../../contracts/http/mail.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { drawTable } from '../output/table.ts';
import { writeJson, writeLine, type Output } from '../output/terminal.ts';

/** `checkout mails [orderId]`: the mails to customers. */
export const define: Define = (command, terminal) => {
  command.argument('[orderId]').action(async (orderId: string | undefined) => {
    const { api, json } = contextOf(command, terminal);
    const mails = await api.mails(orderId);
    if (json) writeJson(terminal.stdout, mails);
    else
      writeLine(
        terminal.stdout,
        mails.length === 0 ? 'There are no mails.' : drawMails(terminal.stdout, mails),
      );
  });
};

const drawMails = (stream: Output, mails: readonly MailView[]): string =>
  drawTable(
    stream,
    [
      { title: 'order' },
      { title: 'kind' },
      { title: 'status' },
      { title: 'attempts', align: 'right' },
      { title: 'sent' },
      { title: 'error' },
      { title: 'subject' },
    ],
    mails.map(({ orderId, kind, part, status, attempts, sentAt = '', error = '', subject = '' }) => [
      orderId,
      part === 1 ? kind : `${kind} ${part}`,
      status,
      String(attempts),
      sentAt,
      error,
      subject,
    ]),
  );
