import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scaledRules, scaledSeconds } from '../support/alerts/scaled-rules.ts';
import { ACTS, alertsOf, NOT_BROKEN } from '../support/alerts/acts.ts';
import { alertRules, OBSERVABILITY } from '../support/observability.ts';

const rules = readFileSync(join(OBSERVABILITY, 'alerts.yml'), 'utf8');
/** Without times and bounds of ages. */
const shape = (text: string) =>
  text
    .replaceAll(/\d+(?:\.\d+)?(?:ms|[smhd])\b/g, 'T')
    .replaceAll(/(_seconds(?:\{[^}]*\})?\) > )\d+(?:\.\d+)?/g, '$1N');

describe('the alert rules with shorter times', () => {
  it('are the same rules in everything else', () => {
    assert.notEqual(scaledRules(rules), rules);
    assert.equal(shape(scaledRules(rules)), shape(rules));
  });

  it('have every window, every `for:` and every interval shortened', () => {
    const times = [...scaledRules(rules).matchAll(/(?:\[|for: |interval: )(\d+(?:ms|[smhd]))/g)].map(
      ([, time]) => time,
    );
    assert.ok(times.length > 80, String(times.length));
    for (const time of times) assert.match(time ?? '', /^\d+ms$/);
  });

  it('keep the order of times, and have none that is longer than two minutes', () => {
    const minutes = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 360, 1_440, 4_320];
    const scaled = minutes.map((each) => scaledSeconds(each * 60));
    assert.deepEqual(
      scaled,
      [...scaled].sort((a, b) => a - b),
    );
    assert.equal(new Set(scaled).size, scaled.length);
    assert.ok(scaledSeconds(3 * 86_400) < 120);
  });

  it('divide the ages that an alert allows, and leave the promises to customers', () => {
    const text = scaledRules(rules);
    assert.match(text, /oldest_age_seconds\{[^}]*\}\) > 40\n/);
    assert.match(text, /checkout_relay_lag_seconds\) > 4\n/);
    assert.match(text, /checkout_feed_unnumbered_age_seconds\) > 5\n/);
    assert.match(text, /latency_seconds_bucket\[20000ms\]\)\)\) > 0\.2\n/);
  });
});

describe('every alert', () => {
  const broken = ACTS.flatMap(({ breaks }) => breaks.flatMap(alertsOf));

  it('is set off by a break, or has a reason why it cannot be', () => {
    assert.deepEqual(
      [...broken, ...Object.keys(NOT_BROKEN)].sort(),
      alertRules()
        .map(({ name }) => name)
        .sort(),
    );
  });
});
