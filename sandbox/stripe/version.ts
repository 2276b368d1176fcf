/** The version of Stripe's API whose shapes the sandbox answers in: the one the installed `stripe` client asks for. */
export const API_VERSION = '2026-10-28.endive';
