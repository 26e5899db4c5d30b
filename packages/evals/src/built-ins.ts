import { definePlugin } from '@foretoken/core/plugin';
import { acceptance } from './acceptance/acceptance.ts';
import { bitsPerByte } from './bits-per-byte/bits-per-byte.ts';
import { losslessness } from './losslessness/losslessness.ts';
import { mutualInformation } from './mutual-information/mutual-information.ts';
import { throughput } from './throughput/throughput.ts';

export default definePlugin({ provides: [bitsPerByte, acceptance, losslessness, mutualInformation, throughput] });
