import type { AgentCard } from '@a2a-js/sdk';
import type { Transport } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { type ChannelOptions, credentials, experimental, Metadata, status } from '@grpc/grpc-js';
import { LRUCache } from 'lru-cache';
import type { AddressGuard } from '../../../outbound/address-guard';
import type { TlsIdentity } from '../../../outbound/outbound-client';
import { isOutboundError } from '../../../outbound/outbound-error';
import { badCard, type RemoteInterface } from '../card/remote-card';

/** The parts of grpc-js that its `experimental` does not export by name. */
type Listener = experimental.ResolverListener;

let schemes = 0;

/**
 * gRPC channels to agents, one per target and identity. Names are resolved by the address guard, so that a
 * channel connects to what was checked, and TLS still verifies the name.
 */
export class GrpcConnections {
  private readonly scheme: string;
  private readonly transports = new LRUCache<string, Transport>({
    max: 100,
    dispose: (transport) => close(transport),
  });

  constructor(private readonly guard: AddressGuard) {
    schemes += 1;
    this.scheme = `a2a-${schemes}`;
    experimental.registerResolver(this.scheme, guardedResolver(guard));
  }

  /**
   * @param secure whether a target without a scheme means TLS
   * @throws RemoteFault when the card's URL is no gRPC target; OutboundError when it is not to be called
   */
  async transport(
    at: RemoteInterface,
    card: AgentCard,
    options: { secure: boolean; tls?: TlsIdentity | undefined },
  ): Promise<Transport> {
    const { tls } = options;
    const { authority, secure } = readTarget(at.url, options.secure);
    const key = JSON.stringify([authority, secure, at.version, tls]);
    const known = this.transports.get(key);
    if (known !== undefined) return known;
    // The channel checks again, and that is what protects; here the reason is not lost.
    await this.guard.addresses(experimental.splitHostPort(authority)?.host ?? authority);
    const pem = (text?: string) => (text === undefined ? null : Buffer.from(text));
    const factory = new GrpcTransportFactory({
      legacyCompat: { enabled: true },
      grpcChannelCredentials: secure
        ? credentials.createSsl(pem(tls?.ca), pem(tls?.key), pem(tls?.cert))
        : credentials.createInsecure(),
    });
    const endpoint = `${this.scheme}:${authority}`;
    // The factory finds the version by the URL of the interface, which is not the target.
    const declared = {
      ...card,
      supportedInterfaces: card.supportedInterfaces.map((one) => ({ ...one, url: endpoint })),
    };
    const transport = await factory.create(endpoint, declared);
    this.transports.set(key, transport);
    return transport;
  }
}

/** `host:port`, with or without a scheme: https and grpcs mean TLS, http and grpc mean none. */
function readTarget(url: string, secureByDefault: boolean): { authority: string; secure: boolean } {
  const [, scheme = secureByDefault ? 'grpcs' : 'grpc', rest = ''] =
    /^(?:([a-z][a-z0-9+.-]*):\/{2,3})?([^/?#@]+)\/?$/i.exec(url) ?? [];
  const secure = /^(https|grpcs)$/i.test(scheme) || (scheme === 'dns' && secureByDefault);
  if (rest === '' || (!secure && !/^(http|grpc|dns)$/i.test(scheme))) {
    throw badCard('the URL of its gRPC interface is not "host:port"');
  }
  const hasPort = /:\d{1,5}$/.test(rest) && !/^[^[]*:.*:/.test(rest);
  return { authority: hasPort ? rest : `${rest}:${secure ? 443 : 80}`, secure };
}

function guardedResolver(guard: AddressGuard) {
  return class GuardedResolver implements experimental.Resolver {
    private destroyed = false;

    constructor(
      private readonly target: experimental.GrpcUri,
      private readonly listener: Listener,
      _options: ChannelOptions,
    ) {}

    static getDefaultAuthority(target: experimental.GrpcUri): string {
      return target.path;
    }

    updateResolution(): void {
      this.destroyed = false;
      void this.resolve();
    }

    destroy(): void {
      this.destroyed = true;
    }

    private async resolve(): Promise<void> {
      const target = experimental.splitHostPort(this.target.path);
      try {
        const found = await guard.addresses(target?.host ?? this.target.path);
        const port = target?.port ?? 443;
        const endpoints = found.map(({ address }) => ({ addresses: [{ host: address, port }] }));
        if (!this.destroyed) this.listener(experimental.statusOrFromValue(endpoints), {}, null, '');
      } catch (error) {
        if (this.destroyed) return;
        const refused = isOutboundError(error) && error.failure === 'refused';
        const problem = {
          code: refused ? status.FAILED_PRECONDITION : status.UNAVAILABLE,
          details: error instanceof Error ? error.message : String(error),
          metadata: new Metadata(),
        };
        this.listener(experimental.statusOrFromError(problem), {}, null, '');
      }
    }
  };
}

/** The SDK's transport has no way to close its channel. */
function close(transport: Transport): void {
  const { grpcClient } = transport as { grpcClient?: { close?: () => void } };
  grpcClient?.close?.();
}
