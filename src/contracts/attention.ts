/** The actions of an operator on a step that waits for attention. */
export const ATTENTION_ACTIONS = ['retry', 'skip', 'resolve'] as const;
export type AttentionAction = (typeof ATTENTION_ACTIONS)[number];
