import type { Address } from '../contracts/http/order.ts';
import type { Fact, ItemRow, Link, MailContent } from './lib/content.ts';
import type {
  MailData,
  MailLine,
  MailPieces,
  MailTemplate,
  OrderMailData,
  ReturnMailData,
  ShipmentMailData,
} from '../contracts/ports/mail-data.ts';
import type { MailFormat } from './lib/format.ts';
import { nameToGreet, oneLine, webAddress } from './lib/safe-text.ts';
import type { MailLanguage } from './locales/index.ts';
import type { MailTexts } from './locales/texts.ts';

/** What a kind of mail shows beside its texts. */
export type MailParts = Pick<MailContent, 'greeting' | 'message' | 'items' | 'address'> & {
  button?: Link | undefined;
  facts?: (Fact | undefined)[];
  /** Why the reader gets the mail. Absent: because of the order. */
  because?: string;
  unsubscribe?: Link | undefined;
};

/** What a part is made with. */
class Parts {
  readonly texts: MailTexts;
  readonly format: MailFormat;
  readonly shopUrl: string | undefined;

  constructor({ texts, format }: MailLanguage, shopUrl: string | undefined) {
    this.texts = texts;
    this.format = format;
    this.shopUrl = webAddress(shopUrl);
  }

  /** What every mail about an order shows. */
  order({ orderId, name, placedAt }: OrderMailData, facts: (Fact | undefined)[] = []): MailParts {
    const { labels, greeting } = this.texts;
    return {
      greeting: greeting(nameToGreet(name)),
      facts: [
        { label: labels.order, value: orderId },
        { label: labels.ordered, value: this.format.date(placedAt) },
        ...facts,
      ],
    };
  }

  /** An order that has failed: what was ordered, and the way back to the shop. */
  failed(order: OrderMailData): MailParts {
    return { ...this.order(order), ...this.ordered(order), button: this.link('shop', this.shopUrl) };
  }

  /** Mails about an order with everything that was ordered. */
  whole(order: OrderMailData): MailParts {
    return { ...this.order(order), ...this.ordered(order), ...this.address(order) };
  }

  shipment(order: OrderMailData, shipment: ShipmentMailData, facts: (Fact | undefined)[]): MailParts {
    const { labels } = this.texts;
    const tracking = webAddress(shipment.trackingUrl);
    return {
      ...this.order(order, [
        fact(labels.carrier, shipment.carrier),
        fact(labels.trackingCode, shipment.trackingCode, tracking),
        ...facts,
      ]),
      items: this.pieces(shipment.lines),
      button: this.link('track', tracking),
    };
  }

  return(order: OrderMailData, { number, lines, carrier, trackingCode }: ReturnMailData): MailParts {
    const { labels } = this.texts;
    return {
      ...this.order(order, [
        fact(labels.returnNumber, this.format.number(number)),
        fact(labels.carrier, carrier),
        fact(labels.trackingCode, trackingCode),
      ]),
      items: this.pieces(lines),
    };
  }

  /** Nothing for an order that ended before its lines were priced. */
  ordered({ lines, total, currency }: OrderMailData): Pick<MailParts, 'items'> {
    if (lines.length === 0) return {};
    const { labels } = this.texts;
    const totals = [{ label: labels.total, value: this.format.money(total, currency) }];
    return { items: { label: labels.items, rows: this.rows(lines, currency), totals } };
  }

  pieces(lines: MailPieces[]): NonNullable<MailParts['items']> {
    const rows = lines.map(({ quantity, title }) => ({ quantity: this.format.number(quantity), title }));
    return { label: this.texts.labels.items, rows, totals: [] };
  }

  rows(lines: MailLine[], currency: string): ItemRow[] {
    return lines.map(({ quantity, title, total }) => ({
      quantity: this.format.number(quantity),
      title,
      amount: this.format.money(total, currency),
    }));
  }

  address({ shipping }: OrderMailData): Pick<MailParts, 'address'> {
    if (shipping === undefined) return {};
    return { address: { label: this.texts.labels.deliverTo, lines: addressLines(shipping, this.format) } };
  }

  link(button: keyof MailTexts['buttons'], url: string | undefined): Link | undefined {
    const address = webAddress(url);
    return address === undefined ? undefined : { label: this.texts.buttons[button], url: address };
  }

