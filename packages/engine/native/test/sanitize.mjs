// The library's tests under sanitizers. First, mistakes made on purpose must be found: a sanitizer that is silent about them
// proves nothing. Last line: how many passed and failed.
import { spawn } from 'node:child_process';
import { compiler, runs } from './build/compile.mjs';
import { buildTestProgram } from './build/test-program.mjs';

const COMMON = ['-O1', '-g', '-fno-omit-frame-pointer'];
const OPTIONS = 'allocator_may_return_null=1:halt_on_error=1:abort_on_error=0:print_stacktrace=1';

/** Programs, the share of random rounds that they run, and what must be heard of each planted mistake. */
const SANITIZERS = [
  {
    name: 'addresses',
    title: 'addresses, leaks and undefined behaviour',
    flags: [...COMMON, '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    environment: { ASAN_OPTIONS: `${OPTIONS}:detect_leaks=1:detect_stack_use_after_return=1`, UBSAN_OPTIONS: OPTIONS },
    share: 0.5,
    planted: {
      overflow: /use-after-poison|heap-buffer-overflow/,
      freed: /use-after-poison|use-after-free/,
      integer: /signed integer overflow/,
      leak: /LeakSanitizer: detected memory leaks/,
    },
  },
  {
    name: 'threads',
    title: 'races between threads',
    flags: [...COMMON, '-fsanitize=thread'],
    environment: { TSAN_OPTIONS: OPTIONS },
    share: 0.2,
    planted: { race: /ThreadSanitizer: data race/ },
  },
];

const sum = { passed: 0, failed: 0 };
const started = Date.now();
const say = (text) => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s  ${text}`);
const tally = (isGood, text) => {
  sum[isGood ? 'passed' : 'failed']++;
  say(`${isGood ? 'ok  ' : 'FAIL'}  ${text}`);
};

if (await runs(compiler)) {
  for (const sanitizer of SANITIZERS) await check(sanitizer);
} else {
  tally(false, `"${compiler}" cannot be run; install a C++17 compiler (Debian: apt-get install g++)`);
}
console.log(`${sum.passed} passed, ${sum.failed} failed`);
process.exitCode = sum.failed === 0 ? 0 : 1;

async function check({ name, title, flags, environment, share, planted }) {
  say(`compiling for ${title}`);
  let program;
  try {
    program = await buildTestProgram({ name, flags });
  } catch (error) {
    console.log(error.message);
    tally(false, `the library compiles for ${title}`);
    return;
  }
  for (const [mistake, heard] of Object.entries(planted)) {
    const { code, output } = await run(program, [`--plant=${mistake}`], environment);
    tally(code !== 0 && heard.test(output), `a planted mistake is found: ${mistake}`);
  }
  say(`running every test, watched for ${title}`);
  const { code, output } = await run(program, [`--share=${share}`], environment, (line) => {
    if (/^(ok|FAIL) /.test(line)) say(line);
  });
  const [, passed = 0, failed = 0] = output.match(/^(\d+) passed, (\d+) failed$/m) ?? [];
  sum.passed += Number(passed);
  sum.failed += Number(failed);
  if (code === 0) return;
  console.log(output.replaceAll(/^ok .*\n/gm, '').slice(0, 20_000));
  if (Number(failed) === 0) tally(false, `the tests end well, watched for ${title}`);
}

/** Runs a program to its end; what it says is collected, and each line handed on as it comes. */
function run(program, args, environment, onLine = () => {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let line = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        const lines = (line + text).split('\n');
        line = lines.pop();
        for (const one of lines) onLine(one);
      });
    }
    child.on('error', (error) => resolve({ code: 127, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
