import { isForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../../contracts/json.ts';
import { joint } from '../../training/backward/joint.ts';
import { broken, type HeadCheck } from './check.ts';
import { buildSmallModel, type HeadCase, subjectOf, withOptions } from './head-case.ts';
import { candidates, optionNames, withOption } from './option-values.ts';
import { trainingStep } from './training-step.ts';

/** Options are checked before `create` sees them, so what the schema lets through is the head's to handle. */
export const optionsAreChecked: HeadCheck = {
  title: 'refuses unknown options and options of another type',
  run(head) {
    const { problems } = inspect(head, {});
    if (problems.length > 0) throw broken(head, `the given options must pass its own schema: ${said(problems)}`);
    if (codeOf(head, { 'no-such-option': 1 }) !== 'OPTIONS_INVALID') {
      throw broken(head, 'an unknown option must be refused, "no-such-option" was taken. List every option it has.');
    }
    for (const [name, value] of Object.entries(subjectOf(head).options)) {
      const other = otherType(value);
      if (codeOf(head, { [name]: other }) === 'OPTIONS_INVALID') continue;
      throw broken(
        head,
        `option "${name}" must have a type, but ${JSON.stringify(other)} was taken as well. Give it one, such as ` +
          '`Type.Integer()`.',
      );
    }
  },
};

/** A user who asked for too much gets a sentence that says so, not the stack of a plugin that fell over. */
export const refusesByCode: HeadCheck = {
  title: 'trains one step, or refuses by a code, at any horizon and with any option that its schema takes',
  run(head) {
    const changes = [
      ...[1, 2, head.horizon + 1].map((horizon) => ({ what: `horizon ${horizon}`, changed: { ...head, horizon } })),
      ...optionNames(head).flatMap((option) =>
        candidates(head, option).map((value) => ({
          what: `option "${option}" ${JSON.stringify(value) ?? 'left out'}`,
          changed: withOptions(head, withOption(subjectOf(head).options, option, value)),
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

/** The code that a change of the options is refused with. */
function codeOf(head: HeadCase, changed: Record<string, Json>): string | undefined {
  try {
    const { kind, name, options } = subjectOf(head);
    head.registry.checkOptions(kind, { ...options, ...changed, name }, 'the contract suite');
    return undefined;
  } catch (error) {
    return isForetokenError(error) ? error.code : String(error);
  }
}

function inspect(head: HeadCase, changed: Record<string, Json>) {
  const { kind, name, options } = subjectOf(head);
  return head.registry.inspectOptions(kind, { ...options, ...changed, name });
}

const said = (problems: readonly { path: readonly (string | number)[]; sentence: string }[]) =>
  problems.map(({ path, sentence }) => `${path.join('.')} ${sentence}`).join(' ');

const otherType = (value: Json): Json => (typeof value === 'object' && value !== null ? 'a word' : { other: true });
