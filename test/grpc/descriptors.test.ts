import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LegacyA2AService } from '@a2a-js/sdk/compat/v0_3/server/grpc';
import { A2AService } from '@a2a-js/sdk/server/grpc';
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import { reflect } from '@bufbuild/protobuf/reflect';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { A2A_PACKAGES } from '../../src/grpc/reflection';

it('are what the proto files say', async () => {
  const root = join(__dirname, '../..');
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/proto-descriptors.mjs'], {
    cwd: root,
  });
  expect(await readFile(join(root, 'src/grpc/proto/descriptors.ts'), 'utf8')).toBe(stdout);
});

const registry = (() => {
  const { fileDescriptorProtos } = A2A_PACKAGES.a2a as { fileDescriptorProtos: Buffer[] };
  const files = fileDescriptorProtos.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  return files.reduce<FileRegistry>(
    (known, file) =>
      createFileRegistry(
        known,
        createFileRegistry(file, (name) => known.getFile(name)?.proto),
      ),
    createFileRegistry(),
  );
})();

/** A message with something in every field; of a oneof, in the one that `turn` says. */
function fill(schema: DescMessage, turn: number, depth = 0): Message {
  const message = create(schema);
  const open = reflect(schema, message);
  for (const member of schema.members) {
    const field = member.kind === 'oneof' ? member.fields[turn % member.fields.length] : member;
    if (field === undefined || (depth > 4 && field.message !== undefined)) continue;
    const value = valueFor(field, turn, depth);
    if (field.fieldKind === 'list') open.get(field).add(value);
    else if (field.fieldKind === 'map') open.get(field).set('key', value);
    else open.set(field, value);
  }
  return message;
}

/** What the SDK turns into something of its own. */
const WELL_KNOWN: Record<string, object> = {
  'google.protobuf.Struct': {},
  'google.protobuf.Value': { kind: { case: 'stringValue', value: 'text' } },
  'google.protobuf.Timestamp': { seconds: 5n },
};

function valueFor(field: DescField, turn: number, depth: number): unknown {
  const wellKnown = WELL_KNOWN[field.message?.typeName ?? ''];
  if (field.message !== undefined && wellKnown !== undefined) {
    return reflect(field.message, create(field.message, wellKnown as never));
  }
  if (field.message !== undefined) return reflect(field.message, fill(field.message, turn, depth + 1));
  if (field.enum !== undefined) return field.enum.values[1 + (turn % (field.enum.values.length - 1))]?.number;
  const samples: Record<number, unknown> = { 5: 7, 8: true, 9: 'text', 12: new Uint8Array([1, 2]) };
  return samples[field.scalar ?? 0] ?? 3;
}

describe.each([
  ['lf.a2a.v1.A2AService', A2AService as ServiceDefinition],
  ['a2a.v1.A2AService', LegacyA2AService as ServiceDefinition],
])('The description of %s', (name, definition) => {
  const service = registry.getService(name);

  it('has the methods of the SDK', () => {
    const described = service?.methods.map(({ name: method, methodKind }) => [
      `/${name}/${method}`,
      methodKind === 'server_streaming',
    ]);
    const served = Object.values(definition).map(({ path, responseStream }) => [path, responseStream]);
    expect(described?.sort()).toEqual(served.sort());
  });

  // What the SDK does not know it drops, so what comes back whole has the same numbers and types.
  it('has the messages of the SDK', () => {
    for (const method of service?.methods ?? []) {
      const served = Object.values(definition).find(({ path }) => path === `/${name}/${method.name}`);
      for (let turn = 0; turn < 6; turn++) {
        const request = fill(method.input, turn);
        const back = served?.requestSerialize(
          served.requestDeserialize(Buffer.from(toBinary(method.input, request))),
        );
        expect(fromBinary(method.input, back ?? Buffer.alloc(0))).toEqual(request);
        const answer = fill(method.output, turn);
        const returned = served?.responseSerialize(
          served.responseDeserialize(Buffer.from(toBinary(method.output, answer))),
        );
        expect(fromBinary(method.output, returned ?? Buffer.alloc(0))).toEqual(answer);
      }
    }
  });
});
