import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ForetokenError } from '../../../errors.ts';
import { LINK_COMMAND } from '../package.ts';
import { runTool } from './run-tool.ts';

/** A TensorFlow on this machine: what a compiler and a linker need of it. */
export interface FoundTensorflow {
  readonly version: string;
  readonly include: string;
  /** Folder that the built binding loads TensorFlow from. */
  readonly libraryFolder: string;
  /** The C API and the framework. */
  readonly libraries: readonly string[];
}

/** Names under which TensorFlow brings its C API, the ones of the Python wheel first, and its framework. */
const LIBRARIES = [
  ['libtensorflow_cc.so.2', 'libtensorflow.so.2', 'libtensorflow.so'],
  ['libtensorflow_framework.so.2', 'libtensorflow_framework.so'],
];

/** Headers that the binding includes. */
const HEADERS = ['tensorflow/c/c_api.h', 'tensorflow/c/eager/c_api.h', 'tensorflow/core/platform/ctstring_internal.h'];

const ask = `import tensorflow as tf
print(tf.sysconfig.get_lib())
print(tf.sysconfig.get_include())`;

/**
 * TensorFlow in a folder, or the one that `python3` imports.
 * @param folder - that of the Python package, or an unpacked C library with `include` and `lib`
 * @throws ENGINE_BUILD_FAILED if there is none, or a part of it is missing
 */
export async function findTensorflow(folder: string | undefined, env: NodeJS.ProcessEnv): Promise<FoundTensorflow> {
  const places = folder === undefined ? await askPython(env) : placesIn(resolve(folder));
  const libraries = LIBRARIES.map((names) => names.map((name) => join(places.libraryFolder, name)).find(existsSync));
  const missing = [
    ...LIBRARIES.filter((_, at) => libraries[at] === undefined).map(([name]) => join(places.libraryFolder, name)),
    ...HEADERS.map((header) => join(places.include, header)).filter((header) => !existsSync(header)),
  ];
  if (missing.length > 0) {
    throw failed(`no complete TensorFlow there: missing ${missing.join(', ')}. Name its folder with --tensorflow`);
  }
  return { ...places, libraries: libraries as string[], version: versionOf(places.include) };
}

type Places = Pick<FoundTensorflow, 'include' | 'libraryFolder'>;

function placesIn(folder: string): Places {
  if (!existsSync(folder)) throw failed(`--tensorflow names ${folder}, which does not exist`);
  const [inner] = [join(folder, 'lib'), folder].filter((at) => LIBRARIES[0].some((name) => existsSync(join(at, name))));
  return { include: join(folder, 'include'), libraryFolder: inner ?? folder };
}

async function askPython(env: NodeJS.ProcessEnv): Promise<Places> {
  const { code, stdout, stderr } = await runTool('python3', ['-c', ask], { ...env, TF_CPP_MIN_LOG_LEVEL: '3' });
  const next = 'Install TensorFlow for python3 (pip install tensorflow), or name its folder with --tensorflow';
  if (code === undefined) throw failed(`python3 was to say where TensorFlow is, and cannot be started. ${next}`);
  if (code !== 0) throw failed(`python3 was to say where TensorFlow is, and said: ${lastLine(stderr)}. ${next}`);
  const [libraryFolder, include] = stdout.trim().split('\n').slice(-2);
  return { libraryFolder, include };
}

/** From the headers, so that it is that of what is compiled; they moved once. */
function versionOf(include: string): string {
  const header = ['release_version.h', 'version.h']
    .map((name) => join(include, 'tensorflow/core/public', name))
    .filter(existsSync)
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const part = (name: string) => new RegExp(`define TF_${name}_VERSION (\\d+)`).exec(header)?.[1];
  const parts = ['MAJOR', 'MINOR', 'PATCH'].map(part);
  return parts.includes(undefined) ? 'of an unknown version' : parts.join('.');
}

/** The last line of a program's output that says something. */
export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';

/** What stopped the building of a binding. */
export const failed = (rule: string): ForetokenError =>
  new ForetokenError('ENGINE_BUILD_FAILED', `engine "tensorflow": ${rule}. Mend that, then run ${LINK_COMMAND} again.`);
