import { randomUUID } from 'node:crypto';
import MimeNode, { type MimeNodeEnvelope } from 'nodemailer/lib/mime-node';
import type { OutgoingMail } from '../../contracts/ports/mailer.ts';

export interface Sender {
  from: string;
  /** Where answers go. Undefined: to `from`. */
  replyTo?: string | undefined;
}

/** A mail as it is sent: the sender and the recipient for the server, and the whole message (RFC 5322). */
export interface ComposedMessage {
  envelope: MimeNodeEnvelope;
  raw: string;
}

const BASE64_LINE = /.{76}(?!$)/g;

/**
 * Composes a mail as one text. Nodemailer would encode each part as a stream of small pieces, which takes three times as long; every order
 * sends two mails. The headers are nodemailer's: it encodes what is not ASCII and removes line ends.
 */
export function composeMessage(mail: OutgoingMail, { from, replyTo }: Sender): ComposedMessage {
  const { messageId, orderId, to, subject, text, html, language, unsubscribeUrl } = mail;
  const boundary = `=_${randomUUID()}`;
  const root = new MimeNode(
    html === undefined ? 'text/plain; charset=utf-8' : `multipart/alternative; boundary="${boundary}"`,
  );
  root.setHeader({
    From: from,
    To: { address: to.address, name: to.name ?? '' },
    ...(replyTo !== undefined && { 'Reply-To': replyTo }),
    Subject: subject,
    'Message-ID': messageId,
    ...(orderId !== undefined && { 'X-Order-Id': orderId }),
    ...(language !== undefined && { 'Content-Language': language }),
    ...(unsubscribeUrl !== undefined && {
      'List-Unsubscribe': { prepared: true, foldLines: true, value: `<${new URL(unsubscribeUrl).href}>` },
    }),
    ...(unsubscribeUrl?.startsWith('https:') === true && {
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    }),
    'Auto-Submitted': 'auto-generated',
  });
  if (html === undefined) root.setHeader('Content-Transfer-Encoding', 'base64');
  const headers = root.buildHeaders();
  const body =
    html === undefined
      ? base64(text)
      : [
          `--${boundary}`,
          ...part('text/plain', text),
          `--${boundary}`,
          ...part('text/html', html),
          `--${boundary}--`,
        ].join('\r\n');
  return { envelope: root.getEnvelope(), raw: `${headers}\r\n\r\n${body}\r\n` };
}

const part = (type: string, content: string): string[] => [
  `Content-Type: ${type}; charset=utf-8`,
  'Content-Transfer-Encoding: base64',
  '',
  base64(content),
];

/** Lines end as MIME requires it (RFC 2045, section 2.1). */
const base64 = (text: string): string =>
  Buffer.from(text.replace(/\r?\n/g, '\r\n')).toString('base64').replace(BASE64_LINE, '$&\r\n');
