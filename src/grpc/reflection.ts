import { type DescFile, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
} from '@bufbuild/protobuf/wkt';
import type { ReflectionService } from '@grpc/reflection';
import { DESCRIPTORS } from './proto/descriptors';

type Packages = ConstructorParameters<typeof ReflectionService>[0];

const FILES: readonly Buffer[] = Object.values(DESCRIPTORS).map((base64) => Buffer.from(base64, 'base64'));

const WELL_KNOWN: readonly DescFile[] = [
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
];

/** Full names of all services that server reflection lists. */
export const LISTED_SERVICES: readonly string[] = FILES.flatMap((bytes) => {
  const file = fromBinary(FileDescriptorProtoSchema, bytes);
  return file.service.map(({ name }) => `${file.package}.${name}`);
});

/** Full names of the services of A2A. */
export const A2A_SERVICE_NAMES: readonly string[] = LISTED_SERVICES.filter((name) =>
  name.endsWith('.A2AService'),
);

/** What server reflection tells, in the form of proto-loader. */
export const A2A_PACKAGES: Packages = {
  a2a: {
    format: 'Protocol Buffer 3 DescriptorProto',
    type: {},
    fileDescriptorProtos: [
      ...WELL_KNOWN.map(({ proto }) => Buffer.from(toBinary(FileDescriptorProtoSchema, proto))),
      ...FILES,
    ],
  },
} as unknown as Packages;
