import type { TemporalTarget } from './target';
import { transportReason } from './transport-reason';
import { type Listener, whatListens } from './what-listens';

export interface ConnectFault {
  message: string;
  /** Trying again will not help: the settings are wrong. */
  final: boolean;
}

/** Why a NativeConnection could not be made, in words that say what to change. */
export async function explainConnectError(target: TemporalTarget, error: unknown): Promise<ConnectFault> {
  const { address } = target;
  const { message } = error as Error;
  const final = (text: string) => ({ message: text, final: true });

  const certificate = /InvalidCertificate\((\w+)/.exec(message)?.[1];
  if (certificate !== undefined) return final(badCertificate(target, certificate));
  if (/PrivateKeyParseError|CertificateParseError/.test(message)) {
    return final(
      'the client certificate for Temporal, or its key, is not a PEM file that can be used ' +
        '(TEMPORAL_TLS_CLIENT_CERT_PATH, TEMPORAL_TLS_CLIENT_KEY_PATH)',
    );
  }
  if (/valid authentication credentials|does not have permission/.test(message)) {
    return final(refusedCredentials(target, transportReason(message)));
  }
  const cannot = `cannot connect to Temporal at ${address}`;
  if (!/tcp connect error|dns error/.test(message)) {
    const mismatch = MISMATCHES[await whatListens(address)](target);
    if (mismatch !== undefined) return final(`${cannot}: ${mismatch}`);
  }
  return { message: `${cannot}: ${transportReason(message)}`, final: false };
}

export function refusedCredentials(
  { address, connectionOptions, namespace }: TemporalTarget,
  why: string,
): string {
  const { apiKey, tls } = connectionOptions;
  const certificate = typeof tls === 'object' && tls?.clientCertPair !== undefined;
  const what =
    apiKey === undefined && !certificate
      ? 'wants credentials: set TEMPORAL_API_KEY, or TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH'
      : `refuses the credentials: ${apiKey === undefined ? 'the client certificate' : 'TEMPORAL_API_KEY'} must be ` +
        `valid, and allowed to use the namespace "${namespace}" (TEMPORAL_NAMESPACE)`;
  return `Temporal at ${address} ${what} (${why})`;
}

function badCertificate({ address, connectionOptions }: TemporalTarget, fault: string): string {
  const { tls } = connectionOptions;
  const name = (typeof tls === 'object' && tls?.serverNameOverride) || address.replace(/:\d+$/, '');
  const cannot = `cannot connect to Temporal at ${address}: its certificate is`;
  if (fault === 'UnknownIssuer') {
    return (
      `${cannot} not of an authority that is trusted here; name the file with the authority's certificate in ` +
      'TEMPORAL_TLS_SERVER_CA_CERT_PATH'
    );
  }
  if (fault.startsWith('NotValidForName')) {
    return `${cannot} not made out to ${name}; set TEMPORAL_TLS_SERVER_NAME to the name that it is made out to`;
  }
  return `${cannot} refused (${fault})`;
}

const MISMATCHES: Readonly<Record<Listener, (target: TemporalTarget) => string | undefined>> = {
  grpc: (target) =>
    usesTls(target)
      ? `the server does not use TLS, which ${tlsSwitch(target)} turns on; set TEMPORAL_TLS=false`
      : undefined,
  tls: (target) =>
    usesTls(target)
      ? undefined
      : 'the server uses TLS; set TEMPORAL_TLS=true (TEMPORAL_TLS_SERVER_CA_CERT_PATH for a private authority), or ' +
        'TEMPORAL_API_KEY for Temporal Cloud',
  'tls, with client certificates': ({ connectionOptions: { tls } }) =>
    typeof tls === 'object' && tls?.clientCertPair !== undefined
      ? 'the server refuses the client certificate (TEMPORAL_TLS_CLIENT_CERT_PATH)'
      : 'the server wants a client certificate; set TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH',
  web: () =>
    "a web server without gRPC answers there, as Temporal's UI does; the address must be that of Temporal's " +
    'frontend, whose port is 7233 unless it was changed (the UI has 8233 or 8080)',
  unknown: () => undefined,
};

function usesTls({ connectionOptions: { tls, apiKey } }: TemporalTarget): boolean {
  return Boolean(tls ?? apiKey);
}

function tlsSwitch({ connectionOptions: { tls, apiKey } }: TemporalTarget): string {
  return apiKey !== undefined && tls === true
    ? 'TEMPORAL_API_KEY'
    : 'TEMPORAL_TLS or another TEMPORAL_TLS_ setting';
}
