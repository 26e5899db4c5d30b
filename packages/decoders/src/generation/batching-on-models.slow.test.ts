import { describeBatching } from './batching-on-models.fixture.ts';

describeBatching('every trunk');
