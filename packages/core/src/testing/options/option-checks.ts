import { isForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../../contracts/json.ts';
import { broken, type ContractCheck } from '../contract.ts';
import type { PluginCase } from '../plugin-case.ts';

/** Options are checked before `create` sees them, so what the schema lets through is the plugin's to handle. */
export const optionsAreChecked: ContractCheck = {
  title: 'refuses unknown options and options of another type',
  run(subject) {
    const { problems } = inspect(subject, {});
    if (problems.length > 0) throw broken(subject, `the given options must pass its own schema: ${said(problems)}`);
    if (codeOf(subject, { 'no-such-option': 1 }) !== 'OPTIONS_INVALID') {
      throw broken(subject, 'an unknown option must be refused, "no-such-option" was taken. List every option it has.');
    }
    for (const [name, value] of Object.entries(subject.subject.options)) {
      const other = otherType(value);
      if (codeOf(subject, { [name]: other }) === 'OPTIONS_INVALID') continue;
      throw broken(
        subject,
        `option "${name}" must have a type, but ${JSON.stringify(other)} was taken as well. Give it one, such as ` +
          '`Type.Integer()`.',
      );
    }
  },
};

/** The code that a change of the options is refused with. */
function codeOf({ subject, registry }: PluginCase, changed: Record<string, Json>): string | undefined {
  try {
    const { kind, name, options } = subject;
    registry.checkOptions(kind, { ...options, ...changed, name }, 'the contract suite');
    return undefined;
  } catch (error) {
    return isForetokenError(error) ? error.code : String(error);
  }
}

function inspect({ subject: { kind, name, options }, registry }: PluginCase, changed: Record<string, Json>) {
  return registry.inspectOptions(kind, { ...options, ...changed, name });
}

const said = (problems: readonly { path: readonly (string | number)[]; sentence: string }[]) =>
  problems.map(({ path, sentence }) => `${path.join('.')} ${sentence}`).join(' ');

const otherType = (value: Json): Json => (typeof value === 'object' && value !== null ? 'a word' : { other: true });
