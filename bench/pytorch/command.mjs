// Runs one program to its end and reads the JSON object on its last line.
import { spawn } from 'node:child_process';

/** A program that ended in another way than with a JSON object: what was run, why it failed, what it said. */
export class CommandFailed extends Error {
  constructor(command, reason, stderr) {
    super(`${command}: ${reason}`);
    Object.assign(this, { name: 'CommandFailed', command, reason, stderr: lastLines(stderr) });
  }
}

/** Lines of an error output that are kept: a Python traceback's end says what happened. */
const keptLines = 12;

const lastLines = (text) => text.trimEnd().split('\n').slice(-keptLines).join('\n');

/**
 * Runs a program, which outlives neither `timeoutMs` nor this process.
 *
 * @returns the object on the last line of its stdout
 * @throws CommandFailed if it does not start, does not end in time, fails, or prints no JSON object
 */
export async function runJson(program, args, { timeoutMs }) {
  const command = [program, ...args].join(' ');
  const { code, signal, stdout, stderr, error, isLate } = await runToEnd(program, args, timeoutMs);
  if (error) throw new CommandFailed(command, `did not start (${error.message})`, stderr);
  if (isLate) throw new CommandFailed(command, `did not end within ${timeoutMs / 1_000} s`, stderr);
  if (code !== 0) throw new CommandFailed(command, signal ? `was ended by ${signal}` : `exit code ${code}`, stderr);
  const result = parsedObject(stdout.trimEnd().split('\n').at(-1));
  if (result === undefined) throw new CommandFailed(command, 'printed no JSON object', stderr);
  return result;
}

function runToEnd(program, args, timeoutMs) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let isLate = false;
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutMs);
  const [stdout, stderr] = [child.stdout, child.stderr].map(collected);
  return new Promise((resolve) => {
    const end = (more) => {
      clearTimeout(timer);
      process.off('exit', kill);
      resolve({ stdout: stdout.join(''), stderr: stderr.join(''), isLate, ...more });
    };
    child.once('error', (error) => end({ error }));
    child.once('close', (code, signal) => end({ code, signal }));
  });
}

function collected(stream) {
  const chunks = [];
  stream.setEncoding('utf8').on('data', (text) => chunks.push(text));
  return chunks;
}

/** The object or array that a text is in JSON; undefined for any other text. */
export function parsedObject(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
