/** A mail that is ready to leave. `messageId` is the same each time it is sent: receivers know doubles by it. */
export interface OutgoingMail {
  messageId: string;
  /** Absent: it is about no order. */
  orderId?: string;
  to: { address: string; name?: string };
  subject: string;
  text: string;
}

export interface Mailer {
  /** Answers when the server has taken it; throws otherwise, also when that is not known. */
  send(mail: OutgoingMail): Promise<void>;
  /** So many mails are on their way that one more would have to wait in line. */
  busy(): boolean;
  close(): void;
}
