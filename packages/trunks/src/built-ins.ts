import { definePlugin } from '@foretoken/core/plugin';
import transformer from './transformer/transformer.ts';

export default definePlugin({ provides: [transformer] });
