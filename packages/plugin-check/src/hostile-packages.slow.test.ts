import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { type CheckOptions, checkPlugin } from './check-plugin.ts';
import { reportMarkdown } from './markdown.ts';
import type { PluginReport } from './report.ts';
import { CLEAN_CODE, packageFiles } from './testing/package.fixture.ts';

// The engine whose loops are plain: the others would say the same, later.
const quick: CheckOptions = { engines: ['cpu'], deadlineMs: 60_000, memoryBytes: 600 * 2 ** 20 };

const root = mkdtempSync(path.join(tmpdir(), 'foretoken-hostile-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Checks the clean package with another module, installed in a folder of its own. */
async function checked(code: string, options: CheckOptions = {}, changes: object = {}): Promise<PluginReport> {
  const project = mkdtempSync(path.join(root, 'project-'));
  for (const { path: file, content } of packageFiles({ ...changes }, { 'dist/echo.js': code })) {
    const target = path.join(project, 'node_modules/foretoken-head-echo', file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
  return checkPlugin('foretoken-head-echo', { ...quick, ...options, from: project });
}

const before = (code: string): string => `${code}\n${CLEAN_CODE}`;
const inForward = (code: string): string =>
  CLEAN_CODE.replace(
    'forward: (offset, { trunk: [hidden] }) =>',
    `forward: (offset, { trunk: [hidden] }) => ${code} ||`,
  );

const errors = ({ sections }: PluginReport): readonly string[] =>
  sections.flatMap(({ findings }) =>
    findings.filter(({ severity }) => severity === 'error').map((one) => one.sentence),
  );

describe('checkPlugin', () => {
  it('passes a package that keeps every rule', async () => {
    const report = await checked(CLEAN_CODE);
    const found = report.sections.flatMap(({ findings }) => findings);
    expect(found).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      package: 'foretoken-head-echo',
      provides: [{ kind: 'head', name: 'echo' }],
    });
    const [suite] = report.suites;
    expect(suite.total).toBeGreaterThan(10);
    expect(suite).toMatchObject({ engine: 'cpu', passed: suite.total });
  });

  it.each<[string, string, RegExp, CheckOptions?]>([
    ['exits on import', before('process.exit(0);'), /ended the process with exit code \d while it was imported/],
    ['throws on import', before("throw new Error('no licence key');"), /importing it failed: no licence key/],
    [
      'hangs on import',
      before('for (;;);'),
      /did not come to an end within 3 s while it was imported/,
      { deadlineMs: 3000 },
    ],
    [
      'waits for ever on import',
      before('await new Promise(() => setInterval(() => {}, 1000));'),
      /within 3 s/,
      { deadlineMs: 3000 },
    ],
    [
      'eats memory on import',
      before('const all = []; for (;;) all.push(new Uint8Array(2 ** 24).fill(1));'),
      /used \d+ MiB of memory, where 600 MiB are allowed while it was imported/,
    ],
    [
      'says why before it is gone',
      before("console.log('bye'); process.exit(3);"),
      /ended the process.*the last that it wrote is “bye”/,
    ],
    ['kills itself', before("process.kill(process.pid, 'SIGKILL');"), /by the signal SIGKILL/],
    ['exports nothing', 'export const nothing = 1;', /default export/],
    ['exports another kind', CLEAN_CODE.replace("name: 'echo'", "name: 'other'"), /promises head "echo"/],
  ])('reports a package that %s, and runs nothing more of it', async (_, code, message, options) => {
    const report = await checked(code, options);
    expect(errors(report)).toEqual([expect.stringMatching(message)]);
    expect(report.sections.find(({ name }) => name === 'contracts')!.state).toBe('not run');
  });

  it.each<[string, string, RegExp]>([
    [
      'pollutes a prototype',
      before('Object.prototype.polluted = 1;'),
      /built-in prototype \(added Object\.prototype\.polluted\)/,
    ],
    ['replaces a global', before('Math.max = () => 0;'), /replaced Math\.max/],
    ['changes the environment', before("process.env.FORETOKEN_X = '1';"), /environment \(FORETOKEN_X\)/],
    ['changes the folder', before("process.chdir('/');"), /folder of the process/],
    ['listens to the process', before("process.on('uncaughtException', () => {});"), /uncaughtException/],
    ['writes when it is imported', before("console.log('hello');"), /wrote to the output.*“hello”/],
    ['leaves a timer', before('setInterval(() => {}, 1e6);'), /left something open.*Timeout/],
    ['draws Math.random', before('export const x = Math.random();'), /Math\.random, echo\.js:1/],
    ['draws from crypto', before("import { randomBytes } from 'node:crypto'; randomBytes(4);"), /crypto\.randomBytes/],
    ['draws by a callback', before('[1].map(Math.random);'), /Math\.random/],
    ['reads a clock in forward', inForward('(Date.now() && undefined)'), /clock \(Date\.now, echo\.js/],
    ['draws in forward', inForward('(Math.random() && undefined)'), /Math\.random, echo\.js/],
    ['changes a global in forward', inForward('(void (globalThis.seen = 1))'), /added globalThis\.seen/],
  ])('reports a package that %s', async (_, code, message) => {
    const { sections } = await checked(code);
    const host = sections.find(({ name }) => name === 'host')!;
    expect(host.findings.map(({ sentence }) => sentence)).toEqual([expect.stringMatching(message)]);
    expect(host.state).not.toBe('passed');
  });

  it('reports an import that takes seconds', async () => {
    const { sections } = await checked(before('const end = Date.now() + 2500; while (Date.now() < end);'));
    const host = sections.find(({ name }) => name === 'host')!;
    expect(host.findings.map(({ sentence }) => sentence)).toContainEqual(expect.stringMatching(/import took \d/));
  });

  it('goes on with the other checks when one takes the process with it', async () => {
    // Zeros are what one check alone gives to `forward`.
    const exits = inForward('(hidden.abs().max().dataSync()[0] === 0 ? process.exit(4) : undefined)');
    const report = await checked(exits);
    const [{ checks }] = report.suites;
    expect(checks.filter(({ outcome }) => outcome === 'lost')).toMatchObject([
      {
        title: expect.stringContaining('zero'),
        why: expect.stringMatching(/ended the process with exit code 4 while/),
      },
    ]);
    expect(checks.filter(({ outcome }) => outcome === 'not run')).toEqual([]);
    expect(checks.filter(({ outcome }) => outcome === 'passed').length).toBeGreaterThan(5);
    expect(report.ok).toBe(false);
  });

  it('gives up a suite after three lost processes, and says how much was not run', async () => {
    const report = await checked(inForward('process.exit(4)'));
    const [{ checks }, ...others] = report.suites;
    expect(others).toEqual([]);
    expect(checks.filter(({ outcome }) => outcome === 'lost')).toHaveLength(3);
    expect(errors(report).at(-1)).toMatch(/further checks were not run, because it was lost in so many/);
  });

  it('ends what hangs in a hook by its name', async () => {
    const report = await checked(CLEAN_CODE.replace('const steps', 'for (;;);\n    const steps'), { deadlineMs: 5000 });
    expect(errors(report)[0]).toMatch(/did not come to an end within 5 s while it was checked that it /);
  });

  it('reports rules that are broken as the suite does, without the name twice', async () => {
    const report = await checked(CLEAN_CODE.replace('offset === 1 ? hidden :', 'offset === 1 ? ops.mul(hidden, 0) :'));
    const { findings, summary } = report.sections.find(({ name }) => name === 'contracts')!;
    expect(findings.length).toBeGreaterThan(0);
    for (const { where, sentence } of findings) {
      expect(where).toBe('head "echo" on cpu');
      expect(sentence).not.toMatch(/^head "echo"/);
    }
    expect(summary).toMatch(/^\d+ of \d+ checks passed on cpu$/);
  });

  it('says one mistake once, however many checks it kept from coming to an end', async () => {
    const found = errors(await checked(inForward("(() => { throw new Error('no rank'); })()")));
    const many = found.filter((sentence) => sentence.includes('forward throws "no rank"'));
    expect(many).toEqual([
      expect.stringMatching(
        /^In 1\d checks forward throws "no rank" at dist\/echo\.js:\d+, first where .* Mend that first/,
      ),
    ]);
    // What else is found has words of its own.
    expect(found.length).toBeLessThan(5);
  });

  it('says where a plugin threw: the line in the text, the stack in the data', async () => {
    const line = CLEAN_CODE.split('\n').findIndex((text) => text.includes('forward:')) + 1;
    // Zeros are what one check alone gives to `forward`.
    const sometimes = '(hidden.abs().max().dataSync()[0] === 0 ? ops.reshape(hidden, [3]) : undefined)';
    const report = await checked(inForward(sometimes));
    expect(errors(report)).toEqual([
      expect.stringMatching(new RegExp(`SHAPE_MISMATCH.* It was thrown at dist/echo\\.js:${line}\\.$`)),
    ]);
    expect(reportMarkdown(report)).toContain(`dist/echo.js:${line}`);
    const [{ stack }] = report.suites[0].checks.filter(({ outcome }) => outcome === 'broken');
    expect(stack).toMatch(new RegExp(`\n    at .*dist/echo\\.js:${line}:\\d+`));
    expect(stack).not.toContain('attached as the cause');
  });

  it('lets an eval read the model: its weights, by the operations of the engine that is checked', async () => {
    const norm = `import { defineEval } from '@foretoken/core/plugin';
export default defineEval({
  name: 'echo',
  create: () => ({
    async measure({ model: { engine, parameters, readout } }) {
      const { ops, tidy } = engine;
      const normOf = (weight) => tidy(() => Math.sqrt(ops.sum(ops.square(ops.reshape(weight, [-1]))).dataSync()[0]));
      return { results: { norms: [...parameters.values()].map(normOf), readout: normOf(readout(1).weight_EV) } };
    },
  }),
});
`;
    const foretoken = { api: 1, provides: [{ kind: 'eval', name: 'echo', export: '.' }] };
    const report = await checked(norm, {}, { foretoken });
    expect(errors(report)).toEqual([]);
    const [suite] = report.suites;
    expect(suite).toMatchObject({ kind: 'eval', engine: 'cpu', passed: suite.total });
  });

  it('ends what a package started, and removes its own folder, also when it is stopped', async () => {
    const beats = path.join(root, 'beats.txt');
    const beat = `setInterval(() => require('node:fs').appendFileSync(${JSON.stringify(beats)}, '.'), 50)`;
    const spawns = `import { spawn } from 'node:child_process';
      spawn(process.execPath, ['-e', ${JSON.stringify(beat)}], { stdio: 'inherit' }); await new Promise(() => {});`;
    const stop = new AbortController();
    const running = checked(before(spawns), { signal: stop.signal });
    const size = () => (readdirSync(root).includes('beats.txt') ? readFileSync(beats).length : 0);
    while (size() < 3) await wait(50);
    stop.abort();
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    const last = size();
    await wait(500);
    expect(size()).toBe(last);
  });

  it('does not wait for a process that a package started in a group of its own', async () => {
    const pid = path.join(root, 'pid.txt');
    const spawns = `import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 120_000)'], { stdio: 'inherit', detached: true });
      writeFileSync(${JSON.stringify(pid)}, String(child.pid)); process.exit(5);`;
    const report = await checked(before(spawns));
    const escaped = Number(readFileSync(pid, 'utf8'));
    // It lives, and holds the output of the process that is gone.
    expect(process.kill(escaped, 'SIGKILL')).toBe(true);
    expect(errors(report)).toEqual([expect.stringMatching(/ended the process/)]);
  });

  it('does not run code whose dependencies are not there, and says which', async () => {
    const report = await checked(CLEAN_CODE, {}, { dependencies: { 'pad-that-is-nowhere': '^1.0.0' } });
    expect(errors(report)).toEqual([expect.stringMatching(/needs pad-that-is-nowhere, which is not installed/)]);
  });

  it('checks with the options and settings that a file or the package names', async () => {
    const check = { settings: { horizon: 2 } };
    const foretoken = { api: 1, provides: [{ kind: 'head', name: 'echo', export: '.', check }] };
    expect((await checked(CLEAN_CODE, {}, { foretoken })).suites[0].settings).toEqual({ horizon: 2 });
    const file = path.join(root, 'check.json');
    writeFileSync(file, '{ "head/echo": { "options": { "rank": 2 } } }');
    const report = await checked(CLEAN_CODE, { optionsFile: file });
    expect(report.suites[0].options).toEqual({ rank: 2 });
    expect(errors(report)).toEqual([expect.stringMatching(/OPTIONS_INVALID.*--options FILE/)]);
  });

  it('refuses engines that are not there', async () => {
    await expect(checkPlugin('.', { engines: ['abacus' as 'cpu'] })).rejects.toMatchObject({ code: 'ENGINE_UNKNOWN' });
  });
});
