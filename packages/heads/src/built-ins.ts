import { definePlugin } from '@foretoken/core/plugin';
import fixed from './fixed/fixed.ts';
import linear from './linear/linear.ts';
import parallel from './parallel/parallel.ts';
import sequential from './sequential/sequential.ts';
import uniform from './uniform/uniform.ts';

export default definePlugin({ provides: [sequential, linear, parallel, uniform, fixed] });
