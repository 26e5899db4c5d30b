import { test } from 'vitest';
import { expectNoLeaks } from './leaks.fixture.ts';

test('a hundred generations, ended in every way, leave no tensor behind', () => expectNoLeaks(100));
