import type { HeadCase } from './head-case.ts';

/** One rule of the head contract. */
export interface HeadCheck {
  /** A sentence that is true of a head that passes. */
  readonly title: string;
  /** @throws Error that says where the head broke the rule */
  run(head: HeadCase): void;
}

/** The error of a broken rule. */
export function broken(head: HeadCase, rule: string): Error {
  return new Error(`head "${head.name}": ${rule}`);
}
