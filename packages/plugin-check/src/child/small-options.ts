import { createRegistry, type Definition, type Json } from '@foretoken/core';

/** Sizes of a trunk that a suite gets through in seconds on plain loops, whatever its defaults are made for. */
const SMALL_TRUNK: Readonly<Record<string, Json>> = { width: 8, layers: 2, attentionHeads: 2, mlpWidth: 6 };

/**
 * The options that a plugin is checked with when nobody names any: its schema's defaults, and of a trunk small sizes where
 * it takes them. A suite trains dozens of models; at the size of a real one that takes hours.
 */
export function defaultOptions(
  definition: Definition,
  definitions: readonly Definition[],
): Readonly<Record<string, Json>> {
  if (definition.kind !== 'trunk') return {};
  const declared = Object.keys(definition.options?.properties ?? {});
  const small = Object.fromEntries(Object.entries(SMALL_TRUNK).filter(([name]) => declared.includes(name)));
  const registry = createRegistry();
  const source = { package: 'under-check', version: '0.0.0', api: definition.api };
  for (const one of definitions) registry.register(one, source);
  const { options, problems } = registry.inspectOptions('trunk', { ...small, name: definition.name });
  if (problems.length > 0) return {};
  try {
    registry.get('trunk', definition.name).shape(options);
    return small;
  } catch {
    // Sizes that do not go together for this trunk: its own do.
    return {};
  }
}
