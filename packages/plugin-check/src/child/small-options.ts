import type { Json, PluginKind, Registry } from '@foretoken/core';

type Options = Readonly<Record<string, Json>>;

/** Sizes of a trunk that a suite gets through in seconds on plain loops, whatever its defaults are made for. */
const SMALL_TRUNK: Options = { width: 8, layers: 2, attentionHeads: 2, mlpWidth: 6 };

/**
 * The options that a plugin is checked with when nobody names any: its schema's defaults, and of a trunk small sizes where
 * it takes them. A suite trains dozens of models; at the size of a real one that takes hours.
 */
export function defaultOptions(registry: Registry, kind: PluginKind, name: string): Options {
  if (kind !== 'trunk') return {};
  const trunk = registry.get(kind, name);
  const declared = Object.keys(trunk.options?.properties ?? {});
  const small = Object.fromEntries(Object.entries(SMALL_TRUNK).filter(([option]) => declared.includes(option)));
  const { options, problems } = registry.inspectOptions(kind, { ...small, name });
  if (problems.length > 0) return {};
  try {
    trunk.shape(options);
    return small;
  } catch {
    // Sizes that do not go together for this trunk: its own do.
    return {};
  }
}
