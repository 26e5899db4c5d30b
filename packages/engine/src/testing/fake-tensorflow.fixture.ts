import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fakePackages } from './fake-packages.fixture.ts';

const newFolder = (name: string): string => realpathSync(mkdtempSync(path.join(tmpdir(), `foretoken-${name}-`)));

function write(file: string, text: string, mode = 0o644): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

const versionHeader = '#define TF_MAJOR_VERSION 2\n#define TF_MINOR_VERSION 21\n#define TF_PATCH_VERSION 3\n';

/** A folder laid out as TensorFlow: the Python package's, or the C library's. */
export function fakeTensorflow(layout: 'wheel' | 'library'): string {
  const folder = newFolder('tensorflow');
  const lib = layout === 'wheel' ? folder : path.join(folder, 'lib');
  write(path.join(lib, layout === 'wheel' ? 'libtensorflow_cc.so.2' : 'libtensorflow.so.2'), '');
  write(path.join(lib, 'libtensorflow_framework.so.2'), '');
  for (const header of ['c/c_api.h', 'c/eager/c_api.h', 'core/platform/ctstring_internal.h']) {
    write(path.join(folder, 'include/tensorflow', header), '');
  }
  write(path.join(folder, 'include/tensorflow/core/public/release_version.h'), versionHeader);
  return folder;
}

/**
 * A tfjs-node as it stands in for TensorFlow: its backend is tfjs' plain JavaScript under another name.
 * @returns the folder above its `node_modules`, and its own
 */
export function fakeTfjsNode(name = '@tensorflow/tfjs-node-gpu', version = '4.22.0'): { root: string; folder: string } {
  const main = `
const { isNullOrUndefined } = require('util');
if (!isNullOrUndefined(null)) throw new Error('an odd Node');
const tf = require('@tensorflow/tfjs');
const { TF_Version, isUsingGpuDevice } = require('./lib/napi-v8/tfjs_binding.node');
for (const kernel of tf.getKernelsForBackend('cpu')) tf.registerKernel({ ...kernel, backendName: 'tensorflow' });
const backend = () => Object.assign(tf.engine().registryFactory.cpu.factory(), {
  binding: { TF_Version },
  isUsingGpuDevice: isUsingGpuDevice(),
});
tf.registerBackend('tensorflow', backend, 3);
tf.setBackend('tensorflow');`;
  const root = fakePackages({ [name]: { version, main } });
  const folder = path.join(root, 'node_modules', name);
  const manifest = { name, version, main: 'index.js', binary: { napi_versions: [3, 4, 5, 6, 7, 8] } };
  write(path.join(folder, 'package.json'), JSON.stringify(manifest));
  for (const source of ['tfjs_backend.cc', 'tfjs_binding.cc']) write(path.join(folder, 'binding', source), '');
  linkOurTfjs(root);
  return { root, folder };
}

/** Lets a made-up tree find the one tfjs, as npm would have it. */
function linkOurTfjs(root: string): void {
  const require = createRequire(import.meta.url);
  const tfjs = require.resolve('@tensorflow/tfjs/package.json');
  const core = createRequire(tfjs).resolve('@tensorflow/tfjs-core/package.json');
  for (const [name, manifest] of Object.entries({ tfjs, 'tfjs-core': core })) {
    symlinkSync(path.dirname(manifest), path.join(root, 'node_modules/@tensorflow', name));
  }
}

/** A folder for `PATH` with these programs as shell scripts. Each notes its arguments, a line each, in `NAME.args`. */
export function fakeTools(programs: Readonly<Record<string, string>>): string {
  const folder = newFolder('tools');
  for (const [name, body] of Object.entries(programs)) {
    const script = `#!/bin/sh\nprintf '%s\\n' "$@" > ${path.join(folder, name)}.args\n${body}\n`;
    write(path.join(folder, name), script, 0o755);
  }
  return folder;
}

/** The native part that a stand-in binding needs, in C. */
const bindingSource = (hasGpu: boolean): string => `
#include <node_api.h>
static napi_value IsUsingGpu(napi_env env, napi_callback_info info) {
  napi_value value;
  napi_get_boolean(env, ${hasGpu}, &value);
  return value;
}
NAPI_MODULE_INIT() {
  napi_value version, function;
  napi_create_string_utf8(env, "2.21.3", NAPI_AUTO_LENGTH, &version);
  napi_create_function(env, "isUsingGpuDevice", NAPI_AUTO_LENGTH, IsUsingGpu, 0, &function);
  napi_set_named_property(env, exports, "TF_Version", version);
  napi_set_named_property(env, exports, "isUsingGpuDevice", function);
  return exports;
}`;

/**
 * Builds a binding that says which TensorFlow it is, and nothing else.
 * @returns its file; undefined on a machine without a C compiler
 */
export function standInBinding({ hasGpu = false } = {}): string | undefined {
  const folder = newFolder('binding');
  const [source, output] = ['binding.c', 'binding.node'].map((name) => path.join(folder, name));
  write(
    source,
    bindingSource(hasGpu).replace(/\b(true|false)\b/, (word) => (word === 'true' ? '1' : '0')),
  );
  const { include_dir } = createRequire(import.meta.url)('node-api-headers') as { include_dir: string };
  try {
    execFileSync('cc', ['-shared', '-fPIC', `-I${include_dir}`, source, '-o', output], { stdio: 'pipe' });
    return output;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT' && !process.env.CI) return undefined;
    throw error;
  }
}
