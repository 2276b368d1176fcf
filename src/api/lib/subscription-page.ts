import type { StockSubscription, SubscriptionAction } from '../../adapters/postgres/stock-subscriptions.ts';
import type { Locale } from '../../contracts/http/order.ts';
import { escaped, page } from './page.ts';

interface Message {
  heading: string;
  text: string;
}

interface Texts {
  /** BCP 47. */
  language: string;
  /** What is asked before a subscription is changed: a mail scanner that follows links changes nothing. */
  questions: Record<SubscriptionAction, (title: string) => Message & { button: string }>;
  /** What a subscription is now. */
  answers: Record<Exclude<StockSubscription['status'], 'requested'>, (title: string) => Message>;
  unknown: Message;
}

const TEXTS: Record<Locale, Texts> = {
  en: {
    language: 'en',
    questions: {
      confirm: (title) => ({
        heading: 'Please confirm',
        text: `Shall we write to you when ${title} is back in stock?`,
        button: 'Yes, write to me',
      }),
      unsubscribe: (title) => ({
        heading: 'Unsubscribe',
        text: `You will get no mail when ${title} is back in stock.`,
        button: 'Unsubscribe',
      }),
    },
    answers: {
      confirmed: (title) => ({
        heading: 'Thank you',
        text: `We will write to you once when ${title} is back in stock.`,
      }),
      notified: (title) => ({
        heading: 'Your subscription has ended',
        text: `${title} was back in stock, and we have written to you. You will get no more mails about it.`,
      }),
      cancelled: (title) => ({
        heading: 'You are unsubscribed',
        text: `You will get no mail about ${title}.`,
      }),
    },
    unknown: {
      heading: 'This link is no longer valid',
      text: 'The subscription has ended, or the link is incomplete. You will get no mail because of it.',
    },
  },
  de: {
    language: 'de',
    questions: {
      confirm: (title) => ({
        heading: 'Bitte bestätigen',
        text: `Sollen wir Ihnen schreiben, wenn ${title} wieder vorrätig ist?`,
        button: 'Ja, bitte schreiben',
      }),
      unsubscribe: (title) => ({
        heading: 'Abmelden',
        text: `Sie bekommen keine Nachricht, wenn ${title} wieder vorrätig ist.`,
        button: 'Abmelden',
      }),
    },
    answers: {
      confirmed: (title) => ({
        heading: 'Vielen Dank',
        text: `Wir schreiben Ihnen einmal, wenn ${title} wieder vorrätig ist.`,
      }),
      notified: (title) => ({
        heading: 'Ihre Anmeldung ist beendet',
        text: `${title} war wieder vorrätig, und wir haben Ihnen geschrieben. Sie bekommen dazu keine weiteren Nachrichten.`,
      }),
      cancelled: (title) => ({
        heading: 'Sie sind abgemeldet',
        text: `Sie bekommen keine Nachricht zu ${title}.`,
      }),
    },
    unknown: {
      heading: 'Dieser Link ist nicht mehr gültig',
      text: 'Die Anmeldung ist beendet, oder der Link ist unvollständig. Sie bekommen deswegen keine Nachricht.',
    },
  },
  zh: {
    language: 'zh-CN',
    questions: {
      confirm: (title) => ({
        heading: '请确认',
        text: `${title} 到货时，需要我们发邮件通知您吗？`,
        button: '是的，请通知我',
      }),
      unsubscribe: (title) => ({
        heading: '取消订阅',
        text: `取消后，${title} 到货时我们不会再通知您。`,
        button: '取消订阅',
      }),
    },
    answers: {
      confirmed: (title) => ({ heading: '谢谢', text: `${title} 到货时，我们会发一封邮件通知您。` }),
      notified: (title) => ({
        heading: '订阅已结束',
        text: `${title} 已到货，我们已发邮件通知您。您不会再收到相关邮件。`,
      }),
      cancelled: (title) => ({ heading: '已取消订阅', text: `您不会再收到有关 ${title} 的邮件。` }),
    },
    unknown: {
      heading: '此链接已失效',
      text: '订阅已结束，或链接不完整。您不会因此收到邮件。',
    },
  },
};

/**
 * Asks whether the subscription is to be changed by the action of the link, if that is still possible, and says what the subscription is
 * otherwise.
 */
export function subscriptionPage(
  { status, title, locale }: StockSubscription,
  action: SubscriptionAction,
  shopName: string,
): string {
  const texts = textsOf(locale);
  const isOpen = status === 'requested' || (status === 'confirmed' && action === 'unsubscribe');
  return render(texts, shopName, isOpen ? texts.questions[action](title) : texts.answers[status](title));
}

export const unknownPage = (shopName: string): string => render(TEXTS.en, shopName, TEXTS.en.unknown);

const textsOf = (locale: string | undefined): Texts =>
  Object.entries(TEXTS).find(([name]) => name === locale)?.[1] ?? TEXTS.en;

/** The form is sent to the address of the page, which has the token. */
const render = (
  { language }: Texts,
  shopName: string,
  { heading, text, button }: Message & { button?: string },
): string =>
  page({
    language,
    title: `${heading} – ${shopName}`,
    style: STYLE,
    main: `<header>
<p>${escaped(shopName)}</p>
<h1>${escaped(heading)}</h1>
</header>
<p>${escaped(text)}</p>${
      button === undefined ? '' : `\n<form method="post"><button>${escaped(button)}</button></form>`
    }`,
  });

const STYLE = `
header { margin-bottom: 1rem; }
button { padding: .7rem 1.2rem; background: var(--accent); border: 0; border-radius: .5rem; color: var(--card); font: inherit; font-weight: 600; cursor: pointer; }
button:hover, button:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
`;
