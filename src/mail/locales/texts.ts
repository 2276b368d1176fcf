import type { MailData, MailTemplate } from '../../contracts/ports/mail-data.ts';
import type { MailFormat } from '../lib/format.ts';

/** What one mail says, without its lists of items and facts. */
export interface KindTexts {
  subject: string;
  heading: string;
  /** What has happened, then what comes next. Its first paragraph is also what a mail client shows beside the subject. */
  paragraphs: string[];
}

/** The texts of the mails in one language. A new kind of mail without its texts is a compiler error. */
export interface MailTexts {
  /** BCP 47, for the attribute `lang` and for the formats of amounts and dates. */
  language: string;
  direction: 'ltr' | 'rtl';
  greeting: (name: string | undefined) => string;
  labels: Readonly<Record<Label, string>>;
  buttons: Readonly<Record<'track' | 'label' | 'shop' | 'product' | 'confirm', string>>;
  footer: {
    /** How to reach the shop. `address`: where answers go, if the shop has an address for them. */
    contact: (address: string | undefined) => string;
    /** Why the reader got an alert of stock. */
    alert: string;
    /** Why the reader got a mail about an item. */
    subscription: string;
    unsubscribe: string;
  };
  kinds: { readonly [K in MailTemplate]: (data: MailData[K], format: MailFormat) => KindTexts };
}

export type Label =
  | 'alertAt'
  | 'available'
  | 'carrier'
  | 'delivered'
  | 'deliverTo'
  | 'item'
  | 'items'
  | 'location'
  | 'message'
  | 'order'
  | 'ordered'
  | 'price'
  | 'refund'
  | 'returnNumber'
  | 'sent'
  | 'since'
  | 'sku'
  | 'total'
  | 'trackingCode';

/** Leaves out what does not apply. */
export const paragraphs = (...all: (string | false | undefined)[]): string[] =>
  all.filter((each) => typeof each === 'string');

/** Whether the money is held on the customer's card and is taken later. */
export const isOnlyAuthorized = ({ payment }: MailData['paid']): boolean =>
  payment.captured === 0 && payment.capturable > 0;
