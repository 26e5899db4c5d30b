import { isForetokenError } from '@foretoken/engine/errors';
import { joint } from '../../training/backward/joint.ts';
import { broken } from '../contract.ts';
import { candidates, optionNames, withOption } from '../options/option-values.ts';
import { withOptions } from '../plugin-case.ts';
import type { HeadCheck } from './head-case.ts';
import { buildSmallModel, type HeadCase } from './head-case.ts';
import { trainingStep } from './training-step.ts';

/** A user who asked for too much gets a sentence that says so, not the stack of a plugin that fell over. */
export const refusesByCode: HeadCheck = {
  title: 'trains one step, or refuses by a code, at any horizon and with any option that its schema takes',
  run(head) {
    const changes = [
      ...[1, 2, head.horizon + 1].map((horizon) => ({ what: `horizon ${horizon}`, changed: { ...head, horizon } })),
      ...optionNames(head).flatMap((option) =>
        candidates(head, option).map((value) => ({
          what: `option "${option}" ${JSON.stringify(value) ?? 'left out'}`,
          changed: withOptions(head, withOption(head.subject.options, option, value)),
        })),
      ),
    ];
    for (const { what, changed } of changes) {
      const fault = faultOf(changed);
      if (!fault) continue;
      throw broken(
        head,
        `with ${what} it throws ${JSON.stringify(fault)}. Narrow its schema, or throw ` +
          "`new ForetokenError('OPTIONS_INVALID', ...)` with the rule, what was got and what to do.",
      );
    }
  },
};

/** What a head throws that is no refusal. */
function faultOf(head: HeadCase): string | undefined {
  try {
    const model = buildSmallModel(head);
    try {
      trainingStep(model, joint);
    } finally {
      model.dispose();
    }
    return undefined;
  } catch (error) {
    if (isForetokenError(error) && REFUSALS.has(error.code)) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Codes that tell a user what to change. */
const REFUSALS: ReadonlySet<string> = new Set([
  'OPTIONS_INVALID',
  'CONFIG_CONFLICT',
  'OFFSET_UNSUPPORTED',
  'LAYERS_TOO_FEW',
]);
