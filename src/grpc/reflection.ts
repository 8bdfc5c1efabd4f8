import { type DescFile, toBinary } from '@bufbuild/protobuf';
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
} from '@bufbuild/protobuf/wkt';
import type { ReflectionService } from '@grpc/reflection';
import { HEALTH } from './proto/health';
import { describeProtoFile, type ProtoFile } from './proto/proto-file';
import { A2A_0_3 } from './proto/v0-3';
import { A2A_1_0 } from './proto/v1-0';

type Packages = ConstructorParameters<typeof ReflectionService>[0];

const FILES: readonly ProtoFile[] = [A2A_1_0, A2A_0_3];

const WELL_KNOWN: readonly DescFile[] = [
  file_google_protobuf_empty,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
];

/** Full names of the services of A2A. */
export const A2A_SERVICE_NAMES: readonly string[] = FILES.map((file) => `${file.package}.${file.service}`);

/** All that server reflection lists. */
export const LISTED_SERVICES: readonly string[] = [...A2A_SERVICE_NAMES, 'grpc.health.v1.Health'];

/** What server reflection tells, in the form of proto-loader. */
export const A2A_PACKAGES: Packages = {
  a2a: {
    format: 'Protocol Buffer 3 DescriptorProto',
    type: {},
    fileDescriptorProtos: [
      ...WELL_KNOWN.map(({ proto }) => toBinary(FileDescriptorProtoSchema, proto)),
      ...[...FILES, HEALTH].map(describeProtoFile),
    ].map((bytes) => Buffer.from(bytes)),
  },
} as unknown as Packages;
