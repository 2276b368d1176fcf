import assert from 'node:assert/strict';
import { LOCALES, type Locale } from '../../src/contracts/http/order.ts';
import type { MailData, MailTemplate, PaymentMailData } from '../../src/contracts/ports/mail-data.ts';
import type { ShopIdentity } from '../../src/contracts/shop-identity.ts';
import { MAIL_TEMPLATES, previewPage, sampleMail, withColorScheme } from '../../src/mail/preview.ts';
import { renderMail } from '../../src/mail/render.ts';
import { SAMPLE_MAILS } from '../../src/mail/samples.ts';
import { MAIL_KINDS } from '../../src/contracts/mail-kinds.ts';

const shop: ShopIdentity = {
  name: 'Harbour & Co',
  url: 'https://harbour.example',
  logoUrl: undefined,
  color: '#2456a6',
};
const options = (locale?: string) => ({ locale, shop, replyTo: 'Harbour <service@harbour.example>' });
const order = SAMPLE_MAILS.paid;

/** What a reader of the HTML sees. */
const seen = (html: string): string =>
  html
    .replace(/<style>[^]*?<\/style>|<title>[^]*?<\/title>|<div style="display:none[^]*?<\/div>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&amp;/g, '&')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&nbsp;/g, ' ')
    .replace(/\s+/g, ' ');
const plain = (text: string): string => text.replace(/\s+/g, ' ');

/** What a mail of this kind has to say in both of its parts, besides what the language says. */
const FACTS: { readonly [K in MailTemplate]: readonly string[] } = {
  created: ['Enamel mug', 'Art print', '10969 Berlin', order.orderId],
  paid: ['Enamel mug', 'Art print', '10969 Berlin', order.orderId],
  payment_failed: ['Enamel mug', order.orderId],
  out_of_stock: ['Enamel mug', order.orderId],
  expired: ['Enamel mug', order.orderId],
  rejected: ['Enamel mug', order.orderId],
  cancelled: ['Enamel mug', order.orderId],
  refunded: ['Enamel mug', order.orderId],
  shipped: ['Enamel mug', 'DHL', '00340434161094021501', '10969 Berlin', order.orderId],
  out_for_delivery: ['Enamel mug', 'DHL', '00340434161094021501', order.orderId],
  delivered: ['Enamel mug', 'DHL', '00340434161094021501', order.orderId],
  return_label: ['Enamel mug', '00340434161094021518', order.orderId],
  return_declined: ['The mug was used, so we cannot sell it again.', order.orderId],
  return_received: ['Enamel mug', order.orderId],
  low_stock: ['mug-01', 'Warehouse Berlin', '4', '5', 'UTC'],
  back_in_stock: ['Enamel mug'],
  back_in_stock_confirm: ['Enamel mug'],
};
const LINKS: { readonly [K in MailTemplate]?: readonly string[] } = {
  shipped: ['https://track.carrier.example/00340434161094021501'],
  out_for_delivery: ['https://track.carrier.example/00340434161094021501'],
  delivered: ['https://track.carrier.example/00340434161094021501'],
  return_label: ['https://labels.carrier.example/00340434161094021518.pdf'],
  back_in_stock: ['https://shop.example/mug-01', 'https://shop.example/unsubscribe?token=sample'],
  back_in_stock_confirm: [
    'https://shop.example/confirm?token=sample',
    'https://shop.example/unsubscribe?token=sample',
  ],
};
/** Amounts in the mails of an order, and of the others. */
const MONEY: Readonly<Record<Locale, { total: string; refund: string; date: string }>> = {
  en: { total: '€69.00', refund: '€12.00', date: 'March 14, 2026' },
  de: { total: '69,00 €', refund: '12,00 €', date: '14. März 2026' },
  zh: { total: '€69.00', refund: '€12.00', date: '2026年3月14日' },
};

describe('a mail', () => {
  it('exists for each kind that an order can have', () => {
    assert.deepEqual(
      MAIL_KINDS.filter((kind) => !MAIL_TEMPLATES.includes(kind)),
      [],
    );
  });

  for (const locale of LOCALES)
    for (const kind of MAIL_TEMPLATES)
      it(`says ${kind} in ${locale}, with the same facts in HTML and in plain text`, () => {
        const { subject, html, text, language } = sampleMail(kind, options(locale));
        assert.match(html, new RegExp(`^<!doctype html>\n<html lang="${language}" dir="ltr">`));
        assert.ok(language.startsWith(locale), language);
        for (const part of [subject, html, text])
          assert.doesNotMatch(part, /undefined|null|NaN|\[object|<%|%>|\$\{|Invalid Date/);
        for (const part of [seen(html), plain(text)]) {
          for (const fact of FACTS[kind]) assert.ok(part.includes(fact), `${fact} is missing in: ${part}`);
          assert.ok(part.includes('Harbour & Co'));
        }
        for (const link of LINKS[kind] ?? []) {
          assert.ok(html.includes(`href="${link}"`), link);
          assert.ok(text.includes(link), link);
        }
        if ('orderId' in SAMPLE_MAILS[kind]) {
          assert.ok(subject.includes(order.orderId));
          for (const part of [seen(html), plain(text)]) {
            assert.ok(part.includes('Ada Lovelace'));
            assert.ok(part.includes(MONEY[locale].date), part);
            assert.ok(part.includes('service@harbour.example'));
          }
        }
        if (['created', 'paid', 'payment_failed', 'expired', 'cancelled'].includes(kind))
          for (const part of [seen(html), plain(text)])
            assert.ok(part.replaceAll('\u00a0', ' ').includes(MONEY[locale].total), part);
        if (kind === 'refunded' || kind === 'back_in_stock')
          for (const part of [seen(html), plain(text)])
            assert.ok(part.replaceAll('\u00a0', ' ').includes(MONEY[locale].refund), part);
      });

  for (const kind of MAIL_TEMPLATES)
    it(`says ${kind} with words of its own in each language`, () => {
      const texts = LOCALES.map((locale) => sampleMail(kind, options(locale)).subject);
      assert.equal(new Set(texts).size, LOCALES.length, texts.join(', '));
    });

  it('is in English where the language is unknown', () => {
    assert.deepEqual(sampleMail('paid', options('fr')), sampleMail('paid', options('en')));
    assert.deepEqual(sampleMail('paid', options()), sampleMail('paid', options('en')));
  });

  for (const [currency, amounts] of Object.entries({
    EUR: ['€1,234.56', '1.234,56 €', '€1,234.56'],
    JPY: ['¥123,456', '123.456 ¥', 'JP¥123,456'],
    KWD: ['KWD 123.456', '123,456 KWD', 'KWD 123.456'],
    // The host's locale data has no digits for it, ISO 4217 has three.
    IQD: ['IQD 123.456', '123,456 IQD', 'IQD 123.456'],
    HUF: ['HUF 1,234.56', '1.234,56 HUF', 'HUF 1,234.56'],
  }))
    it(`writes amounts in ${currency} with the digits of the currency`, () => {
      for (const [index, locale] of LOCALES.entries()) {
        const data = {
          ...order,
          currency,
          total: 123_456,
          lines: [{ title: 'a', quantity: 1, total: 123_456 }],
        };
        const { html, text } = renderMail('created', data, options(locale));
        for (const part of [html, text])
          assert.ok(part.replaceAll('\u00a0', ' ').includes(amounts[index] ?? ''), `${locale}: ${text}`);
      }
    });

  it('writes the largest amount exactly', () => {
    const data = { ...order, total: Number.MAX_SAFE_INTEGER };
    assert.match(renderMail('created', data, options('en')).text, /€90,071,992,547,409\.91/);
  });

  const EVIL = `<img src=x onerror=alert(1)> "quoted" 'single' & </td></table>{{7*7}}<%= it %>\r\nBcc: victim@example.com\u2028\u202e`;

  /** The sample with every text replaced. */
  const poisoned = <T>(value: T): T =>
    JSON.parse(
      JSON.stringify(value, (key, inner: unknown) =>
        typeof inner === 'string' && !/currency|country|At$|state/.test(key) ? EVIL : inner,
      ),
    ) as T;

  for (const kind of MAIL_TEMPLATES)
    it(`escapes everything in ${kind}, and its subject is one line`, () => {
      for (const locale of LOCALES) {
        const evilShop = { ...shop, name: EVIL, url: 'javascript:alert(1)', logoUrl: 'javascript:alert(1)' };
        const { subject, html, text } = renderMail(kind, poisoned(SAMPLE_MAILS[kind]), {
          locale,
          shop: evilShop,
          replyTo: EVIL,
        });
        assert.doesNotMatch(subject, /[\p{Cc}\u2028\u202e]/u);
        assert.ok(Array.from(subject).length <= 200);
        const tags = new Set(html.match(/<[a-z0-9]+/g));
        assert.ok(!tags.has('<img'), html);
        assert.doesNotMatch(html, /javascript:|onerror=alert\(1\)>|<%|\u2028|\u202e/);
        // Every attribute and every tag that the data could have ended is as it is without the data.
        const clean = sampleMail(kind, { locale, shop: { ...shop, url: undefined } }).html;
        const opened = (part: string, tag: string) => part.split(`<${tag}`).length;
        for (const tag of ['table', 'tr', 'td', 'script', 'img', 'style'])
          assert.equal(opened(html, tag) - opened(clean, tag) > 0, false, tag);
        assert.doesNotMatch(text, /\u2028|\u202e|\r/);
        assert.doesNotMatch(text, /^\s*Bcc:/m);
      }
    });

  it('does not carry a message in the name of the customer', () => {
    for (const name of [
      'Win now at http://evil.example',
      'evil.example',
      'www.evil',
      'x'.repeat(61),
      'a@evil',
    ]) {
      const { text } = renderMail('created', { ...order, name }, options('en'));
      assert.match(text, /^Hello,\n/);
    }
    for (const name of ['Ada', 'J.R.R. Tolkien', '王小明', "Niamh O'Brien"])
      assert.ok(renderMail('created', { ...order, name }, options('en')).text.startsWith(`Hello ${name},\n`));
  });

  it('links to web addresses only', () => {
    for (const trackingUrl of [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'no address',
    ]) {
      const { shipment } = SAMPLE_MAILS.shipped;
      const data = { ...SAMPLE_MAILS.shipped, shipment: { ...shipment, trackingUrl } };
      const { html, text } = renderMail('shipped', data, options('en'));
      assert.ok(!html.includes(trackingUrl) && !text.includes(trackingUrl));
      assert.ok(text.includes('00340434161094021501'));
    }
  });

  it('is cut nowhere and breaks nothing when texts are long', () => {
    const title = 'Extra'.repeat(80);
    const { text } = renderMail(
      'created',
      { ...order, lines: [{ title, quantity: 1, total: 1 }] },
      options('en'),
    );
    assert.ok(text.includes(title));
  });

  it('lists no items where there are none', () => {
    const early = { ...order, total: 0, lines: [] };
    const amountOnly = { ...SAMPLE_MAILS.refunded, refund: { amount: 300 } };
    const both = ({ html, text }: { html: string; text: string }) => [seen(html), plain(text)];
    for (const part of both(renderMail('cancelled', early, options('en'))))
      assert.doesNotMatch(part, /Items|Total|€0/);
    for (const part of both(renderMail('refunded', amountOnly, options('en')))) {
      assert.match(part, /Refund €3\.00/);
      assert.doesNotMatch(part, /Items/);
    }
  });

  it('shows the logo of the shop, and the name where there is none', () => {
    const withLogo = { ...shop, logoUrl: 'https://harbour.example/logo.png?a=1&b=2' };
    const { html } = sampleMail('paid', { shop: withLogo });
    assert.ok(html.includes('src="https://harbour.example/logo.png?a=1&amp;b=2"'));
    assert.ok(html.includes('alt="Harbour &amp; Co"'));
    assert.doesNotMatch(sampleMail('paid', { shop }).html, /<img/);
  });

  it('is readable on the colour of the shop, in light and dark', () => {
    for (const [color, onButton] of [
      ['#ffe600', '#111111'],
      ['#101010', '#ffffff'],
      ['no colour', '#ffffff'],
    ] as const) {
      const { html } = sampleMail('shipped', { shop: { ...shop, color } });
      assert.match(html, new RegExp(`color:${onButton};font-weight:600`));
      assert.doesNotMatch(html, /no colour/);
    }
  });

  it('has dark colours for readers who prefer them', () => {
    const { html } = sampleMail('paid', { shop });
    assert.match(html, /<meta name="color-scheme" content="light dark">/);
    assert.match(html, /@media \(prefers-color-scheme:dark\)/);
    assert.match(withColorScheme(html, 'dark'), /@media all/);
    assert.match(withColorScheme(html, 'light'), /@media not all/);
  });

  it('is small, because it is sent for every order', () => {
    for (const kind of MAIL_TEMPLATES) assert.ok(sampleMail(kind, options('en')).html.length < 8_000, kind);
  });

  describe('about a payment', () => {
    const text = <K extends MailTemplate>(kind: K, data: MailData[K]) =>
      renderMail(kind, data, options('en')).text;
    const paidWith = (payment: PaymentMailData['payment']) => ({ ...order, payment });

    it('does not say that money was received that is only authorised', () => {
      const authorized = paidWith({ captured: 0, capturable: 6_900, refunded: 0 });
      assert.match(text('paid', authorized), /€69\.00 is authorised/);
      assert.match(text('paid', order), /have received your payment of €69\.00/);
      assert.match(text('paid', { ...order, total: 0 }), /nothing to pay/);
    });

    it('says what a cancellation has refunded', () => {
      assert.match(
        text('cancelled', paidWith({ captured: 6_900, capturable: 0, refunded: 6_900 })),
        /refunded €69/,
      );
      assert.match(
        text('cancelled', paidWith({ captured: 6_900, capturable: 0, refunded: 0 })),
        /on its way back/,
      );
      assert.match(text('cancelled', paidWith({ captured: 0, capturable: 0, refunded: 0 })), /not charged/);
    });
  });
});

describe('the preview', () => {
  it('shows every kind in every language, in light, dark and as plain text', () => {
    const page = previewPage({ shop, replyTo: undefined });
    assert.equal(page.split('<iframe').length - 1, MAIL_TEMPLATES.length * LOCALES.length * 2);
    assert.equal(page.split('<pre>').length - 1, MAIL_TEMPLATES.length * LOCALES.length);
    assert.doesNotMatch(page, /<%|undefined/);
  });
});
