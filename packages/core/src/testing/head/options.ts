import type { Json } from '../../contracts/json.ts';
import { broken, type HeadCheck } from './check.ts';
import type { HeadCase } from './head-case.ts';

/** Options are checked before `create` sees them, so what the schema lets through is the head's to handle. */
export const optionsAreChecked: HeadCheck = {
  title: 'refuses unknown options and options of another type',
  run(head) {
    const { problems } = inspect(head, {});
    if (problems.length > 0) throw broken(head, `the given options must pass its own schema: ${said(problems)}`);
    if (inspect(head, { 'no-such-option': 1 }).problems.length === 0) {
      throw broken(head, 'an unknown option must be refused, "no-such-option" was taken.');
    }
    for (const [name, value] of Object.entries(head.options)) {
      const other = otherType(value);
      if (inspect(head, { [name]: other }).problems.length > 0) continue;
      throw broken(head, `option "${name}" must have a type, but ${JSON.stringify(other)} was taken as well.`);
    }
  },
};

function inspect(head: HeadCase, changed: Record<string, Json>) {
  return head.registry.inspectOptions('head', { ...head.options, ...changed, name: head.name });
}

const said = (problems: readonly { path: readonly (string | number)[]; sentence: string }[]) =>
  problems.map(({ path, sentence }) => `${path.join('.')} ${sentence}`).join(' ');

const otherType = (value: Json): Json => (typeof value === 'object' && value !== null ? 'a word' : { other: true });
