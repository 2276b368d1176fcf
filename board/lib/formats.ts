import { INTL_LOCALE, type Locale } from './locale.ts';
import { formatAmount, formatMoney } from './money.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

type Unit = 'd' | 'h' | 'min' | 's';
const UNITS: Readonly<Record<Locale, Record<Unit, string>>> = {
  en: { d: ' d', h: ' h', min: ' min', s: ' s' },
  de: { d: ' T.', h: ' Std.', min: ' Min.', s: ' s' },
  zh: { d: '天', h: '小时', min: '分', s: '秒' },
};
const TODAY: Readonly<Record<Locale, (time: string) => string>> = {
  en: (time) => `today, ${time}`,
  de: (time) => `heute, ${time}`,
  zh: (time) => `今天 ${time}`,
};

/** Numbers, money, dates and durations as people read them in one language. Times are shown in `timeZone`; default: the browser's. */
export function createFormats(locale: Locale, timeZone?: string) {
  const intl = INTL_LOCALE[locale];
  const zone = timeZone === undefined ? {} : { timeZone };
  const date = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(intl, { ...zone, ...options });
  const clock = date({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const clockWithSeconds = date({
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const dayOfYear = date({ day: 'numeric', month: locale === 'zh' ? 'long' : 'short' });
  const dayAndYear = date(
    locale === 'de'
      ? { day: '2-digit', month: '2-digit', year: 'numeric' }
      : { day: 'numeric', month: locale === 'zh' ? 'long' : 'short', year: 'numeric' },
  );
  const calendarDay = new Intl.DateTimeFormat('en-CA', zone);
  const whole = new Intl.NumberFormat(intl, { maximumFractionDigits: 0 });
  const oneDigit = new Intl.NumberFormat(intl, { maximumFractionDigits: 1 });
  const threeFigures = new Intl.NumberFormat(intl, { maximumSignificantDigits: 3 });
  const percent = new Intl.NumberFormat(intl, { style: 'percent', maximumFractionDigits: 1 });
  const part = (value: number, unit: Unit) =>
    `${whole.format(value)}${UNITS[locale][unit].replace(' ', '\u00a0')}`;

  const isSameDay = (a: Date, b: Date) => calendarDay.format(a) === calendarDay.format(b);

  /** Time without the day, to the second: `14:02:11`. */
  const time = (at: string | number | Date): string => clockWithSeconds.format(new Date(at));

  /** The day as a heading: `today` is left to the caller. */
  const day = (at: string | number | Date, now = new Date()): string => {
    const then = new Date(at);
    return calendarDay.format(then).slice(0, 4) === calendarDay.format(now).slice(0, 4)
      ? dayOfYear.format(then)
      : dayAndYear.format(then);
  };

  /** Day and time: `today, 14:02`, `24 Nov, 09:43` in this year, `24 Nov 2025` before it. */
  function moment(at: string | number | Date, now = new Date()): string {
    const then = new Date(at);
    if (isSameDay(then, now)) return TODAY[locale](clock.format(then));
    const thisYear = calendarDay.format(then).slice(0, 4) === calendarDay.format(now).slice(0, 4);
    if (!thisYear) return dayAndYear.format(then);
    return `${dayOfYear.format(then)}${locale === 'zh' ? ' ' : ', '}${clock.format(then)}`;
  }

  /** A duration in at most two units: `42 s`, `26 min`, `2 h 14 min`, `3 d 4 h`. Never negative. Milliseconds. */
  function age(milliseconds: number): string {
    const ms = Math.max(0, milliseconds);
    if (ms < MINUTE) return part(Math.floor(ms / SECOND), 's');
    if (ms < HOUR) return part(Math.floor(ms / MINUTE), 'min');
    const [large, small, size, rest] =
      ms < DAY
        ? (['h', 'min', Math.floor(ms / HOUR), Math.floor((ms % HOUR) / MINUTE)] as const)
        : (['d', 'h', Math.floor(ms / DAY), Math.floor((ms % DAY) / HOUR)] as const);
    const joint = locale === 'zh' ? '' : ' ';
    return rest === 0 ? part(size, large) : `${part(size, large)}${joint}${part(rest, small)}`;
  }

  /** A duration in one unit, for narrow columns: `2 h`. Milliseconds. */
  function shortAge(milliseconds: number): string {
    const ms = Math.max(0, milliseconds);
    if (ms < MINUTE) return part(Math.floor(ms / SECOND), 's');
    if (ms < HOUR) return part(Math.floor(ms / MINUTE), 'min');
    return ms < DAY ? part(Math.floor(ms / HOUR), 'h') : part(Math.floor(ms / DAY), 'd');
  }

  /** A response time: `0.4 ms`, `251 ms`, `1.62 s`. Three figures; the unit is the same in all languages. */
  function latency(milliseconds: number): string {
    if (milliseconds < 999.5) return `${threeFigures.format(milliseconds)}\u00a0ms`;
    if (milliseconds < MINUTE) return `${threeFigures.format(milliseconds / SECOND)}\u00a0s`;
    return age(milliseconds);
  }

  return {
    locale,
    money: (minorUnits: number, currency: string) => formatMoney(minorUnits, currency, locale),
    amount: (minorUnits: number, currency: string) => formatAmount(minorUnits, currency, locale),
    count: (value: number) => whole.format(value),
    /** At most one digit after the point: `41.8`. */
    rate: (value: number) => oneDigit.format(value),
    /** 0.964 is `96.4%`. */
    share: (value: number) => percent.format(value),
    clock: (at: string | number | Date) => clock.format(new Date(at)),
    time,
    day,
    isSameDay,
    moment,
    age,
    shortAge,
    latency,
    /** The exact time in UTC, for the tooltip: `2026-11-24 09:43:11 UTC`. */
    exact: (at: string | number | Date) => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`,
  };
}

export type Formats = ReturnType<typeof createFormats>;
