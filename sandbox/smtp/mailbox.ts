import { randomUUID } from 'node:crypto';
import { simpleParser } from 'mailparser';
import { headerFields } from './header-fields.ts';

/** A message as it was received; one line of the journal. */
export interface MailRecord {
  readonly id: string;
  /** ISO 8601. */
  readonly receivedAt: string;
  readonly sender: string;
  readonly recipients: readonly string[];
  /** The bytes of the message as latin1 text: one character for each byte. */
  readonly raw: string;
}

/** A message as the control endpoint returns it. */
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
  /** By lower-case name; the values of a field that occurs more than once are joined by line breaks. */
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
  /** The maximum number of messages. */
  readonly limit: number;
  /** Returns only messages that were received after the message with this id. */
  readonly after?: string | undefined;
  /** Whether to decode the bodies, which takes a millisecond for each message. If false, `text` and `html` are null. */
  readonly bodies: boolean;
}

interface StoredMail {
  record: MailRecord;
  readonly messageId: string | undefined;
  readonly orderId: string | undefined;
}

/** Older messages keep only their header fields in memory: a benchmark sends hundreds of thousands. */
const MAX_BODIES = 20_000;

/** All received messages, duplicates included. A message is parsed only when it is read, so that receiving is fast. */
export class Mailbox {
  readonly #mails: StoredMail[] = [];
  readonly #byOrder = new Map<string, StoredMail[]>();
  readonly #maxBodies: number;

  constructor(maxBodies = MAX_BODIES) {
    this.#maxBodies = maxBodies;
  }

  get size(): number {
    return this.#mails.length;
  }

  apply(record: MailRecord): void {
    const fields = headerFields(record.raw);
    const mail = { record, messageId: fields['message-id'], orderId: fields['x-order-id'] };
    this.#mails.push(mail);
    const old = this.#mails.at(-1 - this.#maxBodies);
    if (old !== undefined) old.record = withoutBody(old.record);
    if (mail.orderId === undefined) return;
    const ofOrder = this.#byOrder.get(mail.orderId);
    if (ofOrder === undefined) this.#byOrder.set(mail.orderId, [mail]);
    else ofOrder.push(mail);
  }

  *snapshot(): Iterable<MailRecord> {
    for (const { record } of this.#mails) yield record;
  }

  /** Returns matching messages, oldest first. */
  async find(
    { messageId, to, orderId }: MailFilter,
    { limit, after, bodies }: MailPage,
  ): Promise<{ data: Mail[]; has_more: boolean }> {
    const recipientFilter = to?.toLowerCase();
    const candidates = orderId === undefined ? this.#mails : (this.#byOrder.get(orderId) ?? []);
    const found = candidates.filter(
      (mail) =>
        (messageId === undefined || withoutBrackets(mail.messageId) === withoutBrackets(messageId)) &&
        (recipientFilter === undefined ||
          mail.record.recipients.some((recipient) => recipient.toLowerCase() === recipientFilter)),
    );
    const start = after === undefined ? 0 : found.findIndex(({ record }) => record.id === after) + 1;
    const data = await Promise.all(found.slice(start, start + limit).map((mail) => parseMail(mail, bodies)));
    return { data, has_more: found.length > start + limit };
  }
}

function withoutBody(record: MailRecord): MailRecord {
  const end = record.raw.indexOf('\r\n\r\n');
  // Copied, because a part of a string keeps the whole string in memory.
  const raw = Buffer.from(record.raw.slice(0, end + 4), 'latin1').toString('latin1');
  return end < 0 ? record : { ...record, raw };
}

/** Creates the record of a message that was received now. */
export function mailRecord(sender: string, recipients: readonly string[], raw: Buffer): MailRecord {
  return {
    id: randomUUID(),
    receivedAt: new Date().toISOString(),
    sender,
    recipients,
    raw: raw.toString('latin1'),
  };
}

async function parseMail({ record, messageId, orderId }: StoredMail, bodies: boolean): Promise<Mail> {
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

/** A Message-ID matches with or without its angle brackets. */
function withoutBrackets(messageId: string | undefined): string | undefined {
  return messageId?.replace(/^<|>$/g, '');
}
