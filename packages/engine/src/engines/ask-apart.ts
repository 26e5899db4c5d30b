import { type ExecFileException, execFile } from 'node:child_process';

/** What a script printed last, as JSON, with a warning that it printed; or why it has no answer. */
export type Answer<T> = { readonly value: T; readonly said?: string } | { readonly reason: string };

const LONGEST_MS = 60_000;

/**
 * Runs a script in a process of its own: a driver that crashes takes only that one down, what native code prints becomes
 * the reason, and nothing stays open.
 * @param script - ES module source; it may take {@link LONGEST_MS}
 */
export function askApart<T>(script: string, environment: Readonly<Record<string, string>> = {}): Promise<Answer<T>> {
  const args = ['--input-type=module', '--eval', script];
  const options = { timeout: LONGEST_MS, windowsHide: true, env: { ...process.env, ...environment } };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => resolve(read(error, stdout, stderr)));
  });
}

function read<T>(error: ExecFileException | null, stdout: string, stderr: string): Answer<T> {
  const said = /^(?:Warning|Error): (.*)$/m.exec(stderr)?.[1];
  if (error !== null) return { reason: `it ended ${endOf(error)}${said === undefined ? '' : ` (${said})`}` };
  const answer = stdout.trim().split('\n').at(-1) ?? '';
  try {
    return { value: JSON.parse(answer) as T, said };
  } catch {
    return { reason: `it gave ${JSON.stringify(answer)}` };
  }
}

function endOf({ killed, signal, code }: ExecFileException): string {
  if (killed) return `without an answer in ${LONGEST_MS / 1000} s`;
  return signal ? `by ${signal}` : `with exit code ${code}`;
}
