import { setTimeout as delay } from 'node:timers/promises';
import type { Prometheus } from './prometheus.ts';

const POLL_INTERVAL_MS = 250;
/** How long an alert may take to fire, and to become inactive again. Milliseconds. */
const LIMIT_MS = 150_000;

/** Sees which alerts fire, and when they end. */
export class AlertWatch {
  readonly #prometheus: Prometheus;
  readonly #startedAt = performance.now();
  readonly #log: string[] = [];
  #firing: ReadonlySet<string> = new Set();
  #active: ReadonlySet<string> = new Set();
  #fired = new Set<string>();
  readonly #stopping = new AbortController();
  readonly #working: Promise<void>;

  constructor(prometheus: Prometheus) {
    this.#prometheus = prometheus;
    this.#working = this.#watch();
  }

  /** The alerts that have fired since {@link forget}. */
  get fired(): ReadonlySet<string> {
    return this.#fired;
  }

  /** Begins anew: what fires now counts only if it fires again. */
  forget(): void {
    this.#fired = new Set();
  }

  /** Adds what the test does to what an error shows. */
  note(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1_000).toFixed(1);
    this.#log.push(`${seconds.padStart(6)} s  ${text}`);
  }

  /** Waits until each of these has fired. @throws with those that have not, and everything that has happened */
  fire(names: readonly string[]): Promise<void> {
    return this.#until('fire', () => names.filter((name) => !this.#fired.has(name)), LIMIT_MS);
  }

  /** Waits until none of these is pending or firing. @throws as {@link fire} */
  end(names: readonly string[], limitMs = LIMIT_MS): Promise<void> {
    return this.#until('end', () => names.filter((name) => this.#active.has(name)), limitMs);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#working;
  }

  async #watch(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const alerts = await this.#prometheus.alerts().catch(() => undefined);
      if (alerts !== undefined) this.#take(alerts);
      await delay(POLL_INTERVAL_MS);
    }
  }

  #take(alerts: readonly { name: string; state: string }[]): void {
    const firing = new Set(alerts.filter(({ state }) => state === 'firing').map(({ name }) => name));
    for (const name of firing)
      if (!this.#firing.has(name)) {
        this.#fired.add(name);
        this.note(`${name} fires`);
      }
    for (const name of this.#firing) if (!firing.has(name)) this.note(`${name} has ended`);
    this.#firing = firing;
    this.#active = new Set(alerts.map(({ name }) => name));
  }

  async #until(what: string, missing: () => string[], limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    for (let names = missing(); names.length > 0; names = missing()) {
      if (performance.now() > deadline)
        throw new Error(
          `These do not ${what} within ${limitMs / 1_000} s: ${names.join(', ')}\n${this.#log.join('\n')}`,
        );
      await delay(POLL_INTERVAL_MS);
    }
  }

  /** What has happened, one line each. */
  get log(): string {
    return this.#log.join('\n');
  }
}
