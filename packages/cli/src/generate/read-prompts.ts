import { readFile } from 'node:fs/promises';
import { ForetokenError } from '@foretoken/engine/errors';
import type { GenerateOptions } from '../commands/generate.ts';

/** Where prompts come from when no option names any. */
export interface PromptInput extends AsyncIterable<Uint8Array | string> {
  readonly isTTY?: boolean;
}

/**
 * The prompts of a command line, as they are: texts first, then files; without either what stdin holds.
 *
 * @throws USAGE if there is none and stdin is a terminal; PROMPT_EMPTY; FILE_READ
 */
export async function readPrompts(
  { prompt = [], promptFile = [] }: Pick<GenerateOptions, 'prompt' | 'promptFile'>,
  stdin: PromptInput = process.stdin,
): Promise<readonly Uint8Array[]> {
  const texts = prompt.map((text) => nonEmpty(new TextEncoder().encode(text), '--prompt'));
  const files = await Promise.all(promptFile.map(async (file) => nonEmpty(await readPromptFile(file), file)));
  if (texts.length + files.length > 0) return [...texts, ...files];
  if (stdin.isTTY) {
    throw new ForetokenError('USAGE', 'no prompt. Give one with --prompt or --prompt-file, or pipe one in.');
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return [nonEmpty(Buffer.concat(chunks), 'stdin')];
}

function nonEmpty(bytes: Uint8Array, source: string): Uint8Array {
  if (bytes.length > 0) return bytes;
  throw new ForetokenError(
    'PROMPT_EMPTY',
    `${source}: a prompt needs at least one byte, was empty. Give it some text.`,
  );
}

async function readPromptFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new ForetokenError(
      'FILE_READ',
      `--prompt-file ${file}: ${(cause as Error).message}. Check the path and its permissions.`,
      { cause },
    );
  }
}
