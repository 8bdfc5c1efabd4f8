/** In the code of every bundle that has the workflow interceptors of this package, by which a worker knows. */
export const INTERCEPTORS_MARK = 'temporal-a2a workflow interceptors';
