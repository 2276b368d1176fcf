import { useEffect, useState } from 'preact/hooks';
import { type Clause, type Remark, remarkOf, sentenceOf } from '../../src/domain/situation/sentence.ts';
import { useStore } from '../lib/store.ts';
import { nameOf } from './names.ts';
import { brakesOn } from '../state/brakes.ts';
import type { Figures } from '../state/live.ts';
import { type Translate, textOr, useTexts } from '../state/texts.ts';

/** The sentence changes at most so often, since it is read aloud. Milliseconds. */
const SENTENCE_MS = 10_000;

export const WINDOWS = ['5m', '30m', '1d'] as const;
export type Window = (typeof WINDOWS)[number];

export function Sentence({
  shown,
  checks,
  isStale,
  chosen,
  choose,
}: {
  shown: Figures;
  checks: Record<string, string> | undefined;
  isStale: boolean;
  chosen: Window;
  choose: (window: Window) => void;
}) {
  const { t, f } = useTexts();
  const brakes = useStore(brakesOn);
  const clauses = sentenceOf({ ...shown, ...(checks && { checks }), brakes, now: shown.at });
  const text = clauses.map((clause) => clauseText(clause, t, f)).join(f.locale === 'zh' ? '' : ' ');
  const said = useSlowly(
    text,
    clauses.some(({ kind }) => kind === 'paused'),
  );
  return (
    <div class="title">
      <div class="grow">
        <h1 aria-live="polite">{said}</h1>
        <p>
          {isStale ? <span class="is-warn">{t('now.asOf', { time: f.time(shown.at) })} </span> : null}
          {remarkText(remarkOf(shown.stats), t, f)}
        </p>
      </div>
      <div class="side-r">
        <span class="seg" role="group" aria-label={t('now.window')}>
          {WINDOWS.map((window) => (
            <button
              key={window}
              type="button"
              aria-pressed={window === chosen}
              onClick={() => {
                choose(window);
              }}
            >
              {t(`now.window.${window}`)}
            </button>
          ))}
        </span>
      </div>
    </div>
  );
}

/** The text, changed at most every ten seconds; but at once when orders are paused or go on. */
function useSlowly(text: string, isPaused: boolean): string {
  const [said, setSaid] = useState({ text, isPaused, at: Date.now() });
  useEffect(() => {
    if (said.text === text) return;
    const timer = setTimeout(
      () => {
        setSaid({ text, isPaused, at: Date.now() });
      },
      said.isPaused === isPaused ? Math.max(0, said.at + SENTENCE_MS - Date.now()) : 0,
    );
    return () => {
      clearTimeout(timer);
    };
  }, [text, isPaused, said]);
  return said.text;
}

type TextFormats = ReturnType<typeof useTexts>['f'];

function clauseText(clause: Clause, t: Translate, f: TextFormats): string {
  switch (clause.kind) {
    case 'down':
      return t('sentence.down', {
        names: clause.names.map((name) => textOr(`health.${name}`, name)).join(', '),
      });
    case 'stuck':
      return t('sentence.stuck', { n: clause.count });
    case 'paused':
      return t(`sentence.paused.${clause.what}`);
    case 'slow':
      return t('sentence.slow', { p50: f.latency(clause.p50) });
    case 'normal':
      return t('sentence.normal');
    case 'quiet':
      return t('sentence.quiet');
    case 'nothing-needs':
      return t('sentence.nothingNeeds');
    case 'needs': {
      const count = { n: clause.count, count: `${f.count(clause.count)}${clause.atLeast ? '+' : ''}` };
      return clause.oldestMs === undefined
        ? t('sentence.needs', count)
        : t('sentence.needsSince', { ...count, age: f.age(clause.oldestMs) });
    }
  }
}

function remarkText(remark: Remark, t: Translate, f: TextFormats): string {
  switch (remark.kind) {
    case 'behind':
      return remark.others === 0
        ? t('remark.behind', { name: nameOf(remark.destination), age: f.latency(remark.lagMs) })
        : t('remark.behindMore', {
            name: nameOf(remark.destination),
            age: f.latency(remark.lagMs),
            n: remark.others,
          });
    case 'ahead':
      return t('remark.ahead', { name: nameOf(remark.destination) });
    case 'feed-late':
      return t('remark.feedLate', { age: f.age(remark.ms) });
    case 'long-transaction':
      return t('remark.longTransaction', { age: f.age(remark.ms) });
    case 'webhooks':
      return t('remark.webhooks', { n: remark.failing + remark.disabled });
    case 'nothing-behind':
      return t('remark.nothingBehind');
  }
}
