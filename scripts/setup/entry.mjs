import { StepFailed } from './command.mjs';

/** Runs an entry script's work; its result, or a failed step's code, becomes the exit code. */
export async function runEntry(work) {
  try {
    process.exitCode = (await work()) ?? 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}
