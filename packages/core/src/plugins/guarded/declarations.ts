import { closest } from '../closest.ts';
import type { PluginKind } from '../define.ts';
import { describeSafely, wrong } from './failure.ts';
import { type GuardedPlugin, HOOKS, hookOf } from './hooks.ts';
import { isPlain } from './inputs.ts';

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
    const { taps = [1], carry = 'nearer', ahead = false, ...others } = value as Readonly<Record<string, unknown>>;
    if (Object.keys(others).length > 0) return false;
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

const isEvery: Rule = {
  must: 'a number of steps >= 1',
  fits: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
};

/** What `create` gives beside hooks, where the framework reads it. */
const DECLARATIONS: Partial<Readonly<Record<PluginKind, Readonly<Record<string, Rule>>>>> = {
  head: {
    ...{ reads: isReads, memory: oneOf('none', 'per-offset', 'unrolled') },
    ...{ offsets: isOffsets, extends: isBoolean },
  },
  weighting: { needs: oneOf('gradient-norms') },
  'horizon-schedule': { acceptanceEvery: isEvery },
  decoder: { drafts: isBoolean, keeps: isGuarantees },
  'acceptance-rule': { keeps: isGuarantees, needsDrawn: isBoolean },
  'draft-policy': { isTimed: isBoolean },
  tokenizer: { vocabulary: isVocabulary, isBytes: isBoolean },
};

/** @throws PLUGIN_INVALID for a declaration that is none, and for a member that is a misspelt one */
export function checkDeclarations(plugin: GuardedPlugin, made: Readonly<Record<string, unknown>>): void {
  refuseMisspelt(plugin, made);
  for (const [name, { must, isNeeded, fits }] of Object.entries(DECLARATIONS[plugin.definition.kind] ?? {})) {
    const value = made[name];
    if ((value === undefined && !isNeeded) || fits(value)) continue;
    throw wrong(
      hookOf(plugin, 'create'),
      `must give an object whose ${name} is ${must}, gave ${describeSafely(value)}`,
    );
  }
}

/**
 * Refuses what nothing reads and is written almost like what is read and not there: without a word, it would do nothing.
 *
 * What else an object has is its plugin's own affair: members near none, or near one that is there; those that begin with
 * `_`; and all that a class brings, whose fields hold what its methods need.
 */
function refuseMisspelt(plugin: GuardedPlugin, made: Readonly<Record<string, unknown>>): void {
  if (!isPlain(made)) return;
  const { kind } = plugin.definition;
  const isRead = new Set([...Object.keys(HOOKS[kind]), ...Object.keys(DECLARATIONS[kind] ?? {})]);
  const lacking = [...isRead].filter((member) => !Object.hasOwn(made, member));
  for (const member of Object.keys(made)) {
    const meant = isRead.has(member) || member.startsWith('_') ? undefined : closest(member, lacking);
    if (meant === undefined) continue;
    const rule = `must give an object without "${member}", which nothing reads; "${meant}" is what is read`;
    throw wrong(hookOf(plugin, 'create'), rule);
  }
}
