import { StripeFailure } from './failure.ts';

const TEST_KEY = /^(?:sk|rk)_test_\w+$/;

/**
 * Accepts any secret or restricted key of test mode, as bearer token or as the user of basic authentication.
 *
 * @throws {StripeFailure} Stripe's 401
 */
export function authenticateKey(header: string | undefined): void {
  const key = keyIn(header ?? '');
  if (key === '') {
    throw unauthorized(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
    );
  }
  if (!TEST_KEY.test(key)) throw unauthorized(`Invalid API Key provided: ${masked(key)}`);
}

function keyIn(header: string): string {
  const [scheme = '', value = ''] = header.split(' ', 2);
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value.trim();
    case 'basic':
      return Buffer.from(value, 'base64').toString().split(':', 1)[0] ?? '';
    default:
      return '';
  }
}

function masked(key: string): string {
  return key.length <= 12
    ? '*'.repeat(key.length)
    : `${key.slice(0, 8)}${'*'.repeat(key.length - 12)}${key.slice(-4)}`;
}

function unauthorized(message: string): StripeFailure {
  return new StripeFailure(401, { type: 'invalid_request_error', message }, false);
}
