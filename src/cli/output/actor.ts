import type { Actor } from '../../contracts/actor.ts';

/** Who has caused something: `operator ada`, `client shop-1`, `system`. Empty for what a version before has written. */
export function actorText(actor: Actor | undefined): string {
  if (!actor) return '';
  const { type, id, name } = actor;
  return [type, name ?? id].filter(Boolean).join(' ');
}