  subscription(unsubscribeUrl: string): Pick<MailParts, 'because' | 'unsubscribe'> {
    const { subscription, unsubscribe } = this.texts.footer;
    const url = webAddress(unsubscribeUrl);
    return {
      because: subscription,
      unsubscribe: url === undefined ? undefined : { label: unsubscribe, url },
    };
  }
}

const PARTS: { readonly [K in MailTemplate]: (data: MailData[K], parts: Parts) => MailParts } = {
  created: (order, parts) => parts.whole(order),
  paid: (order, parts) => parts.whole(order),
  payment_failed: (order, parts) => parts.failed(order),
  out_of_stock: (order, parts) => parts.failed(order),
  expired: (order, parts) => parts.failed(order),
  rejected: (order, parts) => parts.failed(order),
  cancelled: (order, parts) => ({ ...parts.order(order), ...parts.ordered(order) }),
  refunded: (order, parts) => ({
    ...parts.order(order),
    items: {
      label: parts.texts.labels.items,
      rows: parts.rows(order.refund.lines ?? [], order.currency),
      totals: [
        {
          label: parts.texts.labels.refund,
          value: parts.format.money(order.refund.amount, order.currency),
        },
      ],
    },
  }),
  shipped: (order, parts) => ({
    ...parts.shipment(order, order.shipment, [dated(parts, 'sent', order.shipment.handedOverAt)]),
    ...parts.address(order),
  }),
  out_for_delivery: (order, parts) => ({
    ...parts.shipment(order, order.shipment, []),
    ...parts.address(order),
  }),
  delivered: (order, parts) => ({
    ...parts.shipment(order, order.shipment, [dated(parts, 'delivered', order.shipment.deliveredAt)]),
    ...parts.address(order),
  }),
  return_label: (order, parts) => ({
    ...parts.return(order, order.return),
    button: parts.link('label', order.return.labelUrl),
  }),
  return_declined: (order, parts) => ({
    ...parts.return(order, order.return),
    ...(order.return.note !== undefined && {
      message: { label: parts.texts.labels.message, text: order.return.note },
    }),
  }),
  return_received: (order, parts) => parts.return(order, order.return),
  low_stock: (item, { texts: { labels, footer }, format }) => ({
    facts: [
      { label: labels.item, value: item.title },
      { label: labels.sku, value: item.sku },
      { label: labels.location, value: item.location },
      { label: labels.available, value: format.number(item.available) },
      { label: labels.alertAt, value: format.number(item.lowAt) },
      { label: labels.since, value: format.dateTime(item.raisedAt) },
    ],
    because: footer.alert,
  }),
  back_in_stock: (item, parts) => ({
    greeting: parts.texts.greeting(undefined),
    facts: [
      { label: parts.texts.labels.item, value: item.title },
      { label: parts.texts.labels.price, value: parts.format.money(item.unitPrice, item.currency) },
    ],
    button: parts.link('product', item.productUrl ?? parts.shopUrl),
    ...parts.subscription(item.unsubscribeUrl),
  }),
  back_in_stock_confirm: (item, parts) => ({
    greeting: parts.texts.greeting(undefined),
    button: parts.link('confirm', item.confirmUrl),
    ...parts.subscription(item.unsubscribeUrl),
  }),
};

/** What a mail shows beside its texts. `data` has passed {@link withSafeTexts}. */
export const partsOf = <K extends MailTemplate>(
  kind: K,
  data: MailData[K],
  language: MailLanguage,
  shopUrl: string | undefined,
): MailParts => PARTS[kind](data, new Parts(language, shopUrl));

const fact = (label: string, value: string | undefined, url?: string): Fact | undefined =>
  value === undefined || value === '' ? undefined : { label, value, ...(url !== undefined && { url }) };

const dated = ({ texts, format }: Parts, label: 'sent' | 'delivered', time: string | undefined) =>
  fact(texts.labels[label], time === undefined ? undefined : format.date(time));

/** Countries where the postal code stands after the city and the state. */
const CITY_FIRST = new Set(['AU', 'CA', 'GB', 'IE', 'IN', 'NZ', 'US']);

function addressLines(address: Address, format: MailFormat): string[] {
  const { name, line1, line2 = '', city, state = '', postalCode = '', country } = address;
  const place = CITY_FIRST.has(country) ? [city, state, postalCode] : [postalCode, city, state];
  return [name, line1, line2, place.filter((part) => part !== '').join(' '), format.country(country)]
    .map((each) => oneLine(each))
    .filter((each) => each !== '');
}
