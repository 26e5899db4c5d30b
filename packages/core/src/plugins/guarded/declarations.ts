import type { PluginKind } from '../define.ts';
import { describeSafely, wrong } from './failure.ts';
import { type GuardedPlugin, hookOf } from './hooks.ts';

/** A rule of a declaration: what it must be, and whether it is. */
interface Rule {
  readonly must: string;
  /** Whether it must be there. Default: it may be left out. */
  readonly isNeeded?: boolean;
  fits(value: unknown): boolean;
}

const isBoolean: Rule = { must: 'true or false', fits: (value) => typeof value === 'boolean' };

const oneOf = (...allowed: readonly string[]): Rule => ({
  must: `one of ${allowed.join(', ')}`,
  fits: (value) => allowed.includes(value as string),
});

const GUARANTEES = ['greedy', 'distribution'];
const isGuarantees: Rule = {
  must: `a list of ${GUARANTEES.join(' and ')}`,
  fits: (value) => Array.isArray(value) && value.every((one) => GUARANTEES.includes(one)),
};

const isTaps = (taps: unknown): boolean =>
  Array.isArray(taps) && taps[0] === 1 && taps.every((tap) => typeof tap === 'number' && tap > 0 && tap <= 1);

const isReads: Rule = {
  must: '{ taps: shares of the depth in (0, 1], 1 first; carry: nearer or further; ahead: true or false }',
  fits(value) {
    if (typeof value !== 'object' || value === null) return false;
    const { taps = [1], carry = 'nearer', ahead = false } = value as Readonly<Record<string, unknown>>;
    return isTaps(taps) && (carry === 'nearer' || carry === 'further') && typeof ahead === 'boolean';
  },
};

const isOffsets: Rule = {
  must: 'a list of integers',
  fits: (value) => Array.isArray(value) && value.every(Number.isInteger),
};

/** Ids are int32, and one past the last is counted with, too. */
const MOST_TOKENS = 2 ** 31 - 1;

const isVocabulary: Rule = {
  must: `an integer in 1..${MOST_TOKENS}`,
  isNeeded: true,
  fits: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST_TOKENS,
};

/** What `create` gives beside hooks, where the framework reads it. */
const DECLARATIONS: Partial<Readonly<Record<PluginKind, Readonly<Record<string, Rule>>>>> = {
  head: {
    ...{ reads: isReads, memory: oneOf('none', 'per-offset', 'unrolled') },
    ...{ offsets: isOffsets, extends: isBoolean },
  },
  weighting: { needs: oneOf('gradient-norms') },
  decoder: { drafts: isBoolean, keeps: isGuarantees },
  'acceptance-rule': { keeps: isGuarantees, needsDrawn: isBoolean },
  'draft-policy': { isTimed: isBoolean },
  tokenizer: { vocabulary: isVocabulary, isBytes: isBoolean },
};

/** @throws PLUGIN_INVALID for a declaration that is none */
export function checkDeclarations(plugin: GuardedPlugin, made: Readonly<Record<string, unknown>>): void {
  for (const [name, { must, isNeeded, fits }] of Object.entries(DECLARATIONS[plugin.definition.kind] ?? {})) {
    const value = made[name];
    if ((value === undefined && !isNeeded) || fits(value)) continue;
    throw wrong(
      hookOf(plugin, 'create'),
      `must give an object whose ${name} is ${must}, gave ${describeSafely(value)}`,
    );
  }
}
