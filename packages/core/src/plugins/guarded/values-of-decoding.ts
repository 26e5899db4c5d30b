// V vocabulary.
import type { GenerationRequest, Growth, Kept, Session, Tree, Verdict } from '../../contracts/decoding.ts';
import { isPath } from '../../generation/tree.ts';
import { describeSafely, wrong } from './failure.ts';
import type { ValueCheck } from './guard-hook.ts';
import type { Hook } from './hooks.ts';
import type { ValueChecks } from './values.ts';

/** A hook that only hears. A promise would be one that nobody waits for. */
const isNothing: ValueCheck = (value, _args, hook) => {
  if (value === undefined || typeof (Object(value) as { then?: unknown }).then !== 'function') return;
  throw wrong(hook, 'must be done when it returns, returned a promise');
};

/** A rule keeps a path of the tree that it was given, and a token. */
export function ruleValues(): ValueChecks {
  let vocabulary: number | undefined;
  return {
    accept(value, [tree, target], hook) {
      vocabulary ??= (target as Verdict).logits(-1).length;
      const { path, next } = Object(value) as Partial<Kept>;
      if (!(path instanceof Int32Array)) {
        throw wrong(hook, `must return { path, next } with path an Int32Array, returned ${describeSafely(value)}`);
      }
      if (!isPath(tree as Tree, path)) {
        throw wrong(hook, `must return a path from the root of its tree, returned [${path.slice(0, 20)}]`);
      }
      if (!isToken(next, vocabulary)) {
        const got = describeSafely(next);
        throw wrong(hook, `must return a token in 0..${vocabulary - 1} as next, returned ${got}`, 'TOKEN_UNKNOWN');
      }
    },
  };
}

/** A policy asks for children of the frontier, and for nothing else. */
export function policyValues(): ValueChecks {
  return {
    prepare: () => {},
    learn: isNothing,
    forget: isNothing,
    grow(value, [, frontier], hook) {
      if (!Array.isArray(value)) throw wrong(hook, `must return a list of growths, returned ${describeSafely(value)}`);
      for (const growth of value) checkGrowth(hook, growth, frontier as readonly number[]);
    },
  };
}

function checkGrowth(hook: Hook, growth: unknown, frontier: readonly number[]): void {
  const { node, children } = Object(growth) as Partial<Growth>;
  if (!frontier.includes(node as number)) {
    const rule = `must give children to nodes of the frontier [${frontier.slice(0, 20)}] alone`;
    throw wrong(hook, `${rule}, returned ${describeSafely(growth)}`);
  }
  if (Number.isInteger(children) && (children as number) >= 0) return;
  throw wrong(hook, `must ask for an integer >= 0 of children, asked for ${describeSafely(children)}`);
}

const ENDINGS: readonly unknown[] = [undefined, 'length', 'context', 'stop', 'aborted', 'failed'];

/** A decoder emits tokens of its model for prompts of its request. */
export function decoderValues(): ValueChecks {
  return {
    generate(value, [session, request], hook) {
      const { vocabulary } = session as Session;
      const { prompts, arriving } = request as GenerationRequest;
      const emission = Object(value) as Readonly<Record<string, unknown>>;
      const last = arriving ? Number.MAX_SAFE_INTEGER : prompts.length - 1;
      if (!isToken(emission.prompt, last + 1)) {
        throw wrong(hook, `must say which prompt in 0..${last} an emission is of, yielded ${describeSafely(value)}`);
      }
      const { tokens } = emission;
      if (!(tokens instanceof Int32Array)) {
        throw wrong(hook, `must yield tokens as an Int32Array, yielded ${describeSafely(tokens)}`);
      }
      const outside = tokens.findIndex((token) => !isToken(token, vocabulary));
      if (outside >= 0) {
        const rule = `must yield tokens in 0..${vocabulary - 1}`;
        throw wrong(hook, `${rule}, yielded ${tokens[outside]}`, 'TOKEN_UNKNOWN');
      }
      checkCounts(hook, emission, tokens.length);
    },
  };
}

function checkCounts(
  hook: Hook,
  { proposed, accepted, finished }: Readonly<Record<string, unknown>>,
  most: number,
): void {
  if (!Array.isArray(proposed) || proposed.some((count) => !isToken(count, Number.MAX_SAFE_INTEGER))) {
    throw wrong(hook, `must yield a list of counts as proposed, yielded ${describeSafely(proposed)}`);
  }
  if (!isToken(accepted, most + 1)) {
    throw wrong(hook, `must yield an integer in 0..${most} as accepted, yielded ${describeSafely(accepted)}`);
  }
  if (ENDINGS.includes(finished)) return;
  const endings = ENDINGS.slice(1).join(', ');
  throw wrong(hook, `must leave finished out or give one of ${endings}, gave ${describeSafely(finished)}`);
}

const isToken = (value: unknown, vocabulary: number): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < vocabulary;
