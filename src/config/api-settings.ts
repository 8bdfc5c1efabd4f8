import { z } from 'zod';
import {
  isHttpUrl,
  listsReferences,
  onOff,
  origins,
  originsOrAll,
  text,
  wholeNumber,
} from './setting-schemas';

/** The settings of what the API serves, as those in `settings.ts`. */
export const API_SETTINGS = {
  port: {
    env: 'PORT',
    flag: '--port',
    argument: 'number',
    default: '4000',
    description: 'HTTP port of the API; 0 picks a free port',
    schema: wholeNumber('a port from 0 to 65535', 0, 65535),
  },
  grpcPort: {
    env: 'GRPC_PORT',
    flag: '--grpc-port',
    argument: 'number',
    default: '4001',
    description: 'gRPC port of the API; 0 picks a free port, "off" disables gRPC',
    schema: z.union([z.literal('off'), wholeNumber('a port from 0 to 65535, or "off"', 0, 65535)], {
      error: 'a port from 0 to 65535, or "off"',
    }),
  },
  grpcTlsCert: {
    env: 'GRPC_TLS_CERT',
    description: 'TLS certificate of the gRPC server (PEM file); without it gRPC is not encrypted',
    schema: text.optional(),
  },
  grpcTlsKey: {
    env: 'GRPC_TLS_KEY',
    description: 'Private key of GRPC_TLS_CERT (PEM file)',
    schema: text.optional(),
  },
  grpcTlsClientCa: {
    env: 'GRPC_TLS_CLIENT_CA',
    description: 'Certificate authority (PEM file); gRPC clients must present a certificate that it signed',
    schema: text.optional(),
  },
  publicGrpcUrl: {
    env: 'PUBLIC_GRPC_URL',
    flag: '--public-grpc-url',
    argument: 'host:port',
    description: 'Public address of gRPC for agent cards; default: no gRPC in cards',
    schema: text
      .refine((value) => /^[^\s/]+:\d{1,5}$/.test(value), 'host:port, such as agents.example.com:443')
      .optional(),
  },
  host: {
    env: 'HOST',
    flag: '--host',
    argument: 'address',
    default: '127.0.0.1',
    description:
      'Address the API listens on; any other than loopback needs authentication for every agent, or ALLOW_ANONYMOUS',
    schema: text.refine((value) => /^[\w.:-]+$/.test(value), 'a host name or an IP address'),
  },
  readCacheBytes: {
    env: 'READ_CACHE_BYTES',
    flag: '--read-cache-bytes',
    argument: 'bytes',
    default: '67108864',
    description: 'Memory of the API for tasks that it has read, which are not read again; 0 for none',
    schema: wholeNumber('a number of bytes from 0 to 17179869184', 0, 16 * 1024 ** 3),
  },
  maxBodyBytes: {
    env: 'MAX_BODY_BYTES',
    flag: '--max-body-bytes',
    argument: 'bytes',
    default: '10485760',
    description: 'Maximum size of a request body',
    schema: wholeNumber('a number of bytes from 1024 to 1073741824', 1024, 1024 ** 3),
  },
  allowAnonymous: {
    env: 'ALLOW_ANONYMOUS',
    flag: '--allow-anonymous',
    default: 'false',
    description: 'Allow agents without authentication on addresses other than loopback',
    schema: onOff,
  },
  corsOrigins: {
    env: 'CORS_ORIGINS',
    flag: '--cors-origins',
    argument: 'origins',
    default: '',
    description:
      'Origins whose web pages may call the API, separated by commas, such as https://app.example.com; "*" for all',
    schema: originsOrAll,
  },
  codecServerKeys: {
    env: 'CODEC_SERVER_KEYS',
    secret: true,
    description:
      'Keys of operators, as "file:PATH" or "env:NAME" separated by commas; with them, the API decodes for Temporal\'s UI and CLI, at /codec',
    schema: text.refine(listsReferences, 'file:PATH or env:NAME').optional(),
  },
  codecServerIssuer: {
    env: 'CODEC_SERVER_ISSUER',
    description:
      "Issuer of the access tokens that Temporal's UI passes on: who has one for CODEC_SERVER_AUDIENCE may decode, too",
    schema: text.refine(isHttpUrl, 'an http or https URL').optional(),
  },
  codecServerAudience: {
    env: 'CODEC_SERVER_AUDIENCE',
    description: 'Audience of the access tokens of CODEC_SERVER_ISSUER, which requires it',
    schema: text.optional(),
  },
  codecServerOrigins: {
    env: 'CODEC_SERVER_ORIGINS',
    default: '',
    description:
      'Origins of Temporal\'s UI, separated by commas, whose pages may ask /codec: "http://localhost:8233"; none unless set',
    schema: origins,
  },
} as const;
