import { type ExecFileException, execFile } from 'node:child_process';

/** How a program ended. */
export interface ToolResult {
  /** 0 where all went well; undefined where the program could not be started. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const LONGEST_MS = 20 * 60_000;

/** Runs a program of the machine to its end. */
export function runTool(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<ToolResult> {
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: LONGEST_MS, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      resolve({ code: codeOf(error), stdout, stderr });
    });
  });
}

function codeOf(error: ExecFileException | null): number | undefined {
  if (error === null) return 0;
  return typeof error.code === 'string' ? undefined : (error.code ?? 1);
}
