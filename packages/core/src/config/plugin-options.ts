import type { Experiment, PluginRef } from './experiment.ts';

/** A reference without its name: the plugin's own options, which `create` takes. */
export const optionsOf = ({ name: _, ...options }: PluginRef): Record<string, unknown> => options;

/** The same of a head's, whose horizon is the framework's. */
export function headOptionsOf(head: Experiment['model']['head']): Record<string, unknown> {
  const { horizon: _, ...options } = optionsOf(head);
  return options;
}
