import { describeBatching } from './batching-on-models.fixture.ts';

describeBatching('one trunk');
