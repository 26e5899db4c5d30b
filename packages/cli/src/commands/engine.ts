import { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** Options of `foretoken engine build`. */
export interface BuildOptions {
  readonly force?: boolean;
}

/** Options of `foretoken engine link-tensorflow`. */
export interface LinkTensorflowOptions {
  readonly tensorflow?: string;
  readonly package?: string;
}

/** `foretoken engine`. */
export function engineCommand(): Command {
  return new Command('engine')
    .description('Build the native parts of engines.')
    .addCommand(buildCommand())
    .addCommand(linkTensorflowCommand());
}

function buildCommand(): Command {
  return command('build', 'Compile the native engine with the C++ compiler of this machine.')
    .option('--force', 'build anew, even if nothing has changed')
    .action(action(() => import('../engine/build-native.ts')));
}

function linkTensorflowCommand(): Command {
  return command('link-tensorflow', 'Build tfjs-node against a TensorFlow of this machine, for the tensorflow engine.')
    .option('--tensorflow <folder>', 'TensorFlow: its Python package, or a C library (default: that of python3)')
    .option('--package <folder>', '@tensorflow/tfjs-node-gpu or tfjs-node (default: the installed one)')
    .action(action(() => import('../engine/link-tensorflow.ts')));
}
