/** The native errors print their whole inside; the innermost message is what a reader needs. */
export function transportReason(message: string): string {
  const patterns = [/kind: \w+, message: "([^"]+)"/, /error: "([^"]+)"/, /message: "([^"]+)"/];
  for (const pattern of patterns) {
    const found = pattern.exec(message)?.[1];
    if (found !== undefined) return found;
  }
  return message.split('\n', 1)[0] ?? '';
}
