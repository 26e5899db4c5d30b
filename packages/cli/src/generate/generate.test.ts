import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ansis } from 'ansis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GenerateOptions } from '../commands/generate.ts';
import type { CommandContext } from '../process/context.ts';
import { runBin, startBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';
import { run } from './generate.ts';

let cwd: string;
beforeAll(async () => {
  cwd = tinyExperiment();
  expect((await runBin(['train', 'tiny.json', '--set', 'training.steps=40'], { cwd })).code).toBe(0);
});
afterAll(() => rmSync(cwd, { recursive: true }));

/** Runs the command in this process. */
async function generate(options: Partial<GenerateOptions>, isJson = false) {
  const [stdout, stderr]: string[][] = [[], []];
  const context: CommandContext = {
    print: (text) => stdout.push(`${text}\n`),
    printJson: (value) => stdout.push(JSON.stringify(value)),
    stream: (text) => stdout.push(text),
    say: (text) => stderr.push(`${text}\n`),
    ...{ isJson, colours: new Ansis(0), signal: new AbortController().signal },
    board: () => undefined,
    progress: () => ({ update() {}, clear() {} }),
  };
  const code = await run(context, [path.join(cwd, 'runs/tiny')], { tokens: 128, prompt: ['do'], ...options });
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

async function json(options: Partial<GenerateOptions>) {
  const { code, stdout, stderr } = await generate(options, true);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

describe('foretoken generate', () => {
  it('gives the whole schema of acceptance, and what the output is', async () => {
    const found = await json({ tokens: 6 });
    expect(found).toMatchObject({
      run: path.join(cwd, 'runs/tiny'),
      ...{
        decoder: 'speculative',
        drafts: true,
        output: 'greedy',
        isReproducible: true,
        seed: 0,
        isInterrupted: false,
      },
      configuration: { name: 'speculative', rule: { name: 'exact' }, policy: { name: 'fixed' } },
      ...{ tokens: 6, rows: [{ prompt: 'do', tokens: 6, finished: 'length' }] },
    });
    const keys = ['forwards', 'tokens', 'bonus', 'tokensPerForward', 'proposed', 'accepted', 'unobserved', 'marginal'];
    const all = [...keys, 'conditional', 'nodes', 'acceptedLengths', 'rows'];
    expect(Object.keys(found.acceptance)).toEqual(all);
    const { forwards, acceptedLengths, proposed, unobserved } = found.acceptance;
    expect(acceptedLengths.reduce((sum: number, count: number) => sum + count)).toBe(forwards);
    expect(proposed[0] + unobserved[0]).toBe(forwards);
  });

  it('decodes several prompts at once, each to what it gives alone, with texts and files', async () => {
    const file = path.join(cwd, 'prompt');
    writeFileSync(file, 'ment');
    const both = await json({ promptFile: [file], tokens: 5 });
    const alone = [await json({ tokens: 5 }), await json({ prompt: ['ment'], tokens: 5 })];
    expect(both.rows).toEqual(alone.map(({ rows: [row] }) => row));
    expect(both.acceptance.rows.map(({ row }: { row: number }) => row)).toEqual([0, 1]);
    const { stdout } = await generate({ prompt: ['do', 'ment'], tokens: 5 });
    expect(stdout).toMatch(/^--- 1 of 2 ---\ndo[\s\S]*\n\n--- 2 of 2 ---\nment[\s\S]*\n$/);
  });

  it('says in two lines what it did, in words', async () => {
    const drafted = (await generate({ tokens: 6 })).stderr.split('\n');
    expect(drafted[0]).toMatch(/^speculative: 6 tokens in .* tokens\/s, \d\.\d\d tokens per forward, \d+% drafted and/);
    expect(drafted[1]).toMatch(/^drafts accepted by level: \d+%; rule exact, policy fixed; greedy’s own output$/);
    const lossy = (await generate({ rule: 'typical' })).stderr;
    expect(lossy).toMatch(/rule typical, policy fixed; lossy: neither greedy’s output nor the model’s distribution$/m);
    expect(lossy).toContain('the context is full (--window goes on)');
    const timed = (await generate({ policy: 'cost-model', tokens: 2 })).stderr;
    expect(timed).toMatch(/greedy’s own output, tokens per forward not reproducible$/m);
    expect((await generate({ decoder: 'greedy', tokens: 2 })).stderr).not.toMatch(/draft|rule/);
  });

  it('draws where a setting of draws is given, with a seed, and the same again', async () => {
    const drawn = { tokens: 8, temperature: 1.5, topP: 0.9 };
    const one = await json(drawn);
    expect(one).toMatchObject({
      output: 'same distribution',
      configuration: {
        rule: { name: 'rejection' },
        policy: { sampled: true },
        sampling: { temperature: 1.5, topP: 0.9 },
      },
    });
    expect((await json(drawn)).rows).toEqual(one.rows);
    const twice = await json({ ...drawn, prompt: ['do', 'do'] });
    expect(twice.rows[0]).toEqual(one.rows[0]);
    expect(twice.rows[1]).not.toEqual(one.rows[0]);
    const other = await json({ ...drawn, seed: 7 });
    expect(other.seed).toBe(7);
    expect(other.rows).not.toEqual(one.rows);
  });

  it('is greedy at temperature 0, also by a rule that keeps the distribution', async () => {
    const certain = await json({ tokens: 8, temperature: 0, rule: 'rejection' });
    expect(certain.output).toBe('greedy');
    expect(certain.rows[0].text).toBe((await json({ tokens: 8 })).rows[0].text);
  });

  it('has drafts drawn for a rule that keeps the distribution, unless a policy is named', async () => {
    expect((await json({ tokens: 2, rule: 'rejection' })).configuration.policy).toMatchObject({ sampled: true });
    const named = await json({ tokens: 2, rule: 'rejection', policy: '{ name: fixed, levels: 1 }' });
    expect(named.configuration.policy).toEqual({ name: 'fixed', levels: 1, sampled: false });
  });

  it('takes a bias, log-probabilities and a window, and decoders that the run does not name', async () => {
    const x = 'x'.charCodeAt(0);
    const biased = { bias: { [x]: 1000 }, window: 8, logProbabilities: 2 };
    const found = await json({ ...biased, tokens: 30, decoder: 'prompt-lookup' });
    expect(found.rows[0]).toMatchObject({ text: 'x'.repeat(30), finished: 'length' });
    expect(found.rows[0].logProbabilities).toHaveLength(30);
    for (const { token, text, logProbability, top } of found.rows[0].logProbabilities) {
      // The model's own, before the bias: far from certain.
      expect([token, text]).toEqual([x, 'x']);
      expect(logProbability).toBeLessThan(-0.5);
      expect(top).toHaveLength(2);
      expect(top[0].logProbability).toBeGreaterThanOrEqual(logProbability);
    }
    const table = (await generate({ tokens: 3, logProbabilities: 1 })).stdout;
    expect(table).toMatch(
      /token {2}text {2}log-probability {2}probable\n( +\d+ {2}"[^"]*" +-\d\.\d{3} {2}"[^"]*" -\d.*\n){3}$/,
    );
  });

  it('ends where a stop appears, and does not show it', async () => {
    const whole = (await json({ tokens: 10 })).rows[0].text as string;
    const stop = whole.slice(4, 6);
    const stopped = { tokens: 10, stop: ['never', stop] };
    const { rows } = await json(stopped);
    expect(rows[0]).toMatchObject({
      text: whole.slice(0, whole.indexOf(stop)),
      finished: 'stop',
      stop: { string: stop },
    });
    expect((await generate(stopped)).stdout.replaceAll(/[[\]]/g, '')).toBe(`do${rows[0].text}\n`);
  });

  it('ends on Ctrl-C with 130, its text so far and its numbers', async () => {
    const args = ['generate', 'runs/tiny', '--prompt', 'do', '--tokens', '1000000', '--window', '8'];
    const { child, finished } = startBin(args, { cwd });
    child.stdout.once('data', () => child.kill('SIGINT'));
    const { code, stdout, stderr } = await finished;
    expect(code).toBe(130);
    expect(stdout).toMatch(/^do[\s\S]+\n$/);
    expect(stderr).toMatch(/^speculative: \d+ tokens in .*, interrupted$/m);
  });

  it('has no text to show when it is interrupted before the first token, and says so in JSON', async () => {
    const [printed, aborted]: [unknown[], AbortController] = [[], new AbortController()];
    aborted.abort();
    const context = { printJson: (value: unknown) => printed.push(value), isJson: true, signal: aborted.signal };
    const folder = path.join(cwd, 'runs/tiny');
    const options = { prompt: ['do'], tokens: 5 };
    expect(await run({ ...context, colours: new Ansis(0) } as unknown as CommandContext, [folder], options)).toBe(130);
    expect(printed).toMatchObject([
      { isInterrupted: true, tokens: 0, rows: [{ prompt: 'do', text: '', finished: null }] },
    ]);
  });

  it.each<[Partial<GenerateOptions>, RegExp]>([
    [{ prompt: [''] }, /^PROMPT_EMPTY: --prompt: a prompt needs at least one byte/],
    [{ prompt: ['a'.repeat(16)] }, /^PROMPT_TOO_LONG: .*15 is the most in a context of 16/],
    [
      { temperature: 1, decoder: 'speculative' },
      /^OPTIONS_INVALID: --temperature: .*"speculative" under the rule "exact"/,
    ],
    [{ topK: 3, decoder: 'greedy' }, /^OPTIONS_INVALID: --top-k: decoder "greedy" gives greedy's output/],
    [{ decoder: 'greedyy' }, /^OPTIONS_INVALID: .*Did you mean "greedy"\? The run has: greedy, speculative\. Plugins/],
    [{ rule: 'exacd' }, /^PLUGIN_UNKNOWN: .*Did you mean "exact"\?/],
    [{ policy: '{ name: fixed, levels: 9 }' }, /^DRAFT_UNSUPPORTED: .*levels is 9/],
    [{ policy: '{ name: fixed, level: 1 }' }, /^OPTIONS_INVALID: .*level/],
    [{ temperature: -1 }, /^CONFIG_INVALID: .*temperature/],
    [{ bias: { 256: 1 } }, /^OPTIONS_INVALID: .*token ids in \[0, 256\)/],
    [{ window: 16 }, /^OPTIONS_INVALID: .*window/],
    [{ stop: [''] }, /^OPTIONS_INVALID: .*stop/],
  ])('refuses %j', async (options, message) => {
    await expect(generate(options)).rejects.toThrow(message);
  });

  it.each([
    [[], /^PROMPT_EMPTY: stdin: /],
    [['--prompt', 'a', '--temperature', '-1'], /^USAGE: .*It must be a number of at least 0/],
    [['--prompt', 'a', '--temperature', 'NaN'], /^USAGE: .*It must be a number of at least 0/],
    [['--prompt', 'a', '--bias', 'a=1'], /^USAGE: .*a token id and a number/],
  ])('refuses %j with exit code 2 and one message', async (args, message) => {
    const { code, stdout, stderr } = await runBin(['generate', 'runs/tiny', ...args], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
