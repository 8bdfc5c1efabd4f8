import type { sendUnaryData, Server, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { A2A_SERVICE_NAMES } from './reflection';

/** Messages of grpc.health.v1. */
type CheckCall = ServerUnaryCall<{ service: string }, HealthAnswer>;
type HealthAnswer = { status: string };
type Check = (call: CheckCall, callback: sendUnaryData<HealthAnswer>) => void;

/** The standard health service, of the server and each service of A2A. */
export class GrpcHealth {
  private readonly told = new HealthImplementation();

  /** @param ask throws when the server cannot do its work, as for `/readyz`; asked by each Check */
  constructor(private readonly ask: () => Promise<unknown> = async () => undefined) {
    this.setServing(true);
  }

  /** What Watch tells, and Check unless it has found out otherwise. */
  setServing(serving: boolean): void {
    const status = serving ? 'SERVING' : 'NOT_SERVING';
    for (const name of ['', ...A2A_SERVICE_NAMES]) this.told.setStatus(name, status);
  }

  addToServer(server: Server): void {
    this.told.addToServer({
      addService: (definition, handlers) =>
        server.addService(definition as Parameters<Server['addService']>[0], {
          ...(handlers as UntypedServiceImplementation),
          check: this.checkOf(handlers.check as Check),
        }),
    });
  }

  private checkOf(check: Check): Check {
    return (call, callback) =>
      check(call, (error, answer, ...rest) => {
        if (answer?.status !== 'SERVING') return callback(error, answer, ...rest);
        this.ask().then(
          () => callback(null, answer),
          () => callback(null, { status: 'NOT_SERVING' }),
        );
      });
  }
}
