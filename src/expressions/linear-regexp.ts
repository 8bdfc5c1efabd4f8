import { RE2JS } from 're2js';

/**
 * Regular expressions whose time grows with the text and not, as those of JavaScript can, with its powers: what a
 * client says must not stop the worker. Look-around and back-references do not exist here (the syntax is RE2's).
 */
export class LinearRegExp {
  lastIndex = 0;
  private readonly pattern: RE2JS;

  /** @throws SyntaxError for what RE2 does not have */
  constructor({ source, flags }: RegExp) {
    const wanted =
      (flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0) | (flags.includes('m') ? RE2JS.MULTILINE : 0);
    try {
      this.pattern = RE2JS.compile(RE2JS.translateRegExp(source), wanted);
    } catch (error) {
      throw new SyntaxError(
        `the regular expression /${source}/ is not one of RE2: ${(error as Error).message}`,
      );
    }
  }

  /** The next match behind `lastIndex`, as of a RegExp with the flag `g`. */
  exec(text: string): ((string | undefined)[] & { index: number }) | null {
    const matcher = this.pattern.matcher(text);
    if (this.lastIndex > text.length || !matcher.find(this.lastIndex)) {
      this.lastIndex = 0;
      return null;
    }
    this.lastIndex = matcher.end();
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, index) => matcher.group(index) ?? undefined,
    );
    return Object.assign(groups, { index: matcher.start() });
  }
}
