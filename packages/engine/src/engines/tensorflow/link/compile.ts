import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { TensorflowPackage } from '../package.ts';
import { type FoundTensorflow, failed } from './find-tensorflow.ts';
import { runTool } from './run-tool.ts';

/** The binding's own sources, in the package's `binding` folder. */
export const SOURCES = ['tfjs_backend.cc', 'tfjs_binding.cc'];

/** Node-API that the binding is compiled for. */
const API_VERSION = 8;

/** Lines of a compiler's complaint that go into the message. */
const SHOWN_LINES = 4;

/**
 * The C++ compiler: `CXX`, or the first one that the machine has.
 * @throws ENGINE_BUILD_FAILED if there is none
 */
export async function findCompiler(env: NodeJS.ProcessEnv): Promise<string> {
  const asked = env.CXX?.trim();
  const candidates = asked ? [asked] : ['g++', 'c++', 'clang++'];
  for (const name of candidates) if ((await runTool(name, ['--version'], env)).code === 0) return name;
  const tried = `no C++ compiler: ${candidates.join(', ')} cannot be started`;
  throw failed(`${tried}. Install one (apt-get install g++), or name it in CXX`);
}

/** The command line that builds a binding into a file. */
export function compileArguments(found: TensorflowPackage, tensorflow: FoundTensorflow, output: string): string[] {
  const { include_dir } = createRequire(import.meta.url)('node-api-headers') as { include_dir: string };
  return [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${API_VERSION}`],
    ...[`-I${include_dir}`, `-I${tensorflow.include}`],
    ...SOURCES.map((name) => join(found.folder, 'binding', name)),
    ...tensorflow.libraries,
    `-Wl,-rpath,${tensorflow.libraryFolder}`,
    ...['-o', output],
  ];
}

/**
 * Builds the binding where the package looks for it; an earlier one stays until the new one is whole.
 * @returns the command line
 * @throws ENGINE_BUILD_FAILED with the compiler's first complaint
 */
export async function compile(
  found: TensorflowPackage,
  tensorflow: FoundTensorflow,
  compiler: string,
  env: NodeJS.ProcessEnv,
): Promise<string[]> {
  mkdirSync(dirname(found.binding), { recursive: true });
  const part = `${found.binding}.${process.pid}.part`;
  const args = compileArguments(found, tensorflow, part);
  const { code, stderr } = await runTool(compiler, args, env);
  if (code !== 0) {
    rmSync(part, { force: true });
    throw failed(`${compiler} could not build the binding: ${complaintOf(stderr)}`);
  }
  renameSync(part, found.binding);
  return [compiler, ...compileArguments(found, tensorflow, found.binding)];
}

/** From the first error on. */
function complaintOf(stderr: string): string {
  const lines = stderr.trim().split('\n');
  const first = lines.findIndex((line) => /error|undefined reference|cannot find/i.test(line));
  return lines.slice(Math.max(first, 0), Math.max(first, 0) + SHOWN_LINES).join('\n') || 'it said nothing';
}
