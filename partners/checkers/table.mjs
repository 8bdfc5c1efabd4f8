// Runs checkers of A2A servers against the bridge.
import { runOwnCases } from '../lib/own-cases.mjs';

/** See ../README.md. */
export default {
  title: 'Checkers: they judge the bridge',
  program: 'checker',
  cases: ['card', 'tasks', 'security'],
  run: (partner, _place, names, context) => runOwnCases(partner, names, context),
};
