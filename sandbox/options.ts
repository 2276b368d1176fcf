import type { Logger } from 'pino';

export interface SandboxOptions {
  readonly host: string;
  /** Of the Stripe and control endpoints; 0 takes any free one. */
  readonly port: number;
  /** Of the mail server; 0 takes any free one. */
  readonly smtpPort: number;
  /** Where the journals are kept. One process at a time. */
  readonly dataDir: string;
  /** Where events are sent; without it none are. */
  readonly webhookUrl?: string | undefined;
  /** Signs the events (`whsec_…`). */
  readonly webhookSecret: string;
  /** How long an idempotency key is remembered, in milliseconds. Default 24 hours, as Stripe's. */
  readonly idempotencyTtlMs?: number | undefined;
  /** How long an authorisation lasts that nobody captures, in milliseconds. Default 7 days. */
  readonly authorizationMs?: number | undefined;
  /** Whether the account may capture an authorisation in parts. Default true. */
  readonly multicapture?: boolean | undefined;
  /** How long `pm_sandbox_slow` takes, in milliseconds. Default 8000. */
  readonly slowMs?: number | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
}

export interface Sandbox {
  /** Base of the Stripe API and of the control endpoints. */
  readonly url: string;
  /** For `SMTP_URL`. */
  readonly smtpUrl: string;
  readonly port: number;
  readonly smtpPort: number;
  /** Stops taking requests, lets those under way finish, closes the journals. Safe to call twice. */
  close(): Promise<void>;
}
