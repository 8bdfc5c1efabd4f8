// What came of a case, seen by what is known of the partner.

/**
 * Tries a case, unless the partner cannot, and reports it.
 * @param tryIt () => what to tell of it; throws when it does not work
 * @returns whether it worked as known
 */
export async function tryCase(partner, name, { report, signal }, tryIt) {
  const reason = partner.cannot?.[name];
  if (reason !== undefined) {
    report(name, 'none', reason);
    return true;
  }
  const began = Date.now();
  const [ok, detail] = await tryIt().then(
    (told) => [true, told],
    (error) => [false, error.message.replace(/\s+/g, ' ').slice(0, 1_000)],
  );
  signal.throwIfAborted();
  const fault = partner.theirs?.[name] !== undefined;
  if (ok && fault) report(name, 'failed', `works now, so that it is no fault any more: ${detail}`);
  else report(name, ok ? 'passed' : fault ? 'theirs' : 'failed', detail, Date.now() - began);
  return ok;
}
