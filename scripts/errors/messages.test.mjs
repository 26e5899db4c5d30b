import { beforeAll, describe, expect, it, test } from 'vitest';
import { EXCEPTIONS } from './exceptions.mjs';
import { problemsOf } from './judged.mjs';
import { faultsOf } from './message-rules.mjs';
import { faultsIn, raisedIn } from './raised.mjs';
import { VALUE } from './said-texts.mjs';
import { nativeSources, packageSources, parsed } from './sources.mjs';

const raised = (...texts) => raisedIn(texts.map((text, i) => parsed(`packages/a/src/${i}.ts`, text)));
const messagesOf = (...texts) => raised(...texts).flatMap(({ messages }) => messages);

describe('the messages that the sources say', () => {
  it('are literals, templates, sums and both sides of a condition', () => {
    expect(
      messagesOf(`new ForetokenError('A', 'one' + \` \${two} \${isOdd ? 'th' + 'ree' : \`four\`}.\`, { cause });`),
    ).toEqual([`one ${VALUE} three.`, `one ${VALUE} four.`]);
  });

  it('go through constants, through functions of the file and through what callers give', () => {
    const helper = `
      export function refuse(rule: string, { more }: Options = {}): never {
        const next = orElse(rule.length);
        throw new ForetokenError('A', \`head: \${rule}. \${next}\`);
      }
      const orElse = (n: number) => (n > 3 ? 'Use less.' : 'Use more.');
      refuse('own rule');`;
    expect(
      messagesOf(
        helper,
        `import { refuse } from './0.ts';
refuse(\`width must be \${w}\`);`,
      ),
    ).toEqual([
      'head: own rule. Use less.',
      'head: own rule. Use more.',
      `head: width must be ${VALUE}. Use less.`,
      `head: width must be ${VALUE}. Use more.`,
    ]);
  });

  it('are found behind patterns, types and comments that look like strings', () => {
    const text = `
      const quoted = /['"\`]/.test(a) ? b / c : d; // it's no string
      class X<T extends { 'a': string }> { #no(rule: string): Error { return new ForetokenError('A', rule); }
        go() { throw this.#no(\`x \${\`inner \${'deep'}\`}\`); } }`;
    expect(raised(text)).toEqual([
      { file: 'packages/a/src/0.ts', line: 3, isWhole: true, codes: ['A'], messages: ['x inner deep'] },
    ]);
  });

  it('are those of problems that become an error together, too', () => {
    const text = `const message = \`x must be \${least}.\`;
faults.push({ code: 'A_B', message }, { code: 'A_C', sentence: 'y.' }, { code, message });`;
    expect(raised(text).map(({ line, isWhole, codes, messages }) => [line, isWhole, ...codes, ...messages])).toEqual([
      [2, false, 'A_B', `x must be ${VALUE}.`],
      [2, false, 'A_C', 'y.'],
    ]);
  });

  it('are those of C++ as well, thrown or passed on', () => {
    const text = `
#include <new>
void refuse(int index, const std::string& expected) {
  throw Fault("A_B", "native: argument " + std::to_string(index + 1) + " must be " + expected + ".");
}
Fault(const char* code, const std::string& message) : code_(code) {}
void caught(napi_env env) { throw_in(env, "A_C", "no memory \\"left\\"."); }`;
    const found = faultsIn([parsed('packages/engine/native/addon/a.cc', text)]);
    expect(found.map(({ line, codes, messages }) => [line, ...codes, ...messages])).toEqual([
      [4, 'A_B', `native: argument ${VALUE} must be ${VALUE}.`],
      [7, 'A_C', 'no memory "left".'],
    ]);
  });

  it('are values where nobody can know them', () => {
    expect(messagesOf("new ForetokenError('A', cause.message)", 'new ForetokenError(code, say(1))')).toEqual([
      VALUE,
      VALUE,
    ]);
  });
});

describe('a message', () => {
  it.each([
    [`${VALUE} already holds a run. Go on with --resume, or choose another folder.`],
    [`${VALUE} has no kernel; use another engine.`],
    [`no head "${VALUE}". Did you mean "medusa"?`],
    [`no engine "${VALUE}". Engines: native, wasm.`],
    [`eval "${VALUE}": ${VALUE}`],
  ])('that says what to do passes: %s', (message) => {
    expect(faultsOf('RUN_EXISTS', message)).toEqual([]);
  });

  it.each([
    [`${VALUE} already holds a run`, ['does not end with a full stop', 'says no next step']],
    [`${VALUE} already holds a run.`, ['says no next step']],
    ['Use nothing of it.', ['says no next step']],
    ['a name must be short. Use another.', ['has a rule and says no value']],
    [`it holds ${VALUE}. Use less.`, ['does not say who']],
  ])('that does not fails: %s', (message, faults) => {
    expect(faultsOf('RUN_EXISTS', message)).toEqual(faults);
  });

  it.each([
    [`no ${VALUE} "${VALUE}". Registered ${VALUE}: ${VALUE}.`],
    [`no operation "${VALUE}". Operations: ${VALUE}.`],
  ])('that lists what to choose from passes: %s', (message) => {
    expect(faultsOf('PLUGIN_UNKNOWN', message)).toEqual([]);
  });

  it('with a rule on what its reader wrote needs no other next step', () => {
    const message = `head "low-rank": rank must be >= 1, was ${VALUE} (ablation.yaml:14:11).`;
    expect(faultsOf('OPTIONS_INVALID', message)).toEqual([]);
    expect(faultsOf('FILE_CORRUPT', message)).toEqual(['says no next step']);
  });

  it('that is wrong is named with its place, once', () => {
    const source = parsed('packages/a/src/x.ts', "\nthrow new ForetokenError(isA ? 'A_B' : 'A_C', 'too bad.');");
    expect(problemsOf(raisedIn([source]))).toEqual(['packages/a/src/x.ts:2 says no next step: too bad.']);
  });
});

describe('the sources', () => {
  let all;
  beforeAll(() => {
    all = raisedIn(packageSources());
  });

  test('of the native engine have no such error either', () => {
    const faults = faultsIn(nativeSources());
    expect(faults.length).toBeGreaterThan(15);
    expect(problemsOf(faults, [])).toEqual([]);
  });

  test('have no error whose message lacks a rule’s value, a next step or a full stop', () => {
    expect(all.length).toBeGreaterThan(200);
    expect(problemsOf(all)).toEqual([]);
  });

  test('say most messages where they can be read', () => {
    const unread = all.filter(({ messages }) => messages.every((message) => message === VALUE));
    expect(unread.length).toBeLessThan(all.length / 20);
  });

  test('have every file that is excepted from the rules', () => {
    const files = new Set(all.map(({ file }) => file));
    expect(EXCEPTIONS.filter(({ file, why }) => !files.has(file) || why.length < 20)).toEqual([]);
  });
});
