import type { TrunkShape } from '../contracts/trunk.ts';
import { invalid, type PluginSource } from './check-definition.ts';
import type { Definition } from './define.ts';
import { checkDeclarations } from './guarded/declarations.ts';
import { describeSafely, wrong } from './guarded/failure.ts';
import { type Args, guardValue, type ValueCheck } from './guarded/guard-hook.ts';
import { type GuardedPlugin, type GuardOptions, HOOKS, type Hook, hookOf, type SizeHook } from './guarded/hooks.ts';
import { guardMade } from './guarded/made.ts';

/**
 * A definition whose functions answer for themselves, and so do the hooks of what its `create` gives: what they throw becomes
 * PLUGIN_FAILED with kind, name, package and hook, and what they give is checked as far as it can be known.
 *
 * Errors with a code of ours pass unchanged; `failedHook` tells which hook they came out of.
 */
export function guardDefinition(definition: Definition, source: PluginSource, options: GuardOptions = {}): Definition {
  const plugin: GuardedPlugin = { definition, source, ...options };
  const { watch } = options;
  // The union of kinds has no common call signature; every kind's `create` takes a context and options.
  const own = definition as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  const guard = (name: string, check?: ValueCheck) =>
    guardValue({ hook: hookOf(plugin, name), watch, check, work: (args) => own[name](...args) });
  const hook = hookOf(plugin, 'create');
  const create = ([context, options]: Args) => {
    const made = own.create(context, options);
    checkMade(plugin, made, hook);
    return guardMade(plugin, made as object, context);
  };
  const guarded: Record<string, unknown> = { ...definition, create: guardValue({ hook, watch, work: create }) };
  for (const [name, check] of Object.entries(SIZES)) {
    if (typeof own[name] === 'function')
      guarded[name] = guard(name, plugin.values === 'as they are' ? undefined : check);
  }
  return Object.freeze(guarded) as unknown as Definition;
}

/** What a definition says of sizes before anything is created. */
const SIZES: Readonly<Record<SizeHook, ValueCheck>> = {
  shape(value, _args, hook) {
    const { width, layers, block } = Object(value) as Partial<TrunkShape>;
    if (isCount(width, 1) && isCount(layers, 1) && typeof block === 'object' && block !== null) return;
    const rule = 'must return { width, layers, block } with integers >= 1 as width and layers';
    throw wrong(hook, `${rule}, returned ${describeSafely(value)}`);
  },
  blocksPerOffset(value, _args, hook) {
    if (!isCount(value, 0)) throw wrong(hook, `must return an integer >= 0, returned ${describeSafely(value)}`);
  },
  ownReadout(value, _args, hook) {
    if (typeof value !== 'boolean') throw wrong(hook, `must return true or false, returned ${describeSafely(value)}`);
  },
};

const isCount = (value: unknown, least: number): boolean => Number.isSafeInteger(value) && (value as number) >= least;

function checkMade(plugin: GuardedPlugin, made: unknown, hook: Hook): void {
  const { definition, source } = plugin;
  const { kind, name } = definition;
  const members = (typeof made === 'object' && made !== null ? made : {}) as Readonly<Record<string, unknown>>;
  const lacking = Object.entries(HOOKS[kind]).filter(
    ([method, { isNeeded }]) => isNeeded && typeof members[method] !== 'function',
  );
  if (lacking.length > 0) {
    const methods = lacking.map(([method]) => `${method}()`).join(' and ');
    throw wrong(hook, `must return an object with ${methods}, returned ${describeSafely(made)}`);
  }
  if (plugin.values !== 'as they are') checkDeclarations(plugin, members);
  const isTimed = kind === 'draft-policy' && members.isTimed === true;
  if (isTimed && !(definition as Definition<'draft-policy'>).isTimed) {
    const rule = 'its policy is timed (isTimed), so its definition must say `isTimed: true` too';
    throw invalid(source, `${kind} "${name}"`, rule);
  }
}
