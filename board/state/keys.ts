import { useEffect, useRef } from 'preact/hooks';
import { settings } from './settings.ts';
import { createStore } from '../lib/store.ts';

/** What a key does on the page that is shown. `label`: for the list of all keys. */
export interface KeyBinding {
  keys: string;
  label: string;
  run: () => void;
}

/** The bindings of what is shown, the newest last. */
export const bindings = createStore<readonly (readonly KeyBinding[])[]>([]);

/** Binds keys while the component is shown. `keys`: as `KeyboardEvent.key`, or a sequence with a space, `g n`. */
export function useKeys(given: readonly KeyBinding[]): void {
  const latest = useRef(given);
  latest.current = given;
  const signature = given.map(({ keys, label }) => `${keys}\t${label}`).join('\n');
  useEffect(() => {
    const mine = latest.current.map(({ keys, label }, index) => ({
      keys,
      label,
      run: () => latest.current[index]?.run(),
    }));
    bindings.update((before) => [...before, mine]);
    return () => {
      bindings.update((before) => before.filter((entry) => entry !== mine));
    };
  }, [signature]);
}

let prefix = '';
let prefixTimer: ReturnType<typeof setTimeout> | undefined;
/** How long `g` waits for the second key. Milliseconds. */
const SEQUENCE_MS = 1_500;

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) || isTextInput(target));
const isTextInput = (target: HTMLElement): boolean =>
  target instanceof HTMLInputElement && !/^(checkbox|radio|button|submit)$/.test(target.type);

/** Listens for the keys. Single keys do nothing in fields, in dialogs, and where they are switched off. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || event.isComposing) return;
  if (!settings.get().singleKeys || isField(event.target)) return;
  if (document.querySelector('dialog[open]') !== null) return;
  // Enter on a link or a button is theirs.
  const onControl = event.target instanceof Element && event.target.closest('a, button, summary') !== null;
  if (onControl && (event.key === 'Enter' || event.key === ' ')) return;
  const pressed = prefix === '' ? event.key : `${prefix} ${event.key}`;
  prefix = '';
  const all = bindings.get().flat().reverse();
  const found = all.find(({ keys }) => keys === pressed);
  if (found) {
    event.preventDefault();
    found.run();
  } else if (all.some(({ keys }) => keys.startsWith(`${pressed} `))) {
    prefix = pressed;
    clearTimeout(prefixTimer);
    prefixTimer = setTimeout(() => {
      prefix = '';
    }, SEQUENCE_MS);
  }
}
