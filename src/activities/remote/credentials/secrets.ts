import { readSecret } from '../../../config/secret-ref';
import { RemoteFault } from '../fault';

/** Shorter ones are not looked for in what agents say: they would be found everywhere. */
const SHORTEST_SECRET = 6;

/** The secrets of one call: read by reference, and never shown. */
export class Secrets {
  private readonly values = new Set<string>();

  constructor(private readonly env: NodeJS.ProcessEnv = process.env) {}

  /**
   * The secret that `env:NAME` or `file:PATH` names, without white space around it.
   * @throws RemoteFault A2A_REMOTE_CREDENTIALS that shows a well-formed reference and no other text
   */
  async read(reference: string): Promise<string> {
    const secret = await readSecret(reference, this.env);
    if ('fault' in secret) throw unusable(secret.fault);
    return this.keep(secret.value);
  }

  /** Makes a value a secret of this call, such as a token that was fetched. */
  keep(value: string): string {
    if (value.length >= SHORTEST_SECRET) this.values.add(value);
    return value;
  }

  /** A text, or any JSON value, without the secrets: an agent may repeat what it was sent. */
  readonly redact = <T>(value: T): T => (this.values.size === 0 ? value : (this.strip(value) as T));

  private strip(value: unknown): unknown {
    if (typeof value === 'string') {
      let text = value;
      for (const secret of this.values) text = text.replaceAll(secret, '***');
      return text;
    }
    if (Array.isArray(value)) return value.map((element) => this.strip(element));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [this.strip(key), this.strip(inner)]),
    );
  }
}

export function unusable(message: string): RemoteFault {
  return new RemoteFault('A2A_REMOTE_CREDENTIALS', `cannot be called: ${message}`);
}
