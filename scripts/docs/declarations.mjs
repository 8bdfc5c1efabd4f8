// What a page of docs/api says of one name: its doc comment, and its declaration without what is private.
import { prose } from './markdown.mjs';

const TAGS = {
  param: (text) => text.replace(/^(\S+)\s*(?:-\s*)?/, '`$1`: '),
  returns: (text) => `Returns ${text}`,
  throws: (text) => `Throws ${text}`,
  deprecated: (text) => `**Deprecated.** ${text}`,
  see: (text) => `See ${text}`,
};

/** `text` and `tags` of its comment, in Markdown with `{@link Name}` in it, and its declarations, overloads and all. */
export function describeDeclarations(project, symbol) {
  const statements = new Set(symbol.declarations.map((handle) => statementOf(handle.resolve(project))));
  const parts = [...statements].map((statement) => {
    const [comments] = /^(?:\s|\/\*.*?\*\/|\/\/.*\n)*/s.exec(statement);
    return { comments, code: tidy(statement.slice(comments.length)) };
  });
  const comments = parts.map((part) => part.comments).join('');
  return { ...readComment(comments), code: parts.map(({ code }) => code).join('\n') };
}

/** The whole statement that declares it, with the comments before it. */
function statementOf(declaration) {
  let node = declaration;
  while (node.parent.parent !== undefined) node = node.parent;
  return node.parent.text.slice(node.pos, node.end);
}

/** Of the last doc comment: those before it belong to the file. */
function readComment(comments) {
  const [, comment = ''] = [...comments.matchAll(/\/\*\*(.*?)\*\//gs)].at(-1) ?? [];
  const [text, ...tags] = comment
    .replaceAll(/^\s*\* ?/gm, '')
    .trim()
    .split(/(?:^|\n|(?<=[.:] ))@(?=[a-z]+\b)/);
  const lines = tags.flatMap((tag) => {
    const [, name, rest] = /^(\w+)\s*(.*)$/s.exec(tag);
    return name in TAGS ? [prose(TAGS[name](rest.trim().replaceAll(/\s*\n\s*/g, ' ')))] : [];
  });
  return { text: prose(text.trim()), tags: lines };
}

function tidy(statement) {
  return statement
    .replace(/^export (?:default )?/, '')
    .replace(/^declare /, '')
    .replaceAll(/\n(?: *\/\*\*(?:(?!\*\/).)*\*\/\n)? +(?:private |#private)[^;]*;/gs, '')
    .replaceAll(/import\("[^"]+"\)\./g, '')
    .replaceAll(/ with \{[^}]*\}/g, '');
}
