import { describeSafely, failureOf, wrong } from './failure.ts';
import { guardHook } from './guard-hook.ts';
import { type GuardedPlugin, HOOKS, type Hook, hookOf, ROWS } from './hooks.ts';
import { noteMaker } from './made-by.ts';
import { guardRows } from './rows.ts';
import { valueChecks } from './values.ts';

/**
 * What `create` gave, guarded: each hook answers for itself, everything else is read from the plugin's own object, which the
 * hooks are called on. So `this`, private fields and getters are the plugin's as they were; and nothing can be put in its place:
 * a hook stays the function that it was when `create` returned.
 *
 * @param context - what `create` was given
 * @throws PLUGIN_INVALID if a hook is there and no function
 */
export function guardMade(plugin: GuardedPlugin, made: object, context: unknown): object {
  const { definition, watch } = plugin;
  const forms = HOOKS[definition.kind];
  const checks = valueChecks(plugin, made as Readonly<Record<string, unknown>>, context);
  const guarded: Record<string, unknown> = {};
  const target = made as Readonly<Record<string, unknown>>;
  for (const [name, form] of Object.entries(forms)) {
    const given = target[name];
    if (given === undefined) continue;
    const hook = hookOf(plugin, name);
    if (typeof given !== 'function') throw wrong(hook, `must be a function, was ${describeSafely(given)}`);
    const work = (args: readonly unknown[]) => Reflect.apply(given, target, args);
    const call = guardHook(form, { hook, watch, check: checks[name], work });
    guarded[name] = name === 'objectives' ? guardRows(plugin, call, checks[ROWS]) : call;
  }
  for (const name of membersOf(made)) if (!Object.hasOwn(forms, name)) delegate(guarded, target, hookOf(plugin, name));
  noteMaker(guarded, plugin);
  return Object.freeze(guarded);
}

/** Names of what an object and its classes have, `constructor` apart. */
function membersOf(made: object): ReadonlySet<string> {
  const names = new Set<string>();
  for (let level: object | null = made; level && level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) if (name !== 'constructor') names.add(name);
  }
  return names;
}

/** A member that is no hook: a declaration, or the plugin's own affair. Functions keep their `this`. */
function delegate(guarded: object, target: Readonly<Record<string, unknown>>, hook: Hook): void {
  const get = (): unknown => {
    try {
      const value = target[hook.name];
      return typeof value === 'function' ? value.bind(target) : value;
    } catch (cause) {
      throw failureOf(hook, cause);
    }
  };
  Object.defineProperty(guarded, hook.name, { enumerable: Object.hasOwn(target, hook.name), get });
}
