import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ForetokenError } from '@foretoken/engine/errors';

/** PyTorch in a process of its own, ready to multiply when asked. */
export interface TorchPeak {
  /** Milliseconds of the fastest of some products. */
  fastestMs(): Promise<number>;
  dispose(): void;
}

/** What PyTorch multiplies. */
export interface TorchPeakOptions {
  readonly threads: number;
  /** Number type by PyTorch's name: `float32`, `bfloat16`. */
  readonly precision: string;
  /** Rows and columns of both matrices. */
  readonly size: number;
  /** Products of which the fastest counts. */
  readonly products: number;
}

/** Answers each line of its input with the milliseconds of its fastest product. */
const script = `
import sys, time, torch
threads, size, products = map(int, sys.argv[1:4])
torch.set_num_threads(threads)
a, b = (torch.randn(size, size).to(getattr(torch, sys.argv[4])) for _ in range(2))
with torch.inference_mode():
    for _ in sys.stdin:
        fastest = float('inf')
        for _ in range(products):
            start = time.perf_counter()
            torch.mm(a, b)
            fastest = min(fastest, time.perf_counter() - start)
        print(fastest * 1000, flush=True)
`;

/**
 * Starts PyTorch, which ends with this process or when disposed.
 *
 * @param python - the interpreter that has PyTorch
 * @throws OPTIONS_INVALID if it does not run
 */
export async function openTorchPeak(python: string, options: TorchPeakOptions): Promise<TorchPeak> {
  const { threads, size, products, precision } = options;
  const args = ['-c', script, threads, size, products, precision].map(String);
  // Its idle threads must not spin while the engine is measured.
  const env = { ...process.env, OMP_WAIT_POLICY: 'PASSIVE' };
  const child = spawn(python, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('close', (code) => resolve(said.trimEnd().split('\n').at(-1) || `exit code ${code}`));
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const fastestMs = async (): Promise<number> => {
    child.stdin.write('\n');
    const { value, done } = await answers.next();
    if (!done) return Number(value);
    throw new ForetokenError('OPTIONS_INVALID', `--torch ${python}: ${await ended}. Name a Python that has PyTorch.`);
  };
  await fastestMs();
  return { fastestMs, dispose: () => child.stdin.end() };
}
