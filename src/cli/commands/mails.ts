import { Argument, Option } from 'commander';
import type { MailView, ResendMailsRequest } from '../../contracts/http/mail.ts';
import { MAIL_KINDS } from '../../contracts/mail-kinds.ts';
import { contextOf } from '../support/context.ts';
import type { Define } from '../support/define.ts';
import { drawTable } from '../output/table.ts';
import { writeJson, writeLine, type Output } from '../output/terminal.ts';

/** `checkout mails`, `mails <orderId>`, `mails <orderId> resend` */
export const define: Define = (command, terminal) => {
  command
    .argument('[orderId]', 'the order (default: list the newest mails)')
    .addArgument(
      new Argument(
        '[action]',
        'resend: send the mails again that were not sent, also those that the mail server has refused for good',
      ).choices(['resend']),
    )
    .option('--email <address>', 'with resend: the corrected address of the customer')
    .addOption(new Option('--kind <kind>', 'with resend: only mails of this kind').choices(MAIL_KINDS))
    .action(async (orderId: string | undefined, action: 'resend' | undefined, flags: ResendMailsRequest) => {
      const { api, json } = contextOf(command, terminal);
      const mails =
        orderId !== undefined && action === 'resend'
          ? await api.resendMails(orderId, flags)
          : await api.mails(orderId);
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
