import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import MimeNode from 'nodemailer/lib/mime-node';
import type { OutgoingMail } from '../../contracts/ports/mailer.ts';

export interface Sender {
  from: string;
  /** Where answers go. Undefined: to `from`. */
  replyTo?: string | undefined;
}

/**
 * A mail as one text (RFC 5322). Nodemailer would write each part as streams of small pieces, which takes three times as long, and every
 * order sends two mails. The headers are nodemailer's: it encodes what is not ASCII, and removes line ends.
 */
export class ComposedMessage extends MimeNode {
  readonly #text: string;
  readonly #onRead: () => void;

  /** @param onRead called when the whole message is on its way to the server */
  constructor(mail: OutgoingMail, { from, replyTo }: Sender, onRead: () => void) {
    const { messageId, orderId, to, subject, text, html, language, unsubscribeUrl } = mail;
    const boundary = `=_${randomUUID()}`;
    // Without a boundary of its own, each node asks the system for random bytes.
    super(`multipart/alternative; boundary="${boundary}"`, { baseBoundary: boundary });
    this.setHeader({
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
    const parts = [part('text/plain', text), ...(html === undefined ? [] : [part('text/html', ascii(html))])];
    this.#onRead = onRead;
    this.#text = [
      `${this.buildHeaders()}\r\n`,
      ...parts.map((each) => `--${boundary}\r\n${each}`),
      `--${boundary}--\r\n`,
    ].join('\r\n');
  }

  override createReadStream(): Readable {
    const text = this.#text;
    const onRead = this.#onRead;
    return new Readable({
      read() {
        this.push(text);
        this.push(null);
        onRead();
      },
    });
  }
}

/** A longer line is not allowed (RFC 5322, section 2.1.1), without its line end. Characters. */
const MAX_LINE_LENGTH = 998;
const NOT_ASCII = /[\u0080-\uffff]+/g;
const BASE64_LINE = /.{76}(?!$)/g;

function part(type: string, content: string): string {
  const lines = content.replace(/\r?\n/g, '\r\n');
  const isPlain = isAscii(lines) && !hasLongLine(lines);
  return [
    `Content-Type: ${type}; charset=utf-8`,
    `Content-Transfer-Encoding: ${isPlain ? '7bit' : 'base64'}`,
    '',
    isPlain ? lines : Buffer.from(lines).toString('base64').replace(BASE64_LINE, '$&\r\n'),
  ].join('\r\n');
}

/** The same HTML with character references, so that it is sent as it is. Its style sheet and its markup are ASCII. */
const ascii = (html: string): string =>
  html.replace(NOT_ASCII, (text) => Array.from(text, (each) => `&#${each.codePointAt(0)};`).join(''));

/** Each other character takes more than one byte. A regular expression that looks at each character takes many times as long. */
const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length;

/** @param lines with line ends of CR LF */
function hasLongLine(lines: string): boolean {
  for (let start = 0; lines.length - start > MAX_LINE_LENGTH;) {
    const end = lines.indexOf('\r\n', start);
    if ((end === -1 ? lines.length : end) - start > MAX_LINE_LENGTH) return true;
    start = end + 2;
  }
  return false;
}
