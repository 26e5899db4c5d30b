import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { inRoot, root } from './paths.mjs';

/** A step that failed, with what to do next; entry scripts print it without a stack. */
export class StepFailed extends Error {
  constructor(what, next, exitCode = 1) {
    super(`${what}\nNext step: ${next}`);
    this.exitCode = exitCode;
  }
}

/** Environment of every tool: no telemetry, no update checks, and the pinned pnpm first on the path. */
export function toolEnvironment(extra = {}) {
  const bin = inRoot('tools/pnpm/node_modules/.bin');
  // `npm run -s` sets it for itself; a tool that inherited it would fail without a word.
  const { npm_config_loglevel: _, ...environment } = process.env;
  return {
    ...environment,
    PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}`,
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
    ...extra,
  };
}

/**
 * Runs a program and waits for it; SIGINT and SIGTERM that reach only this process are passed on.
 *
 * @param options.output - 'stderr' (default: this command's stdout is for results alone), 'stdout' (captures it) or 'both'
 *   (captures stderr with it)
 * @returns the exit code (128 + the signal's number where a signal ended it) and what was captured
 */
export function run(program, args, { cwd = root, env = toolEnvironment(), output = 'stderr' } = {}) {
  return new Promise((resolve, reject) => {
    const [out, err] = { stderr: [2, 'inherit'], stdout: ['pipe', 'inherit'], both: ['pipe', 'pipe'] }[output];
    const child = spawn(program, args, { cwd, env, stdio: ['inherit', out, err] });
    let captured = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text) => {
        captured += text;
      });
    }
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    const settle = () => process.off('SIGINT', forward).off('SIGTERM', forward);
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('close', (code, signal) => {
      settle();
      resolve({ code: code ?? { SIGINT: 130, SIGTERM: 143, SIGKILL: 137 }[signal] ?? 1, captured });
    });
  });
}

/** Runs a JavaScript program under this very Node. */
export const runNode = (script, args, options) => run(process.execPath, [script, ...args], options);

/** The pinned pnpm's program. */
export const pnpmScript = () => inRoot('tools/pnpm/node_modules/pnpm/bin/pnpm.cjs');

/** Runs npm: the one that started us where there is one, else the one on the path. */
export function runNpm(args, options) {
  const started = process.env.npm_execpath;
  if (started && path.basename(started) === 'npm-cli.js' && existsSync(started)) return runNode(started, args, options);
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options);
}
