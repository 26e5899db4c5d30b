import type { HeadCase } from './head-case.ts';

/** One rule of the head contract. */
export interface HeadCheck {
  /** A sentence that is true of a head that passes. */
  readonly title: string;
  /** @throws BrokenRule that says where the head broke the rule, and what to do */
  run(head: HeadCase): void | Promise<void>;
}

/** A rule of the contract that a head broke. */
export class BrokenRule extends Error {
  override readonly name = 'BrokenRule';
}

/**
 * The error of a broken rule: head (or trunk), rule, what was got and where, the next step.
 * @param rule - whole sentences, the last one saying what to do
 */
export function broken(head: Pick<HeadCase, 'name' | 'trunk'>, rule: string, options?: ErrorOptions): BrokenRule {
  const who = head.trunk ? `trunk "${head.trunk.name}"` : `head "${head.name}"`;
  return new BrokenRule(`${who}: ${rule}`, options);
}

/**
 * Runs a check. What the head itself throws becomes a broken rule too, with the error attached: a stack of tfjs' alone
 * names neither head nor rule.
 *
 * @throws BrokenRule
 */
export async function runCheck(check: HeadCheck, head: HeadCase): Promise<void> {
  try {
    await check.run(head);
  } catch (cause) {
    if (cause instanceof BrokenRule) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const what = `it threw while it was checked that it ${check.title}: ${message.replace(/\.?$/, '.')}`;
    throw broken(head, `${what} The error is attached as the cause; its stack shows where.`, { cause });
  }
}
