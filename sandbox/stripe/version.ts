/** The version of Stripe's API that the sandbox implements, which the installed `stripe` client requests. */
export const API_VERSION = '2026-10-28.endive';
