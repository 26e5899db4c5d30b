import { definePlugin } from '@foretoken/core/plugin';
import confidence from './confidence.ts';
import markdownSections from './markdown-sections.ts';
import words from './words.ts';

export default definePlugin({ provides: [markdownSections, words, confidence] });
