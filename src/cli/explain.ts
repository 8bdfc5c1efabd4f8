/** What went wrong, in words for who started it. */
export function explain(error: unknown, stacks: boolean): string {
  const { code, message, stack, port, address, hostname } = error as NodeJS.ErrnoException & {
    port?: number;
    address?: string;
    hostname?: string;
  };
  if (stacks) return stack ?? String(error);
  if (code === 'EADDRINUSE')
    return `port ${port} of ${address} is in use; choose another with --port or PORT`;
  if (code === 'EACCES' && port !== undefined)
    return `no permission to listen on port ${port}; choose another with --port or PORT`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HOST ${address ?? hostname ?? ''} is not an address of this machine`;
  return message;
}
