import type { KeyObject } from 'node:crypto';
import type { JWK } from 'jose' with { 'resolution-mode': 'import' };
import { jose, type PublicKey, readSigningKeys } from '../bridge/signing-keys';
import { signedForms, withoutDefaults } from './card-forms';

/** Section 4.4.7: a JWS (RFC 7515) whose payload is the card that it stands in. */
export interface AgentCardSignature {
  protected: string;
  signature: string;
}

/** Cards that are kept with their signatures: clients that name hosts at will must not fill the memory. */
const KEPT = 500;

/**
 * Signs agent cards (specification section 8.4). Make it with {@link createCardSigner}. A card has several signatures,
 * all by one key, where verifiers differ in what they make of it; one that is good is enough.
 */
export class CardSigner {
  private readonly known = new Map<string, Promise<AgentCardSignature[]>>();

  constructor(
    private readonly key: KeyObject,
    private readonly publicKey: PublicKey,
    private readonly others: readonly JWK[],
  ) {}

  /** ID of the key that signs. */
  get kid(): string {
    return this.publicKey.kid;
  }

  /** The public keys, as a JSON Web Key Set: the one that signs, and those that signed before or will. */
  get jwks(): { keys: JWK[] } {
    return { keys: [this.publicKey, ...this.others] };
  }

  /**
   * @param card of 1.0, 0.3, or both; `signatures` of it are replaced
   * @param jwksUrl where the public keys are served: header `jku`; left out without one
   */
  async sign<Card extends object>(
    card: Card,
    jwksUrl?: string,
  ): Promise<Card & { signatures: AgentCardSignature[] }> {
    const { signatures: _, ...content } = withoutDefaults(card) as Card & { signatures?: unknown };
    const forms = signedForms(content);
    const id = `${jwksUrl} ${forms[0]}`;
    const signatures = this.known.get(id) ?? this.signForms(forms, jwksUrl);
    // The latest last; signatures of most algorithms differ each time, so the same card keeps its own.
    this.known.delete(id);
    this.known.set(id, signatures);
    if (this.known.size > KEPT) this.known.delete(String(this.known.keys().next().value));
    return { ...(content as Card), signatures: await signatures };
  }

  private async signForms(forms: string[], jku: string | undefined): Promise<AgentCardSignature[]> {
    const { alg, kid } = this.publicKey;
    const { FlattenedSign } = jose();
    return Promise.all(
      forms.map(async (form) => {
        const jws = await new FlattenedSign(new TextEncoder().encode(form))
          .setProtectedHeader({ alg, typ: 'JOSE', kid, ...(jku !== undefined && { jku }) })
          .sign(this.key);
        return { protected: jws.protected ?? '', signature: jws.signature };
      }),
    );
  }
}

/**
 * Makes what signs agent cards (specification section 8.4) with private keys.
 * @param references where private keys are (PEM or JWK): `file:PATH` or `env:NAME`, separated by commas. The first
 * signs; the others are only published, so that cards that clients have kept can still be verified.
 * @throws an Error that names the reference and shows nothing of the key
 */
export async function createCardSigner(
  references: string,
  { env = process.env }: { env?: NodeJS.ProcessEnv } = {},
): Promise<CardSigner> {
  const [current, ...others] = await readSigningKeys(references, env);
  if (current === undefined) throw new Error('there is no signing key');
  return new CardSigner(
    current.key,
    current.publicKey,
    others.map(({ publicKey }) => publicKey),
  );
}
