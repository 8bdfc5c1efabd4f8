import type { ServiceDefinition } from '@grpc/grpc-js';

const sizes = new WeakMap<object, number>();

/** A service that notes how large its requests are, which only their bytes tell. */
export function withSizes(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer): unknown => {
        const request: unknown = method.requestDeserialize(bytes);
        if (typeof request === 'object' && request !== null) sizes.set(request, bytes.length);
        return request;
      };
      return [name, { ...method, requestDeserialize }];
    }),
  );
}

/** Bytes of a request. */
export function sizeOf(request: unknown): number {
  return sizes.get(request as object) ?? 0;
}
