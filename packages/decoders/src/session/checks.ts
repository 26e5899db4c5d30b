import type { Kept, Prompt, PromptLimits, Tree } from '@foretoken/core';
import { errorOf, isPath, levelsOf, promptFaults, tokenFaults, treeFault } from '@foretoken/core';
import { ForetokenError } from '@foretoken/engine/errors';

/** What a session is asked for is checked here, all of it before anything changes. */

/** @throws PROMPT_EMPTY, PROMPT_TOO_LONG, TOKEN_UNKNOWN, OPTIONS_INVALID; one error of all faults */
export function checkPrompt(prompt: Prompt, limits: PromptLimits): void {
  const error = errorOf('session', promptFaults(prompt, limits));
  if (error) throw error;
}

/**
 * @param what - names the tokens, where they are at fault: sentences are not written every step
 * @throws TOKEN_UNKNOWN
 */
export function checkTokens(what: () => string, tokens: ArrayLike<number>, vocabulary: number): void {
  if (tokenFaults('', tokens, vocabulary).length === 0) return;
  throw errorOf('session', tokenFaults(`${what()}: `, tokens, vocabulary));
}

/**
 * @param room - tokens that the row may still hold
 * @throws SESSION_MISUSE if the tree is malformed or reaches beyond the row's room
 * @throws TOKEN_UNKNOWN
 */
export function checkTree(row: number, tree: Tree, room: number, vocabulary: number): void {
  const fault = treeFault(tree);
  if (fault) throw misuse(`tree of row ${row}: ${fault}`);
  let depth = 0;
  if (tree.tokens.length >= room) for (const level of levelsOf(tree)) depth = Math.max(depth, level);
  if (depth >= room) {
    throw misuse(
      `row ${row} has room for ${room} more tokens, so ${room - 1} levels at most, but its tree has ${depth}`,
    );
  }
  checkTokens(() => `tree of row ${row}`, tree.tokens, vocabulary);
}

/** @throws SESSION_MISUSE if the path is none of the tree; TOKEN_UNKNOWN */
export function checkKept(row: number, { path, next }: Kept, tree: Pick<Tree, 'parent'>, vocabulary: number): void {
  if (!isPath(tree, path)) throw misuse(`row ${row}: [${path}] is no path from the root of its tree`);
  checkTokens(() => `next token of row ${row}`, [next], vocabulary);
}

/** @throws SESSION_MISUSE if there is not one item per row */
export function checkCount(what: string, got: number, rows: number): void {
  if (got !== rows) throw misuse(`${what} takes one item for each of the ${rows} rows, got ${got}`);
}

/** An error of order or form in the use of a session. */
export function misuse(fault: string): ForetokenError {
  return new ForetokenError('SESSION_MISUSE', `session: ${fault}. Mend the caller: draft, verify, commit.`);
}
