import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import { describe, invalid, type PluginSource, saidSource } from './check-definition.ts';
import type { Definition, PluginKind } from './define.ts';

/** What `create` of each kind must give at least. */
const METHODS: Readonly<Record<PluginKind, readonly string[]>> = {
  trunk: ['embed', 'forward'],
  head: ['forward'],
  weighting: ['start', 'now'],
  'horizon-schedule': ['start', 'now'],
  decoder: ['generate'],
  'acceptance-rule': ['accept'],
  'draft-policy': ['grow'],
  eval: ['measure'],
  tokenizer: ['encode', 'decode'],
  dataset: ['list', 'read'],
};

/**
 * A definition whose functions answer for themselves: what they throw becomes PLUGIN_FAILED with kind, name and
 * package, and what `create` returns has at least the methods of its kind. Errors with a code of ours pass unchanged.
 */
export function guardDefinition(definition: Definition, source: PluginSource): Definition {
  const guard = <Args extends unknown[], Result>(what: string, work: (...args: Args) => Result) => {
    return (...args: Args): Result => {
      try {
        return work(...args);
      } catch (cause) {
        throw isForetokenError(cause) ? cause : failed(definition, source, what, cause);
      }
    };
  };
  // The union of kinds has no common call signature; every kind's `create` takes a context and options.
  const create = (definition.create as (context: unknown, options: unknown) => unknown).bind(definition);
  const guarded: Record<string, unknown> = {
    ...definition,
    create: guard('create', (context: unknown, options: unknown) =>
      checkMade(definition, source, create(context, options)),
    ),
  };
  if (definition.kind === 'trunk') guarded.shape = guard('shape', definition.shape.bind(definition));
  if (definition.kind === 'head' && typeof definition.blocksPerOffset === 'function') {
    guarded.blocksPerOffset = guard('blocksPerOffset', definition.blocksPerOffset.bind(definition));
  }
  if (definition.kind === 'head' && typeof definition.ownReadout === 'function') {
    guarded.ownReadout = guard('ownReadout', definition.ownReadout.bind(definition));
  }
  return Object.freeze(guarded) as unknown as Definition;
}

function checkMade(definition: Definition, source: PluginSource, made: unknown): unknown {
  const lacking = METHODS[definition.kind].filter(
    (method) => typeof (made as Record<string, unknown> | null | undefined)?.[method] !== 'function',
  );
  const who = `${definition.kind} "${definition.name}"`;
  if (lacking.length > 0) {
    const methods = lacking.map((method) => `${method}()`).join(' and ');
    throw invalid(source, who, `create must return an object with ${methods}, returned ${describe(made)}`);
  }
  const isTimed = definition.kind === 'draft-policy' && (made as { readonly isTimed?: boolean }).isTimed === true;
  if (isTimed && !(definition as Definition<'draft-policy'>).isTimed) {
    throw invalid(source, who, 'its policy is timed (isTimed), so its definition must say `isTimed: true` too');
  }
  return made;
}

function failed(definition: Definition, source: PluginSource, what: string, cause: unknown): ForetokenError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ForetokenError(
    'PLUGIN_FAILED',
    `${definition.kind} "${definition.name}" of ${saidSource(source)}: ${what} threw "${reason}". ` +
      `Check its options; if they are right, report it to the author of ${source.package}.`,
    { cause },
  );
}
