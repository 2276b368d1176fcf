import type { ShopIdentity } from '../../contracts/shop-identity.ts';

export interface MailOptions {
  /** The language, as the order or the subscription has it. Any other value or none: English. */
  locale?: string | undefined;
  shop: ShopIdentity;
  /** The address that answers go to, such as `Shop <service@shop.example>`. Undefined: the sender of the mail. */
  replyTo?: string | undefined;
}

export interface RenderedMail {
  /** BCP 47. */
  language: string;
  /** One line without control characters. */
  subject: string;
  html: string;
  text: string;
}
