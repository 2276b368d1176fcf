import type { StoredAnswer } from './records.ts';

/** What the idempotency keys remember, for at least the configured time (Stripe: 24 hours), then no longer. */
export class AnswerBook {
  readonly #ttlMs: number;
  /** In the order they were kept, so that the expired ones are at the front. */
  readonly #answers = new Map<string, StoredAnswer>();

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  keep(key: string, answer: StoredAnswer): void {
    this.#forgetExpired();
    this.#answers.delete(key);
    this.#answers.set(key, answer);
  }

  find(key: string): StoredAnswer | undefined {
    const answer = this.#answers.get(key);
    return answer === undefined || this.#expired(answer) ? undefined : answer;
  }

  entries(): Iterable<[string, StoredAnswer]> {
    this.#forgetExpired();
    return this.#answers.entries();
  }

  #forgetExpired(): void {
    for (const [key, answer] of this.#answers) {
      if (!this.#expired(answer)) return;
      this.#answers.delete(key);
    }
  }

  #expired(answer: StoredAnswer): boolean {
    return Date.now() - answer.at >= this.#ttlMs;
  }
}
