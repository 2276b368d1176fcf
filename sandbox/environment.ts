import { resolve } from 'node:path';
import type { SandboxOptions } from './options.ts';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const FORMATS = ['json', 'pretty'] as const;

export interface SandboxSettings extends Omit<SandboxOptions, 'logger'> {
  readonly logLevel: (typeof LEVELS)[number];
  /** Undefined: `pretty` on a terminal, and `json` elsewhere. */
  readonly logFormat: (typeof FORMATS)[number] | undefined;
}

/** An environment variable has an invalid value. The message names the variable and its valid values. */
export class SettingError extends Error {}

/**
 * Reads the settings of the sandbox process. An empty variable counts as unset.
 *
 * @throws {SettingError}
 */
export function settingsFrom(env: NodeJS.ProcessEnv): SandboxSettings {
  const get = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const whole = (name: string, max: number, what: string): number | undefined => {
    const value = get(name);
    if (value === undefined) return undefined;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number <= max) return number;
    throw new SettingError(`${name} must be ${what}, not "${value}"`);
  };
  const port = (name: string, fallback: number): number =>
    whole(name, 65_535, 'a port number from 0 to 65535') ?? fallback;
  const ms = (name: string): number | undefined =>
    whole(name, Number.MAX_SAFE_INTEGER, 'a whole number of milliseconds');

  const oneOf = <T extends string>(name: string, values: readonly T[]): T | undefined => {
    const value = get(name);
    const found = values.find((each) => each === value);
    if (found === undefined && value !== undefined)
      throw new SettingError(`${name} must be one of ${values.join(', ')}, not "${value}"`);
    return found;
  };

  const url = (name: string): string | undefined => {
    const value = get(name);
    if (value !== undefined && !isHttpUrl(value))
      throw new SettingError(`${name} must be an http:// or https:// URL, not "${value}"`);
    return value;
  };
  const webhookUrl = url('SANDBOX_WEBHOOK_URL');
  const webhookSecret = get('STRIPE_WEBHOOK_SECRET');
  if (webhookUrl !== undefined && webhookSecret === undefined) {
    throw new SettingError(
      'SANDBOX_WEBHOOK_URL needs STRIPE_WEBHOOK_SECRET: set it to the secret that signs webhooks (whsec_…)',
    );
  }
  const easypostWebhookUrl = url('SANDBOX_EASYPOST_WEBHOOK_URL');
  const easypostWebhookSecret = get('EASYPOST_WEBHOOK_SECRET');
  if (easypostWebhookUrl !== undefined && easypostWebhookSecret === undefined) {
    throw new SettingError(
      'SANDBOX_EASYPOST_WEBHOOK_URL needs EASYPOST_WEBHOOK_SECRET: set it to the secret that signs webhooks',
    );
  }
  return {
    host: get('HOST') ?? '127.0.0.1',
    port: port('SANDBOX_PORT', 4010),
    smtpPort: port('SMTP_PORT', 4025),
    dataDir: resolve(get('SANDBOX_DATA_DIR') ?? '.data/sandbox'),
    webhookUrl,
    webhookSecret: webhookSecret ?? '',
    easypostWebhookUrl,
    easypostWebhookSecret,
    trackerStepMs: ms('SANDBOX_TRACKER_STEP_MS') ?? 5000,
    idempotencyTtlMs: ms('SANDBOX_IDEMPOTENCY_TTL_MS'),
    authorizationMs: ms('SANDBOX_AUTHORIZATION_MS'),
    slowMs: ms('SANDBOX_SLOW_MS'),
    logLevel: oneOf('LOG_LEVEL', LEVELS) ?? 'info',
    logFormat: oneOf('LOG_FORMAT', FORMATS),
  };
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
