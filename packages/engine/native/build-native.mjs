// Compiles the addon with node-gyp against the headers of the npm package node-api-headers: nothing is downloaded.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const addonFile = join(folder, 'build/Release/foretoken.node');
const stampFile = join(folder, 'build/foretoken-build.json');

/** What node-gyp expects of a Node installation beside the headers: compiler flags, none of which the addon needs. */
const COMMON_GYPI = `{
  "variables": {"visibility%": "hidden", "library%": "static_library", "component%": "static_library"},
  "target_defaults": {
    "default_configuration": "Release",
    "configurations": {"Release": {"defines": ["NDEBUG"]}, "Debug": {"cflags": ["-g"]}},
    "conditions": [["OS=='mac'", {"xcode_settings": {
      "CLANG_CXX_LANGUAGE_STANDARD": "c++17", "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
      "OTHER_LDFLAGS": ["-undefined dynamic_lookup"]}}]]
  }
}
`;

/**
 * Builds the addon unless the one there was made from these very sources.
 * @param {{ force?: boolean, log?: (line: string) => void }} options - `log` gets each line that the compiler prints, as it comes
 * @returns {Promise<{ built: boolean, reason?: string, seconds?: number }>} the reason is one sentence with the next step
 */
export async function buildNative({ force = false, log = () => {} } = {}) {
  const key = sourceKey();
  const stamp = readStamp();
  if (!force && stamp?.key === key && (stamp.failed || existsSync(addonFile))) {
    return stamp.failed ? { built: false, reason: stamp.reason } : { built: true, seconds: 0 };
  }
  const started = Date.now();
  const { reason, failed = false } = await compile(log);
  const seconds = (Date.now() - started) / 1000;
  if (reason !== undefined) rmSync(addonFile, { force: true });
  mkdirSync(dirname(stampFile), { recursive: true });
  // A missing tool is looked for again each time; sources that did not compile are not compiled again until they change.
  writeFileSync(stampFile, `${JSON.stringify({ key, seconds, reason, failed })}\n`);
  return reason === undefined ? { built: true, seconds } : { built: false, reason };
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Changes with every source file, the platform and the compiler asked for. */
function sourceKey() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${process.env.CXX ?? ''}`);
  const files = ['library', 'library/simd', 'addon']
    .flatMap((name) =>
      readdirSync(join(folder, name), { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(name, entry.name)),
    )
    .concat('binding.gyp')
    .sort();
  for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex');
}

/** @returns {Promise<{ reason?: string, failed?: boolean }>} why it was not built, and whether the compiler failed on the sources */
async function compile(log) {
  if (process.platform === 'win32') return { reason: 'it has not been ported to Windows; use the wasm engine.' };
  const headersPackage = resolveOr('node-api-headers/package.json');
  if (headersPackage === undefined)
    return { reason: 'the npm package node-api-headers is missing; install the dependencies again.' };
  const gyp = resolveOr('node-gyp/bin/node-gyp.js');
  if (gyp === undefined) return { reason: 'the npm package node-gyp is missing; install the dependencies again.' };
  const compiler = process.env.CXX ?? 'c++';
  for (const [command, remedy] of [
    [compiler, 'install a C++17 compiler and make (Debian: apt-get install g++ make)'],
    ['make', 'install make (Debian: apt-get install make)'],
    [process.env.PYTHON ?? 'python3', 'install Python 3, which node-gyp runs on (Debian: apt-get install python3)'],
  ]) {
    if (!(await runs(command, ['--version']))) {
      return { reason: `"${command}" cannot be run; ${remedy}, then run \`foretoken engine build\`.` };
    }
  }
  const staging = stage(dirname(headersPackage));
  try {
    const jobs = String(Math.max(1, availableParallelism()));
    const args = [gyp, 'rebuild', '--loglevel=warn', `--jobs=${jobs}`];
    // node-gyp takes these from the environment before it looks at its own arguments; make would take g++ by itself.
    const environment = { npm_config_nodedir: join(staging, 'headers'), npm_config_jobs: jobs, CXX: compiler };
    const { code, output } = await run(process.execPath, args, { cwd: staging, environment, onLine: log });
    const built = join(staging, 'build/Release/foretoken.node');
    if (code !== 0 || !existsSync(built)) return { reason: reasonIn(output), failed: true };
    mkdirSync(dirname(addonFile), { recursive: true });
    renameSync(built, addonFile);
    return {};
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function reasonIn(output) {
  const lines = output.trimEnd().split('\n');
  const line = lines.find((text) => /error/i.test(text)) ?? lines[lines.length - 1] ?? '';
  return `the compiler failed (${line.trim()}); run \`foretoken engine build --force\` to see all it says.`;
}

/**
 * A folder to build in: links to the sources, and headers laid out as node-gyp expects those of an installed Node. Each build
 * has its own, so that two at a time do not clean up under each other; the finished addon is moved to its place in one step.
 */
function stage(headersFolder) {
  const staging = mkdtempSync(join(folder, 'staging-'));
  for (const name of ['library', 'addon', 'binding.gyp']) symlinkSync(join(folder, name), join(staging, name));
  const include = join(staging, 'headers/include/node');
  mkdirSync(include, { recursive: true });
  cpSync(join(headersFolder, 'include'), include, { recursive: true });
  writeFileSync(join(include, 'common.gypi'), COMMON_GYPI);
  writeFileSync(join(include, 'config.gypi'), '{"variables": {}}\n');
  return staging;
}

function resolveOr(name) {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
}

const runs = async (command, args) => (await run(command, args)).code === 0;

function run(command, args, { cwd = folder, environment = {}, onLine = () => {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
        const lines = (rest + text).split('\n');
        rest = lines.pop();
        for (const line of lines) onLine(line);
      });
      stream.on('end', () => {
        if (rest !== '') onLine(rest);
      });
    }
    child.on('error', () => resolve({ code: 127, output }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
