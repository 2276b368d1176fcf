/** A mail that is ready to be sent. `messageId` is the same each time it is sent, so that receivers recognise duplicates. */
export interface OutgoingMail {
  messageId: string;
  /** Absent if the mail is not about an order. */
  orderId?: string;
  /** Such as `paid`; absent if the mail is not about an order. */
  kind?: string;
  /** The place of its order in a trace. Absent: it has none. */
  traceparent?: string;
  to: { address: string; name?: string };
  subject: string;
  text: string;
  /** Absent: the mail is plain text. */
  html?: string;
  /** BCP 47. */
  language?: string;
  /** Where the reader ends a subscription. Mail clients offer it beside the sender. An https URL also has to accept POST (RFC 8058). */
  unsubscribeUrl?: string;
}

/** The server refuses this mail for good, for example because there is no such mailbox. It accepts other mails. */
export class MailRefused extends Error {
  /** The response code of SMTP, such as 550. */
  readonly code: number;

  constructor(code: number, options?: ErrorOptions) {
    super(`The mail server refuses the mail with ${code}`, options);
    this.code = code;
  }
}

/** More mails wait than may be sent soon: the mail was not sent, and nothing is wrong with it. */
export class MailerBusy extends Error {}

/** An attempt to send a mail takes no longer: a lease of a mail that is not extended has to be longer. Milliseconds. */
export const MAX_SEND_MS = 720_000;

export interface Mailer {
  /**
   * Resolves when the server has accepted the mail. Throws a {@link MailRefused} if the server will never accept it, a
   * {@link MailerBusy} if too many mails wait, and another error otherwise, also if it is unknown whether the server has accepted it. When `signal` is aborted, a mail that waits is not sent any more,
   * and the connection of a mail that is being sent is closed. Ends within {@link MAX_SEND_MS}.
   */
  send(mail: OutgoingMail, signal?: AbortSignal): Promise<void>;
  /** Returns a Message-ID at the domain of the sender. `name` says which mail it is, without spaces: the same name gives the same id. */
  messageId(name: string): string;
  /** Whether so many mails are being sent that another one might have to wait for a connection. */
  busy(): boolean;
  /**
   * Sends no other mail: a mail that the server was not given yet ends with {@link MailerBusy}. Resolves when the server has answered about
   * those that it was given. Safe to call twice.
   */
  stop(): Promise<void>;
  /** Closes the connections, also of mails that are being sent. */
  close(): void;
}
