import { OutboundError } from './outbound-error';

export interface BodyLimits {
  /** Most bytes, after decompression. */
  maxBytes: number;
  /** Longest time in ms without a byte. */
  idleMs: number;
}

/**
 * The body of a response within its limits; read as slowly as its reader reads. `done` is called once, when
 * nothing more will come.
 */
export function limitedBody(
  body: ReadableStream<Uint8Array>,
  origin: string,
  limits: BodyLimits,
  done: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let bytes = 0;
  const end = (controller: ReadableStreamDefaultController<Uint8Array>, error: OutboundError) => {
    done();
    controller.error(error);
    reader.cancel(error).catch(() => {});
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let timer: NodeJS.Timeout | undefined;
        const idle = new Promise<'idle'>((resolve) => {
          timer = setTimeout(resolve, limits.idleMs, 'idle');
        });
        try {
          const read = await Promise.race([reader.read(), idle]);
          if (read === 'idle') {
            end(controller, new OutboundError('timeout', `${origin} sent nothing for ${limits.idleMs} ms`));
          } else if (read.done) {
            done();
            controller.close();
          } else {
            bytes += read.value.byteLength;
            if (bytes <= limits.maxBytes) controller.enqueue(read.value);
            else {
              const message = `the answer of ${origin} is larger than ${limits.maxBytes} bytes`;
              end(controller, new OutboundError('too-large', message));
            }
          }
        } catch (cause) {
          end(controller, new OutboundError('network', `the connection to ${origin} broke`, { cause }));
        } finally {
          clearTimeout(timer);
        }
      },
      async cancel(reason) {
        done();
        await reader.cancel(reason).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}
