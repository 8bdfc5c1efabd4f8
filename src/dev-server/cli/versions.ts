/** Version of the Temporal CLI that is downloaded; one found on the machine may be any. */
export const CLI_VERSION = '1.9.1';

/** Version of the Temporal server in it. */
export const SERVER_VERSION = '1.32.0';

/**
 * Version that is built: the newest one that `go install` takes. The module of later ones has `replace` directives,
 * which it refuses.
 */
export const GO_VERSION = '1.5.1';
