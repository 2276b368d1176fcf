import { unauthorized } from './failure.ts';

/**
 * Accepts any key of test mode, as the user of basic authentication or as bearer token.
 *
 * @throws {EasyPostFailure} EasyPost's 401
 */
export function authenticateKey(header: string | undefined): void {
  const [scheme = '', value = ''] = (header ?? '').split(' ', 2);
  const basic = scheme.toLowerCase() === 'basic';
  const key = basic ? Buffer.from(value, 'base64').toString().split(':', 1)[0] : value;
  if (!/^EZTK\w*$/.test(key ?? '')) throw unauthorized();
}
