import type { StoredResponse } from './records.ts';

/** What the idempotency keys remember, for at least the configured time (Stripe: 24 hours), then no longer. */
export class AnswerBook {
  readonly #ttlMs: number;
  /** In the order they were kept, so that the expired ones are at the front. */
  readonly #answers = new Map<string, StoredResponse>();

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  keep(key: string, answer: StoredResponse): void {
    this.#forgetExpired();
    this.#answers.delete(key);
    this.#answers.set(key, answer);
  }

  find(key: string): StoredResponse | undefined {
    const answer = this.#answers.get(key);
    return answer === undefined || this.#expired(answer) ? undefined : answer;
  }

  entries(): Iterable<[string, StoredResponse]> {
    this.#forgetExpired();
    return this.#answers.entries();
  }

  #forgetExpired(): void {
    for (const [key, answer] of this.#answers) {
      if (!this.#expired(answer)) return;
      this.#answers.delete(key);
    }
  }

  #expired(answer: StoredResponse): boolean {
    return Date.now() - answer.at >= this.#ttlMs;
  }
}
