import { test } from 'vitest';
import { expectNoLeaks } from './leaks.fixture.ts';

test('a thousand generations, ended in every way, leave no tensor behind', () => expectNoLeaks(1000));
