import nodemailer from 'nodemailer';
import type { Mailer } from '../../contracts/mailer.ts';

export interface MailerOptions {
  /** `smtp://` or `smtps://`, with credentials if the server wants them. */
  smtpUrl: string;
  from: string;
}

export const MAIL_CONNECTIONS = 20;

/** A few connections that are kept open; mails beyond them wait in line. */
export function createMailer({ smtpUrl, from }: MailerOptions): Mailer {
  const transport = nodemailer.createTransport(
    {
      url: smtpUrl,
      pool: true,
      maxConnections: MAIL_CONNECTIONS,
      maxMessages: Infinity,
      connectionTimeout: 10_000,
      greetingTimeout: 10_000,
      socketTimeout: 30_000,
      disableFileAccess: true,
      disableUrlAccess: true,
    },
    { from },
  );
  return {
    async send({ messageId, orderId, to, subject, text }) {
      await transport.sendMail({
        messageId,
        to: { address: to.address, name: to.name ?? '' },
        subject,
        text,
        headers: { 'X-Order-Id': orderId, 'Auto-Submitted': 'auto-generated' },
      });
    },
    close() {
      transport.close();
    },
  };
}
