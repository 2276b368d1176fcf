import nodemailer from 'nodemailer';
import type { Mailer } from '../../contracts/ports/mailer.ts';

export interface MailerOptions {
  /** `smtp://` or `smtps://`, with credentials if the server requires them. */
  smtpUrl: string;
  from: string;
}

export const MAIL_CONNECTIONS = 20;

/** Sends mails over a pool of {@link MAIL_CONNECTIONS} connections, which stay open. A mail waits until one of them is free. */
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
  let inProgress = 0;
  return {
    busy: () => inProgress >= MAIL_CONNECTIONS / 2,

    async send({ messageId, orderId, to, subject, text }) {
      inProgress += 1;
      try {
        await transport.sendMail({
          messageId,
          to: { address: to.address, name: to.name ?? '' },
          subject,
          text,
          headers: {
            ...(orderId !== undefined && { 'X-Order-Id': orderId }),
            'Auto-Submitted': 'auto-generated',
          },
        });
      } finally {
        inProgress -= 1;
      }
    },
    close() {
      transport.close();
    },
  };
}
