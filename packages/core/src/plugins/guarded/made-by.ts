import { saidSource } from '../check-definition.ts';
import type { GuardedPlugin } from './hooks.ts';

const MADE_BY: unique symbol = Symbol.for('foretoken.made-by');

/** Notes on what `create` gave which plugin it is of, for messages of those who hold nothing else of it. */
export function noteMaker(made: object, { definition, source }: GuardedPlugin): void {
  const value = `${definition.kind} "${definition.name}" of ${saidSource(source)}`;
  Object.defineProperty(made, MADE_BY, { value });
}

/**
 * Whose something is that a plugin made, as errors name it: `draft-policy "patient" of demo@1.2.3`.
 * @param otherwise - what it is called where no plugin is known, such as a policy that a decoder made for itself
 */
export const saidMaker = (made: object, otherwise: string): string =>
  (made as { readonly [MADE_BY]?: string })[MADE_BY] ?? otherwise;
