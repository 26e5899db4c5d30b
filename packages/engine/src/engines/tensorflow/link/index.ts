import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ForetokenError } from '../../../errors.ts';
import {
  findTensorflowPackage,
  INSTALL_COMMAND,
  LINK_COMMAND,
  TENSORFLOW_PACKAGES,
  type TensorflowPackage,
  tensorflowPackageIn,
  unfitPackage,
} from '../package.ts';
import { probeBinding } from '../probe.ts';
import { compile, findCompiler, SOURCES } from './compile.ts';
import { failed, findTensorflow } from './find-tensorflow.ts';

/** What to link, and where; what is left out is looked for. */
export interface LinkOptions {
  /** TensorFlow's folder: that of the Python package, or an unpacked C library. */
  readonly tensorflow?: string;
  /** Folder of `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`. */
  readonly package?: string;
  /** Where compiler and Python are looked for. Default: the process' own. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly platform?: NodeJS.Platform;
  /** Hears what happens now. */
  readonly say?: (line: string) => void;
}

/** A binding that was built and loads. */
export interface LinkedTensorflow {
  readonly package: string;
  readonly binding: string;
  readonly tensorflow: { readonly version: string; readonly libraryFolder: string };
  readonly device: 'gpu' | 'processor';
  /** The command line that built it. */
  readonly command: readonly string[];
}

/**
 * Builds the native part of tfjs-node against a TensorFlow of this machine.
 *
 * Its own installer knows TensorFlow 2.9.1 and CUDA 11.2 alone; the C API that it needs is in every release since.
 * @throws ENGINE_BUILD_FAILED if a part is missing, does not compile or does not load; OPTIONS_INVALID for a folder that
 * holds another package; ENGINE_UNAVAILABLE if no package is installed
 */
export async function linkTensorflow(options: LinkOptions = {}): Promise<LinkedTensorflow> {
  const { environment = process.env, platform = process.platform, say = () => {} } = options;
  if (platform !== 'linux') throw failed(`${LINK_COMMAND} knows Linux alone, this is ${platform}`);
  const found = packageOf(options.package);
  const tensorflow = await findTensorflow(options.tensorflow, environment);
  const compiler = await findCompiler(environment);
  say(`${found.name} ${found.version} with TensorFlow ${tensorflow.version} in ${tensorflow.libraryFolder}`);
  say(`building ${found.binding} with ${compiler}; this takes a minute`);
  const command = await compile(found, tensorflow, compiler, environment);
  const answer = await probeBinding(found.binding);
  if ('reason' in answer) {
    throw failed(`the binding was built (${found.binding}) and loaded in a process of its own, and ${answer.reason}`);
  }
  const { version, hasGpu } = answer.value;
  return {
    package: found.folder,
    binding: found.binding,
    tensorflow: { version, libraryFolder: tensorflow.libraryFolder },
    device: hasGpu ? 'gpu' : 'processor',
    command,
  };
}

function packageOf(folder: string | undefined): TensorflowPackage {
  const found = folder === undefined ? findTensorflowPackage() : packageIn(resolve(folder));
  if (found === undefined) {
    const rule = `not installed: ${TENSORFLOW_PACKAGES.join(' or ')}`;
    throw new ForetokenError('ENGINE_UNAVAILABLE', `engine "tensorflow": ${rule}. Run ${INSTALL_COMMAND} first.`);
  }
  const unfit = unfitPackage(found);
  if (unfit !== undefined)
    throw new ForetokenError(
      'ENGINE_UNAVAILABLE',
      `engine "tensorflow": ${unfit}. Run ${INSTALL_COMMAND} for one that fits.`,
    );
  const missing = SOURCES.map((name) => join(found.folder, 'binding', name)).find((file) => !existsSync(file));
  if (missing !== undefined) throw failed(`${found.name} comes without ${missing}. Install it again`);
  return found;
}

function packageIn(folder: string): TensorflowPackage {
  const known = TENSORFLOW_PACKAGES.join(' or ');
  const wrong = (got: string) =>
    new ForetokenError('OPTIONS_INVALID', `--package must name the folder of ${known}, ${folder} ${got}.`);
  if (!existsSync(join(folder, 'package.json'))) throw wrong('has no package.json');
  const found = tensorflowPackageIn(folder);
  if ((TENSORFLOW_PACKAGES as readonly string[]).includes(found.name)) return found;
  throw wrong(`is ${found.name}`);
}
