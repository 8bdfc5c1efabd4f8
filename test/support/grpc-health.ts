import { Client, credentials, type ServiceDefinition, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';

/** The health of a service, or how asking for it has failed. */
export async function healthOf(address: string, service = ''): Promise<string> {
  const check = (healthService as unknown as ServiceDefinition).Check;
  const client = new Client(address, credentials.createInsecure());
  try {
    return await new Promise((resolve) => {
      if (check === undefined) throw new Error('there is no such method');
      client.makeUnaryRequest(
        check.path,
        check.requestSerialize,
        check.responseDeserialize,
        { service },
        (error, answer) =>
          resolve(error ? (status[error.code] ?? '') : (answer as { status: string }).status),
      );
    });
  } finally {
    client.close();
  }
}
