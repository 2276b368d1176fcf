/** A mail that is ready to be sent. `messageId` is the same each time it is sent, so that receivers recognise duplicates. */
export interface OutgoingMail {
  messageId: string;
  /** Absent if the mail is not about an order. */
  orderId?: string;
  to: { address: string; name?: string };
  subject: string;
  text: string;
}

export interface Mailer {
  /** Resolves when the server has accepted the mail. Throws otherwise, also if it is unknown whether the server has. */
  send(mail: OutgoingMail): Promise<void>;
  /** Whether so many mails are being sent that another one might have to wait for a connection. */
  busy(): boolean;
  close(): void;
}
