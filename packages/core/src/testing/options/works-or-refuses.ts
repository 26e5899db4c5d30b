import { isForetokenError } from '@foretoken/engine/errors';
import { broken, type ContractCheck } from '../contract.ts';
import type { PluginCase } from '../plugin-case.ts';
import { formsOf } from './option-forms.ts';

/**
 * The check that a user who asked for too much gets a sentence that says so, not the stack of a plugin that fell over.
 *
 * @param work - has the plugin do its work with the options of a case
 */
export function worksOrRefuses<Case extends PluginCase>(work: (of: Case) => unknown): ContractCheck<Case> {
  return {
    title: 'does its work, or refuses by a code, with any option that its schema takes',
    async run(subject) {
      for (const { what, of } of formsOf(subject)) {
        const fault = await faultOf(() => work(of));
        if (fault === undefined) continue;
        throw broken(
          subject,
          `it${what} throws ${JSON.stringify(fault)}. Mend that, narrow its schema, or throw ` +
            "`new ForetokenError('OPTIONS_INVALID', ...)` with the rule, what was got and what to do.",
        );
      }
    },
  };
}

/** Whether what was thrown tells its user what to change: PLUGIN_FAILED says that the plugin fell over. */
export const isByCode = (error: unknown): boolean => isForetokenError(error) && error.code !== 'PLUGIN_FAILED';

async function faultOf(work: () => unknown): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (isByCode(error)) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}
