import { randomUUID } from 'node:crypto';
import { simpleParser } from 'mailparser';
import { headerFields } from './header-fields.ts';

/** One message as it came, one journal line. */
export interface MailRecord {
  readonly id: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  /** The message itself, as text in which every byte is one character (latin1). */
  readonly raw: string;
}

/** A message as the control endpoint shows it. */
export interface Mail {
  readonly id: string;
  readonly messageId: string | null;
  readonly orderId: string | null;
  readonly receivedAt: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly envelope: { readonly from: string; readonly to: readonly string[] };
  readonly subject: string | null;
  readonly text: string | null;
  readonly html: string | null;
  /** Names in lower case; a field that occurs more than once has its values joined by line breaks. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface MailFilter {
  readonly messageId?: string | undefined;
  /** A recipient's address. */
  readonly to?: string | undefined;
  /** The `X-Order-Id` header. */
  readonly orderId?: string | undefined;
}

export interface MailPage {
  /** At most this many messages. */
  readonly limit: number;
  /** Only what came after the message with this id. */
  readonly after?: string | undefined;
  /** Whether texts are decoded, which costs a millisecond a message; without, `text` and `html` are null. */
  readonly bodies: boolean;
}

interface Shelved {
  readonly record: MailRecord;
  readonly messageId: string | undefined;
  readonly orderId: string | undefined;
}

/** Every message received, duplicates included. Parsed when looked at, so that receiving stays cheap. */
export class Mailbox {
  readonly #mails: Shelved[] = [];
  readonly #byOrder = new Map<string, Shelved[]>();

  get size(): number {
    return this.#mails.length;
  }

  apply(record: MailRecord): void {
    const fields = headerFields(record.raw);
    const shelved = { record, messageId: fields['message-id'], orderId: fields['x-order-id'] };
    this.#mails.push(shelved);
    if (shelved.orderId === undefined) return;
    const ofOrder = this.#byOrder.get(shelved.orderId);
    if (ofOrder === undefined) this.#byOrder.set(shelved.orderId, [shelved]);
    else ofOrder.push(shelved);
  }

  *snapshot(): Iterable<MailRecord> {
    for (const { record } of this.#mails) yield record;
  }

  /** Oldest first. */
  async find(
    { messageId, to, orderId }: MailFilter,
    { limit, after, bodies }: MailPage,
  ): Promise<{ data: Mail[]; has_more: boolean }> {
    const wanted = to?.toLowerCase();
    const among = orderId === undefined ? this.#mails : (this.#byOrder.get(orderId) ?? []);
    const found = among.filter(
      (mail) =>
        (messageId === undefined || bare(mail.messageId) === bare(messageId)) &&
        (wanted === undefined ||
          mail.record.recipients.some((recipient) => recipient.toLowerCase() === wanted)),
    );
    const start = after === undefined ? 0 : found.findIndex(({ record }) => record.id === after) + 1;
    const data = await Promise.all(found.slice(start, start + limit).map((mail) => open(mail, bodies)));
    return { data, has_more: found.length > start + limit };
  }
}

export function mailRecord(sender: string, recipients: readonly string[], raw: Buffer): MailRecord {
  return {
    id: randomUUID(),
    receivedAt: new Date().toISOString(),
    sender,
    recipients,
    raw: raw.toString('latin1'),
  };
}

async function open({ record, messageId, orderId }: Shelved, bodies: boolean): Promise<Mail> {
  const whole = Buffer.from(record.raw, 'latin1');
  const end = bodies ? -1 : whole.indexOf('\r\n\r\n');
  const parsed = await simpleParser(end < 0 ? whole : whole.subarray(0, end + 4), {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipTextLinks: true,
    skipImageLinks: true,
  });
  return {
    id: record.id,
    messageId: messageId ?? null,
    orderId: orderId ?? null,
    receivedAt: record.receivedAt,
    from: parsed.from?.text ?? record.sender,
    to: record.recipients,
    envelope: { from: record.sender, to: record.recipients },
    subject: parsed.subject ?? null,
    text: bodies ? (parsed.text ?? null) : null,
    html: bodies && typeof parsed.html === 'string' ? parsed.html : null,
    headers: headerFields(record.raw),
  };
}

/** A Message-ID is looked for with or without its angle brackets. */
function bare(messageId: string | undefined): string | undefined {
  return messageId?.replace(/^<|>$/g, '');
}
