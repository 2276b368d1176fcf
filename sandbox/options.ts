import type { Logger } from 'pino';

export interface SandboxOptions {
  readonly host: string;
  /** The port of the APIs and of the control endpoints; 0: any free port. */
  readonly port: number;
  /** The port of the mail server; 0: any free port. */
  readonly smtpPort: number;
  /** The folder of the journals. Only one process may use it at a time. */
  readonly dataDir: string;
  /** The URL that Stripe's events are sent to; without it none are sent. */
  readonly webhookUrl?: string | undefined;
  /** Signs Stripe's events (`whsec_…`). */
  readonly webhookSecret: string;
  /** The URL that EasyPost's events are sent to; without it none are sent. */
  readonly easypostWebhookUrl?: string | undefined;
  /** Signs EasyPost's events. */
  readonly easypostWebhookSecret?: string | undefined;
  /** After how many milliseconds a parcel moves on by itself, and a refund of a label is decided. Default 0: only by command. */
  readonly trackerStepMs?: number | undefined;
  /** How long the response of an idempotency key is stored, in milliseconds. Default 24 hours, as at Stripe. */
  readonly idempotencyTtlMs?: number | undefined;
  /** After how many milliseconds an uncaptured authorization expires. Default 7 days. */
  readonly authorizationMs?: number | undefined;
  /** How many milliseconds the search of payments is behind. Default 0; at Stripe up to a minute, and more during an outage. */
  readonly searchLagMs?: number | undefined;
  /** Whether the account may use multicapture. Default true. */
  readonly multicapture?: boolean | undefined;
  /** How many milliseconds a payment with `pm_sandbox_slow` or a label with `sandbox_slow` takes. Default 8000. */
  readonly slowMs?: number | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
}

export interface Sandbox {
  /** The base URL of the APIs (Stripe's under `/v1`, EasyPost's under `/v2`) and of the control endpoints. */
  readonly url: string;
  /** The value for `SMTP_URL`. */
  readonly smtpUrl: string;
  readonly port: number;
  readonly smtpPort: number;
  /** Stops accepting requests, waits for those in progress, and closes the journals. Safe to call twice. */
  close(): Promise<void>;
}
