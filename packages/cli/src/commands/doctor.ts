import type { Command } from 'commander';
import { action } from '../process/run-action.ts';
import { command } from './command.ts';

/** `foretoken doctor`. */
export function doctorCommand(): Command {
  return command('doctor', 'Say what this machine offers: Node, engines, threads, memory, disk.').action(
    action(() => import('../doctor/doctor.ts')),
  );
}
