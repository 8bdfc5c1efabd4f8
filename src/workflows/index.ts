import { reportThemselves } from './child-follower';

reportThemselves('chain', 'echo', 'interview', 'model', 'proxy', 'ticker');

/** Every workflow type that the built-in worker runs. */
export { a2aCall } from './a2a-call';
export { chain } from './chain';
export { echo } from './echo';
export { interview } from './interview';
export { invoice } from './invoice';
export { model } from './model';
export { proxy } from './proxy';
export { a2aPush } from './push';
export { a2aSend } from './send';
export { ticker } from './ticker';
