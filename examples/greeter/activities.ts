import { withTaskReporter } from 'temporal-a2a/activity';

/** Writes a poem line by line; readers of the task see each line as it comes. Returns how many there are. */
export async function writePoem(name: string): Promise<number> {
  const lines = [
    `Roses are red, ${name},`,
    'violets are blue,',
    'a workflow remembers',
    'its greeting for you.',
  ];
  await withTaskReporter(async (reporter) => {
    for (const [index, line] of lines.entries()) {
      await reporter.artifact(
        { artifactId: 'poem', name: 'poem', parts: [{ text: `${line}\n` }] },
        { append: index > 0, lastChunk: index === lines.length - 1 },
      );
    }
  });
  return lines.length;
}
