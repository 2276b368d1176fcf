import assert from 'node:assert/strict';
import { WEBHOOK_GIVE_UP_MS, webhookRetryPause } from '../../src/domain/webhook-retries.ts';

const pause = (attempts: number, ageMs = 0, retryAfterMs?: number, random = 0.5) =>
  webhookRetryPause({ attempts, ageMs, retryAfterMs }, random);

describe('the pause before a webhook is retried', () => {
  it('grows from one second to six hours', () => {
    assert.deepEqual(
      [1, 2, 3, 4].map((attempts) => pause(attempts)),
      [1_000, 2_000, 4_000, 8_000],
    );
    assert.equal(pause(100), 21_600_000);
  });

  it('is randomly up to a fifth longer or shorter', () => {
    assert.equal(pause(1, 0, undefined, 0), 800);
    assert.equal(pause(1, 0, undefined, 1), 1_200);
  });

  it('is as long as Retry-After says, up to an hour', () => {
    assert.equal(pause(1, 0, 60_000), 60_000);
    assert.equal(pause(1, 0, 86_400_000), 3_600_000);
    assert.equal(pause(4, 0, 10), 8_000);
  });

  it('ends with a last attempt three days after the first', () => {
    assert.equal(pause(20, WEBHOOK_GIVE_UP_MS - 5_000), 5_000);
    assert.equal(pause(20, WEBHOOK_GIVE_UP_MS), undefined);
  });
});
