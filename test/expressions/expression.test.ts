import type { JsonValue } from '../../src/a2a/types';
import { Evaluator, ExpressionError, findFaults } from '../../src/expressions/expression';
import { LinearRegExp } from '../../src/expressions/linear-regexp';
import { fill, findTemplateFaults } from '../../src/expressions/template';

const scope = { variables: ['input', 'steps'], steps: ['plan'] };
const variables = { input: { n: 2, list: [1, 2, 3], text: 'a, b' }, steps: { plan: { text: 'go' } } };

const evaluate = (source: string, values: Record<string, JsonValue> = variables, traced = false) =>
  new Evaluator(traced).evaluate(source, values);

describe('a template', () => {
  it.each([
    ['{% $input.n %}', 2],
    ['  {% $input.list %} ', [1, 2, 3]],
    [
      'n = {% $input.n %}, list = {% $input.list %}, nothing = {% $input.none %}.',
      'n = 2, list = [1,2,3], nothing = .',
    ],
    ['{% $input.n %}{% $steps.plan.text %}', '2go'],
    ['as it is', 'as it is'],
    ['', ''],
    [5, 5],
    [null, null],
    [
      { a: '{% n %}', b: '{% none %}', c: ['{% none %}', true] },
      { a: 2, c: [null, true] },
    ],
    ['{% $split(text, /,\\s*/) %}', ['a', 'b']],
    ['{% $match("x12y345", /[0-9]+/).match %}', ['12', '345']],
    ['{% $replace("Ada Byron", /(\\w+) (\\w+)/, "$2 $1") %}', 'Byron Ada'],
    ['{% $contains("HELLO", /hello/i) %}', true],
    ['{% $pad("é", -3, "0") & $pad("abc", 2) %}', '00éabc'],
    ['{% $sum(list) & "" %}', '6'],
    ['{% (\n  $f := function($x) { $x * 2 };\n  $map($input.list, $f)\n) %}', [2, 4, 6]],
  ])('%j gives %j', async (template, value) => {
    expect(findTemplateFaults(template, scope)).toEqual([]);
    expect(await fill(template as never, evaluate)).toEqual(value);
  });

  it('that is one expression may have no value', async () => {
    expect(await fill('{% $input.none %}', evaluate)).toBeUndefined();
  });

  it.each([
    ['{% $input. %}', 'character 11: Unexpected end of expression'],
    ['a {% 1 %} b {% 2', 'character 13: {% at'],
    ['x {% $nosuch %}', 'character 6: there is no $nosuch here (there is: $input, $steps)'],
    ['{% $steps.other.text %}', 'character 11: there is no step "other" before this one (there is: plan)'],
    ['{%\n  1 +\n  $none %}', 'line 3, character 3: there is no $none here'],
    ['{% $eval("1") %}', 'character 4: there is no $eval here'],
    ['{% $match("a", /(?=a)/) %}', 'the regular expression /(?=a)/ is not one of RE2'],
    ['{% 1 + ) %}', 'character 8: '],
    ['{% "abc %}', 'String literal must be terminated'],
  ])('%j is refused, with the place', (template, fault) => {
    const [found] = findTemplateFaults({ a: [template] }, scope);
    expect(found?.path).toEqual(['a', 0]);
    const reason = found?.reason ?? '';
    if (fault.startsWith('character 13: {%')) expect(reason).toBe('{% at character 13 has no %}');
    else expect(reason).toContain(fault);
  });
});

