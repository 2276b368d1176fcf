/**
 * Takes the pictures of mails in the documentation, and writes the files to `docs/images`. Needs no running system.
 *
 *   npx tsx scripts/pictures/take-mail-pictures.ts
 */
import type { Browser } from 'playwright-core';
import type { Locale } from '../../src/contracts/http/order.ts';
import type { MailTemplate } from '../../src/contracts/ports/mail-data.ts';
import { sampleMail, withColorScheme } from '../../src/mail/preview.ts';
import { launch, save } from './browser.ts';

const SHOP = { name: 'Harbour & Co', url: 'https://shop.example', logoUrl: undefined, color: '#2456a6' };

/** Of the mails that stand side by side, in pixels. */
const WIDTH = 480;
const HEIGHT = 880;
const GAP = 16;

interface Shown {
  kind: MailTemplate;
  locale: Locale;
  scheme: 'light' | 'dark';
}

const mailOf = ({ kind, locale, scheme }: Shown): string =>
  withColorScheme(
    sampleMail(kind, { locale, shop: SHOP, replyTo: 'Harbour & Co <service@shop.example>' }).html,
    scheme,
  );

const browser = await launch();
try {
  await sideBySide(browser, 'mails.png', [
    { kind: 'shipped', locale: 'en', scheme: 'light' },
    { kind: 'paid', locale: 'de', scheme: 'dark' },
    { kind: 'delivered', locale: 'zh', scheme: 'light' },
  ]);
  await single(browser, 'mail-delivered-de.png', 640, { kind: 'delivered', locale: 'de', scheme: 'light' });
  await single(browser, 'mail-return-label-zh-dark.png', 640, {
    kind: 'return_label',
    locale: 'zh',
    scheme: 'dark',
  });
  await single(browser, 'mail-paid-en-phone.png', 375, { kind: 'paid', locale: 'en', scheme: 'light' });
} finally {
  await browser.close();
}

async function single(on: Browser, name: string, width: number, shown: Shown): Promise<void> {
  const page = await on.newPage({ viewport: { width, height: 100 } });
  await page.setContent(mailOf(shown));
  await save(page, name, { fullPage: true });
}

async function sideBySide(on: Browser, name: string, all: Shown[]): Promise<void> {
  const page = await on.newPage({
    viewport: { width: all.length * (WIDTH + GAP) + GAP, height: HEIGHT + 2 * GAP },
  });
  const frame = `<iframe style="border:0;border-radius:8px;width:${WIDTH}px;height:${HEIGHT}px"></iframe>`;
  await page.setContent(
    `<body style="margin:${GAP}px;display:flex;gap:${GAP}px;background:#c9ced6">${frame.repeat(all.length)}</body>`,
  );
  const elements = await page.locator('iframe').elementHandles();
  for (const [index, shown] of all.entries()) {
    const content = await elements[index]?.contentFrame();
    await content?.setContent(mailOf(shown));
  }
  await save(page, name);
}
