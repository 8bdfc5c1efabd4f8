/** What workflows must not do themselves: anything that reads a file, calls a server or takes its time. */
export async function writeGreeting(name: string): Promise<string> {
  return `Hello, ${name}!`;
}
