// The library's tests and the addon's boundary under sanitizers. First, mistakes made on purpose must be found: a sanitizer that
// is silent about them proves nothing.
import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { compiler, runs } from './build/compile.mjs';
import { nativeFolder } from './build/settings.mjs';
import { buildAddon, buildTestProgram } from './build/test-program.mjs';
import { calledFunctions } from './coverage.mjs';

const COMMON = ['-O1', '-g', '-fno-omit-frame-pointer'];
const OPTIONS = 'allocator_may_return_null=1:halt_on_error=1:abort_on_error=0:print_stacktrace=1';

/** Programs, the share of random rounds that they run, and what must be heard of each planted mistake. */
const SANITIZERS = [
  {
    name: 'addresses',
    title: 'addresses, leaks and undefined behaviour',
    flags: [...COMMON, '-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
    // GCC 12 lays frames kept against use after return at multiples of 32 bytes, and stores 64-byte vectors there as if
    // at multiples of 64 (PR 110027): a fault of the watched build alone.
    wideFlags: ['--param=asan-use-after-return=0'],
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

/** What is said and counted on the way. */
class Report {
  passed = 0;
  failed = 0;
  started = Date.now();

  say(text) {
    console.log(`${((Date.now() - this.started) / 1000).toFixed(0).padStart(4)} s  ${text}`);
  }

  tally(isGood, text) {
    this[isGood ? 'passed' : 'failed']++;
    this.say(`${isGood ? 'ok  ' : 'FAIL'}  ${text}`);
  }

  /** Work that counts for itself, unless it throws. */
  async attempt(title, work) {
    try {
      await work(this);
    } catch (error) {
      console.log(error.message.slice(-20_000));
      this.tally(false, title);
    }
  }
}

/** Runs everything. @returns {Promise<{ passed: number, failed: number }>} */
export async function sanitize() {
  const report = new Report();
  if (await runs(compiler)) {
    for (const sanitizer of SANITIZERS) {
      await report.attempt(`the library is watched for ${sanitizer.title}`, () => check(report, sanitizer));
    }
    await report.attempt('every function of the library is called by a test', checkCalls);
    await report.attempt('the addon is watched for addresses and undefined behaviour', () =>
      checkBoundary(report, SANITIZERS[0]),
    );
  } else {
    report.tally(false, `"${compiler}" cannot be run; install a C++17 compiler (Debian: apt-get install g++)`);
  }
  return report;
}

/** A function that no test calls is watched by nobody. */
async function checkCalls(report) {
  report.say('compiling to count the calls of each function');
  const { functions, uncalled } = await calledFunctions({ share: 0.05 });
  for (const one of uncalled) console.log(`never called: ${one}`);
  report.tally(functions > 0 && uncalled.length === 0, `a test calls each of the library's ${functions} functions`);
}

/** Calls from JavaScript into an addon whose every access is watched, from one thread and from several. */
async function checkBoundary(report, { name, flags, wideFlags, environment }) {
  report.say('compiling the addon for addresses and undefined behaviour');
  const addon = await buildAddon({ name, flags, wideFlags });
  // Node itself is not instrumented, so its own leaks are not looked for.
  const watched = {
    ...environment,
    LD_PRELOAD: execFileSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
    ASAN_OPTIONS: `${OPTIONS}:detect_leaks=0:max_allocation_size_mb=500`,
  };
  const fuzz = join(nativeFolder, 'test/fuzz/fuzz.mjs');
  for (const [title, ...args] of [
    ['one thread calls every function of the addon', '--seed=11', '--runs=1500'],
    ['several threads call every function of the addon', '--seed=12', '--runs=100', '--workers=2'],
  ]) {
    const { code, output } = await run(process.execPath, [fuzz, `--addon=${addon}`, ...args], watched);
    const isGood = code === 0 && /^\{"seed".*\}$/m.test(output) && !/"problem":/.test(output);
    if (!isGood) console.log(output.slice(-20_000));
    report.tally(isGood, title);
  }
}

async function check(report, { name, title, flags, wideFlags, environment, share, planted }) {
  report.say(`compiling for ${title}`);
  const program = await buildTestProgram({ name, flags, wideFlags });
  for (const [mistake, heard] of Object.entries(planted)) {
    const { code, output } = await run(program, [`--plant=${mistake}`], environment);
    report.tally(code !== 0 && heard.test(output), `a planted mistake is found: ${mistake}`);
  }
  report.say(`running every test, watched for ${title}`);
  const { code, output } = await run(program, [`--share=${share}`], environment, (line) => {
    if (/^(ok|FAIL) /.test(line)) report.say(line);
  });
  const [, passed = 0, failed = 0] = output.match(/^(\d+) passed, (\d+) failed$/m) ?? [];
  report.passed += Number(passed);
  report.failed += Number(failed);
  if (code === 0) return;
  console.log(output.replaceAll(/^ok .*\n/gm, '').slice(0, 20_000));
  if (Number(failed) === 0) report.tally(false, `the tests end well, watched for ${title}`);
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
