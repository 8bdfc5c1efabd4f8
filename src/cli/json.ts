/** What a command prints with `--json`. */
export function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
