import { createStore } from '../lib/store.ts';

export interface Toast {
  id: number;
  text: string;
  isError: boolean;
  href?: string;
}

export const toasts = createStore<readonly Toast[]>([]);
let lastId = 0;

/** Tells the result of an action. Errors stay until they are closed. */
export function tell(
  text: string,
  { isError = false, href }: { isError?: boolean; href?: string } = {},
): void {
  lastId += 1;
  toasts.update((before) => [
    ...before.slice(-2),
    { id: lastId, text, isError, ...(href !== undefined && { href }) },
  ]);
}

export function dismiss(id: number): void {
  toasts.update((before) => before.filter((toast) => toast.id !== id));
}
