import type { ProtoFile } from './proto-file';

/** The standard health service; what proto-loader makes of its file, clients in Go refuse. */
export const HEALTH: ProtoFile = {
  name: 'grpc/health/v1/health.proto',
  package: 'grpc.health.v1',
  service: 'Health',
  methods: {
    Check: ['HealthCheckRequest', 'HealthCheckResponse'],
    List: ['HealthListRequest', 'HealthListResponse'],
    Watch: ['HealthCheckRequest', 'stream HealthCheckResponse'],
  },
  messages: {
    HealthCheckRequest: { service: '1 string' },
    HealthCheckResponse: { status: '1 ServingStatus' },
    HealthListRequest: {},
    HealthListResponse: { statuses: '1 map HealthCheckResponse' },
  },
  enums: {
    ServingStatus: { UNKNOWN: 0, SERVING: 1, NOT_SERVING: 2, SERVICE_UNKNOWN: 3 },
  },
};
