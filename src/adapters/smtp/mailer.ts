import nodemailer, { type SendMailOptions } from 'nodemailer';
import { MailRefused, type Mailer, type OutgoingMail } from '../../contracts/ports/mailer.ts';

export interface MailerOptions {
  /** `smtp://` or `smtps://`, with credentials if the server requires them. */
  smtpUrl: string;
  from: string;
  /** Where answers go. Undefined: to `from`. */
  replyTo?: string | undefined;
  /** The most mails a second. Undefined: no limit. */
  ratePerSecond?: number | undefined;
}

export const MAIL_CONNECTIONS = 20;

/**
 * Sends mails over a pool of {@link MAIL_CONNECTIONS} connections, which stay open. A mail waits until one of them is free and the rate
 * allows another mail.
 */
export function createMailer({ smtpUrl, from, replyTo, ratePerSecond }: MailerOptions): Mailer {
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
      ...(ratePerSecond !== undefined && { rateDelta: 1_000, rateLimit: ratePerSecond }),
    },
    { from, ...(replyTo !== undefined && { replyTo }) },
  );
  // So many mails are sent within a second.
  const busyFrom = Math.min(MAIL_CONNECTIONS / 2, ratePerSecond ?? Infinity);
  let inProgress = 0;
  return {
    busy: () => inProgress >= busyFrom,

    async send(mail) {
      inProgress += 1;
      try {
        await transport.sendMail(messageOf(mail));
      } catch (error) {
        const code = refusalCode(error);
        throw code === undefined ? error : new MailRefused(code, { cause: error });
      } finally {
        inProgress -= 1;
      }
    },
    close() {
      transport.close();
    },
  };
}

function messageOf({
  messageId,
  orderId,
  to,
  subject,
  text,
  html,
  language,
  unsubscribeUrl,
}: OutgoingMail): SendMailOptions {
  return {
    messageId,
    to: { address: to.address, name: to.name ?? '' },
    subject,
    text,
    ...(html !== undefined && { html }),
    ...(unsubscribeUrl !== undefined && { list: { unsubscribe: { url: unsubscribeUrl } } }),
    headers: {
      ...(orderId !== undefined && { 'X-Order-Id': orderId }),
      ...(language !== undefined && { 'Content-Language': language }),
      ...(unsubscribeUrl?.startsWith('https:') === true && {
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
      'Auto-Submitted': 'auto-generated',
    },
  };
}

/**
 * The response code with which the server has refused the recipient or the message for good (RFC 5321, section 4.2.1). Refused
 * credentials, a refused sender and a refused connection concern every mail, and end when the server or the configuration is corrected.
 */
function refusalCode(error: unknown): number | undefined {
  if (!(error instanceof Error && 'responseCode' in error && 'command' in error)) return undefined;
  const { responseCode: code, command } = error;
  if (typeof code !== 'number' || code < 500) return undefined;
  return command === 'RCPT TO' || command === 'DATA' ? code : undefined;
}
