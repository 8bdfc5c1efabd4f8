/** Every workflow type that the built-in worker runs. */
export { echo } from './echo';
export { interview } from './interview';
export { invoice } from './invoice';
export { model } from './model';
export { ticker } from './ticker';
