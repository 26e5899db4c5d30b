import { definePlugin } from '@foretoken/core/plugin';
import fixed from './fixed/fixed.ts';
import linear from './linear/linear.ts';
import parallel from './parallel/parallel.ts';
import uniform from './uniform/uniform.ts';

export default definePlugin({ provides: [linear, parallel, uniform, fixed] });