describe('an expression', () => {
  it('knows the names that it binds itself', () => {
    const source = '($a := 1; $f := function($x) { $x + $a }; $input.list@$i#$k.($f($i) + $k))';
    expect(findFaults(source, scope)).toEqual([]);
  });

  it.each([
    ['has no end', '($f := function($n) { $f($n + 1) }; $f(0))'],
    ['goes too deep', '($f := function($n) { 1 + $f($n + 1) }; $f(0))'],
    ['makes a long list', '[1..10000000]'],
    ['makes a long list, piece by piece', '$map([1..9000], function($i) { [1..9000] })'],
    ['doubles a text for ever', '$reduce([1..60], function($a, $i) { $a & $a }, "xxxxxxxx")'],
    ['doubles an object for ever', '$reduce([1..60], function($a, $i) { {"x": $a, "y": $a} }, 1)'],
    ['pads without measure', '$pad("", 1000000000)'],
    ['gives no JSON', 'function($x) { $x }'],
    ['throws', '$error("no")'],
    ['calls what is no function', '"a"(1)'],
    ['hides its $eval', '$lookup({"a": 1}, "a") ~> $eval'],
  ])('that %s fails in good time', async (_, source) => {
    await expect(evaluate(source, variables)).rejects.toThrow(ExpressionError);
  });

  it('may refer to what is large, again and again', async () => {
    const rows = Array.from({ length: 60_000 }, (_, n) => ({ n, text: 'x'.repeat(100) }));
    const text = 'y'.repeat(8_000_000);
    expect(await evaluate('$input.rows', { input: { rows } })).toEqual(rows);
    expect(await evaluate('[1..5].$count($$.rows)', { input: { rows } })).toEqual(Array(5).fill(60_000));
    expect(await evaluate('[1..5].$length($$.text)', { input: { text } })).toEqual(Array(5).fill(8_000_000));
  });

  it.each([
    ['$base64encode("h\u00ebllo?")', 'aOtsbG8/'],
    ['$base64decode("aOtsbG8/")', 'h\u00ebllo?'],
    ['$base64encode($none)', undefined],
  ])('%s gives %j', async (source, value) => {
    expect(await evaluate(source)).toBe(value);
  });

  it('tells what $base64encode does not take', async () => {
    await expect(evaluate('$base64encode("\u20ac")')).rejects.toThrow('takes characters up to U+00FF');
  });

  it.each([
    '$sum([1..150].($ * 2 + 7))',
    '$map([1..3], function($v) { {"v": $v} })',
    '$input.list[$ > 1]{$string($): $}',
    '$sort(list, function($a, $b) { $a < $b }) ~> $join(",")',
    '$each($input, function($value, $key) { $key })',
    '$reduce(list, function($a, $b) { $a * $b })',
    '$replace(text, /[a-z]/, function($m) { $uppercase($m.match) })',
    '$error("no")',
  ])('%s gives the same with and without traced promises', async (source) => {
    const [local, traced] = await Promise.allSettled([evaluate(source), evaluate(source, variables, true)]);
    expect(local).toEqual(traced);
  });

  it('counts for itself alone, also beside others', async () => {
    const source = '$sum($map([1..300], function($v) { $v * $n }))';
    const values = await Promise.all(Array.from({ length: 10 }, (_, n) => evaluate(source, { n })));
    expect(values).toEqual(Array.from({ length: 10 }, (_, n) => 45_150 * n));
  });

  it('matches in linear time what takes JavaScript for ever', async () => {
    const text = `${'a'.repeat(5_000)}!`;
    expect(await evaluate('$contains($input, /^(a+)+$/)', { input: text })).toBe(false);
  });
});

it('a linear regular expression goes on behind its last match', () => {
  const words = new LinearRegExp(/(\w)(x)?/g);
  expect([...(words.exec('ab') ?? [])]).toEqual(['a', 'a', undefined]);
  expect(words.exec('ab')).toMatchObject({ 0: 'b', index: 1 });
  expect(words.exec('ab')).toBeNull();
  expect(words.lastIndex).toBe(0);
});

it('says the limit of a sequence that is too long, not its length', async () => {
  const list = Array.from({ length: 6_000 }, (_, n) => n);
  await expect(evaluate('$count([$input.list, $input.list])', { input: { list } })).rejects.toThrow(
    'a sequence may have 10000 items',
  );
});
