import { definePlugin } from '@foretoken/core/plugin';
import blockVerification from './block-verification.ts';
import merged from './merged.ts';

export default definePlugin({ provides: [merged, blockVerification] });
