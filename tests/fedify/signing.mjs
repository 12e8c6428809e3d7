// Fedify's signatures on their own: of requests in both schemes, and of documents (FEP-8b32).
import { signObject, signRequest, verifyObject, verifyRequestDetailed } from "@fedify/fedify";
import { Activity, Note, Object as ActivityObject } from "@fedify/vocab";

const TAKES_BODY = new Set(["POST", "PUT"]);

function requestOf({ method, url, headers, body }) {
  return new Request(url, { method, headers, body: TAKES_BODY.has(method) ? body : undefined });
}

// Finds what it was given and nothing else.
function loaderOf(documents) {
  return async (url) => {
    const address = url.split("#")[0];
    const document = documents[url] ?? documents[address];
    if (document == null) throw new Error(`nothing was given for ${url}`);
    return { contextUrl: null, document, documentUrl: address };
  };
}

export function signing(ctx) {
  async function keysOf(identifier) {
    const [rsa, ed25519] = await ctx.getActorKeyPairs(identifier);
    return { rsa, ed25519 };
  }

  async function signed({ as = "ada", key_id: keyId, spec, ...said }) {
    const { rsa } = await keysOf(as);
    return await signRequest(requestOf(said), rsa.privateKey, new URL(keyId ?? rsa.keyId), { spec });
  }

  return {
    async sign(said) {
      return Object.fromEntries((await signed(said)).headers);
    },

    // Send what was signed, or something else under the same signature.
    async post({ sent, ...said }) {
      const { url, headers } = await signed(said);
      const response = await fetch(url, { method: "POST", headers, body: sent ?? said.body });
      return { status: response.status, body: await response.text() };
    },

    async verify({ documents, ...said }) {
      const judged = await verifyRequestDetailed(requestOf(said), {
        documentLoader: loaderOf(documents),
        contextLoader: ctx.contextLoader,
      });
      return judged.verified ? judged.key.id.href : { refused: judged.reason.type };
    },

    async prove({ id, html }) {
      const { ed25519 } = await keysOf("ada");
      const note = new Note({ id: new URL(id), attribution: ctx.getActorUri("ada"), content: html });
      const proven = await signObject(note, ed25519.privateKey, ed25519.multikey.id, ctx);
      return await proven.toJsonLd({ ...ctx, format: "compact" });
    },

    async check({ document, documents }) {
      const kind = "actor" in document ? Activity : ActivityObject;
      const options = { documentLoader: loaderOf(documents), contextLoader: ctx.contextLoader };
      return (await verifyObject(kind, document, options)) != null;
    },
  };
}
