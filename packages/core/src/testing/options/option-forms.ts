import { isForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../../contracts/json.ts';
import { broken, type ContractCheck } from '../contract.ts';
import { type PluginCase, withOptions } from '../plugin-case.ts';
import { candidates, optionNames, withOption } from './option-values.ts';

/** A plugin with options near those that it is checked with. */
export interface Form<Case> {
  /** For messages: which option is another one. Empty for the options that it is checked with. */
  readonly what: string;
  readonly of: Case;
}

/** A plugin with the options that it is checked with, then with each of them another one. */
export function formsOf<Case extends PluginCase>(of: Case): Form<Case>[] {
  const others = optionNames(of).flatMap((option) =>
    candidates(of, option).map((value) => ({
      what: ` with option "${option}" ${value === undefined ? 'left out' : JSON.stringify(value)}`,
      of: withOptions(of, withOption(of.subject.options, option, value)),
    })),
  );
  return [{ what: '', of }, ...others];
}

/** Codes that tell a user what to change. */
const REFUSALS: ReadonlySet<string> = new Set([
  'OPTIONS_INVALID',
  'CONFIG_CONFLICT',
  'OFFSET_UNSUPPORTED',
  'DRAFT_UNSUPPORTED',
]);

/** Whether what a plugin threw tells its user what to change. */
export const isRefusal = (error: unknown): boolean => isForetokenError(error) && REFUSALS.has(error.code);

/** What a plugin shows, or undefined where it refuses its options by a code. */
export async function shownBy<Case>(of: Case, show: (of: Case) => string | Promise<string>) {
  try {
    return await show(of);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

/**
 * The check that every option changes something: one that does nothing makes an arm of an ablation that is the baseline
 * under another name.
 *
 * @param show - all that can be seen of a plugin, as text; a refusal by a code passes through
 * @param what - what that is, for the message: "neither ... nor ..."
 * @param suite - the function that calls this suite
 */
export function optionsAct<Case extends PluginCase>(
  show: (of: Case) => string | Promise<string>,
  what: string,
  suite: string,
): ContractCheck<Case> {
  return {
    title: 'does something else when an option is another one',
    async run(of) {
      for (const option of optionNames(of)) {
        if (of.actElsewhere.includes(option)) continue;
        const effect = await effectOf(of, option, show);
        if (effect !== 'some') throw broken(of, sentenceFor(of, effect, option, { what, suite }));
      }
    },
  };
}

/** What is known of an option: whether it changes anything; `unknown` where no second value could be tried. */
type Effect = 'some' | 'none' | 'unknown';

function sentenceFor(
  of: PluginCase,
  effect: Effect,
  option: string,
  { what, suite }: { readonly what: string; readonly suite: string },
): string {
  const { kind } = of.subject;
  const values = candidates(of, option);
  const tried = values.map((value) => (value === undefined ? 'leaving it out' : JSON.stringify(value))).join(', ');
  const elsewhere = `say where it acts: ${suite}(..., { actElsewhere: ['${option}'] }).`;
  if (effect === 'none') {
    return `option "${option}" changes ${what}: tried ${tried}. Use it in \`create\`, drop it, or ${elsewhere}`;
  }
  const why = values.length === 0 ? 'its schema shows no second value' : `the ${kind} refuses what was tried, ${tried}`;
  return `whether option "${option}" does anything cannot be told: ${why}. Check the ${kind} with a value of it, or ${elsewhere}`;
}

/** By itself, then beside each other option that is another one: two options may exclude one another. */
async function effectOf<Case extends PluginCase>(
  of: Case,
  option: string,
  show: (of: Case) => string | Promise<string>,
): Promise<Effect> {
  let isJudged = false;
  for (const base of basesFor(of, option)) {
    const before = await shownBy(base, show);
    if (before === undefined) continue;
    for (const value of candidates(of, option)) {
      const after = await shownBy(changed(base, option, value), show);
      if (after !== undefined && after !== before) return 'some';
      isJudged ||= after !== undefined;
    }
  }
  return isJudged ? 'none' : 'unknown';
}

function basesFor<Case extends PluginCase>(of: Case, option: string): Case[] {
  const others = optionNames(of).filter((other) => other !== option);
  return [
    of,
    ...others.flatMap((other) => {
      const values = [...(other in of.subject.options ? [undefined] : []), ...candidates(of, other)];
      return values.map((value) => changed(of, other, value));
    }),
  ];
}

const changed = <Case extends PluginCase>(of: Case, option: string, value: Json | undefined): Case =>
  withOptions(of, withOption(of.subject.options, option, value));
