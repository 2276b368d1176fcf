import { freePort } from '../src/embedded/free-port.ts';
import { startChild } from './child.ts';
import type { System } from './system.ts';
import { variants, type Variant, type VariantName } from './variants.ts';

export interface RunningVariant extends Variant {
  readonly name: VariantName;
  readonly pid: number;
  readonly url: string;
  readonly apiKey: string;
  stop(): Promise<void>;
}

/**
 * Starts a variant as a process of its own, with the environment that `checkout dev` gives the application. Whatever of
 * it a variant does not know, it leaves unread.
 */
export async function startVariant(
  name: VariantName,
  system: System,
  nodeArgs: readonly string[] = [],
): Promise<RunningVariant> {
  const variant = variants[name];
  const port = await freePort();
  const apiKey = 'ck_dev_bench';
  const child = await startChild({
    name,
    file: variant.file,
    nodeArgs: [...variant.nodeArgs, ...nodeArgs],
    folder: system.folder,
    env: {
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: system.databaseUrl,
      TEMPORAL_ADDRESS: system.temporalAddress,
      CHECKOUT_API_KEY: apiKey,
      STRIPE_API_KEY: 'sk_test_sandbox',
      STRIPE_API_BASE: system.sandboxUrl,
      SMTP_URL: system.smtpUrl,
      // The limiter runs and counts, but one machine may send more than one shop's front end is let to.
      RATE_LIMIT_PER_MINUTE: '100000000',
    },
  });
  return {
    ...variant,
    name,
    pid: child.pid,
    url: `http://127.0.0.1:${port}`,
    apiKey,
    stop: () => child.stop(),
  };
}
