// A peer written with Fedify: it does what each line on stdin says, and answers on stdout.
// Usage: node peer.mjs KEY_AND_CERTIFICATE.pem; what it serves is at peer.localhost.
import dns from "node:dns";
import { readFileSync } from "node:fs";
import https from "node:https";
import { syncBuiltinESMExports } from "node:module";
import { createInterface } from "node:readline";

import {
  createFederation,
  exportSpki,
  generateCryptoKeyPair,
  MemoryKvStore,
  parseNodeInfo,
  respondWithObject,
  verifyRequestDetailed,
} from "@fedify/fedify";
import {
  Activity,
  Article,
  Create,
  Endpoints,
  Follow,
  Like,
  Note,
  Object as ActivityObject,
  Person,
  PUBLIC_COLLECTION,
  traverseCollection,
  Undo,
} from "@fedify/vocab";
import { Temporal } from "@js-temporal/polyfill";
import jsonld from "jsonld";

import { signing } from "./signing.mjs";

// Names under .localhost are loopback by definition (RFC 6761, 6.3), but not every system
// looks them up so.
const systemLookup = dns.lookup;
dns.lookup = (name, options, callback) => {
  if (!name.endsWith(".localhost")) return systemLookup(name, options, callback);
  const found = { address: "127.0.0.1", family: 4 };
  if (options.all) return callback(null, [found]);
  return callback(null, found.address, found.family);
};
syncBuiltinESMExports();

const pem = readFileSync(process.argv[2]);
const server = https.createServer({ key: pem, cert: pem }, (incoming, outgoing) => {
  answer(incoming, outgoing).catch((error) => {
    console.error(error);
    outgoing.writeHead(500).end();
  });
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const origin = `https://peer.localhost:${server.address().port}`;

const federation = createFederation({
  kv: new MemoryKvStore(),
  allowPrivateAddress: true,
  origin,
});
const ctx = federation.createContext(new URL(origin), undefined);

const keys = new Map();
// What came to the inboxes: every request with what became of it, and every activity that
// Fedify gave to its listeners; they are given only what it believes.
const requests = [];
const activities = [];
// What we said, by its id, for whoever fetches it.
const published = new Map();

federation
  .setActorDispatcher("/users/{identifier}", async (context, identifier) => {
    if (!["ada", "mallory"].includes(identifier)) return null;
    const pairs = await context.getActorKeyPairs(identifier);
    return new Person({
      id: context.getActorUri(identifier),
      preferredUsername: identifier,
      name: identifier === "ada" ? "Ada of the peer" : "Mallory",
      inbox: context.getInboxUri(identifier),
      outbox: context.getOutboxUri(identifier),
      endpoints: new Endpoints({ sharedInbox: context.getInboxUri() }),
      publicKey: pairs[0].cryptographicKey,
      assertionMethods: pairs.map((pair) => pair.multikey),
    });
  })
  .setKeyPairsDispatcher(async (_context, identifier) => {
    if (!keys.has(identifier)) {
      keys.set(
        identifier,
        await Promise.all([
          generateCryptoKeyPair("RSASSA-PKCS1-v1_5"),
          generateCryptoKeyPair("Ed25519"),
        ]),
      );
    }
    return keys.get(identifier);
  });

federation.setOutboxDispatcher("/users/{identifier}/outbox", () => ({ items: [] }));

federation.setNodeInfoDispatcher("/nodeinfo/2.1", () => ({
  software: { name: "fedify-peer", version: "1.0.0" },
  protocols: ["activitypub"],
  usage: { users: {}, localPosts: 0, localComments: 0 },
}));

federation
  .setInboxListeners("/users/{identifier}/inbox", "/inbox")
  .setSharedKeyDispatcher(() => ({ identifier: "ada" }))
  .on(Activity, async (context, activity) => {
    activities.push({
      actor: activity.actorId?.href,
      proven: await isProven(activity),
      ...(await described(context, activity)),
    });
  })
  .onError((_context, error) => console.error(error));

const ada = ctx.getActorUri("ada");
// Asks as Ada: what is not for everybody is not given to whoever does not say who they are.
const asAda = {
  contextLoader: ctx.contextLoader,
  documentLoader: await ctx.getDocumentLoader({ identifier: "ada" }),
};

async function isProven(activity) {
  for await (const _proof of activity.getProofs()) return true;
  return false;
}

function kindOf(object) {
  return object.constructor.typeId.hash.slice(1);
}

async function described(context, object) {
  const said = { type: kindOf(object), id: object.id?.href };
  if (object.content != null) said.content = object.content.toString();
  if (object.name != null) said.name = object.name.toString();
  if (!(object instanceof Activity)) return said;
  const about = await object.getObject({ ...context, suppressError: true });
  said.object = about == null ? object.objectId?.href : await described(context, about);
  return said;
}

async function answer(incoming, outgoing) {
  const pieces = [];
  for await (const piece of incoming) pieces.push(piece);
  const request = new Request(new URL(incoming.url, origin), {
    method: incoming.method,
    headers: Object.entries(incoming.headers),
    body: incoming.method === "POST" ? Buffer.concat(pieces) : undefined,
  });
  const response = await respond(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}

async function respond(request) {
  const object = published.get(request.url);
  if (object != null) return await respondWithObject(object, ctx);
  if (request.method !== "POST") return await given(request);
  // Fedify takes a request whose object proof holds, whoever signed it; this is the signature.
  const judged = await verifyRequestDetailed(request.clone(), ctx);
  const { type, object: about } = await request.clone().json();
  const response = await given(request);
  requests.push({
    says: about?.type == null ? type : `${type} ${about.type}`,
    verified: judged.verified,
    key: judged.verified ? judged.key.id?.href : judged.reason.type,
    status: response.status,
  });
  return response;
}

async function given(request) {
  return await federation.fetch(request, { contextData: undefined });
}

let minted = 0;
function mint(kind) {
  minted += 1;
  return new URL(`/${kind}/${minted}`, origin);
}

// Fedify's look-up keeps to itself why it found nothing, so what it does is then done by hand.
async function lookUp(address) {
  const found = await ctx.lookupObject(address, asAda);
  if (found != null) return found;
  const { document } = await asAda.documentLoader(address);
  await ActivityObject.fromJsonLd(document, asAda);
  throw new Error(`Fedify finds nothing at ${address}`);
}

async function send(to, activity) {
  published.set(activity.id.href, activity);
  await ctx.sendActivity({ identifier: "ada" }, to, activity, { immediate: true });
  return activity.id.href;
}

async function publish(group, post) {
  published.set(post.id.href, post);
  const activity = new Create({
    id: mint("creates"),
    actor: ada,
    object: post,
    tos: post.toIds,
    ccs: post.ccIds,
  });
  await send(group, activity);
  return post.id.href;
}

async function groupOf(post) {
  const group = await post.getAudience(asAda);
  if (group == null) throw new Error(`${post.id} names no community as its audience`);
  return group;
}

// A document as any reader of JSON-LD sees it, and what Fedify has made of it.
async function understood(object, document) {
  const theirs = await jsonld.expand(document, { documentLoader: ctx.contextLoader });
  const made = await object.toJsonLd({ ...asAda, format: "expand" });
  return { type: kindOf(object), id: object.id.href, theirs, made };
}

const deeds = {
  async follow({ group: handle }) {
    const group = await lookUp(handle);
    return await send(
      group,
      new Follow({ id: mint("follows"), actor: ada, object: group.id, to: group.id }),
    );
  },

  async ask({ group: handle, title, html }) {
    const group = await lookUp(handle);
    const article = new Article({
      id: mint("articles"),
      attribution: ada,
      tos: [group.id, PUBLIC_COLLECTION],
      audience: group.id,
      name: title,
      content: html,
      published: Temporal.Now.instant(),
    });
    return await publish(group, article);
  },

  async answer({ to, html }) {
    const post = await lookUp(to);
    const group = await groupOf(post);
    const note = new Note({
      id: mint("notes"),
      attribution: ada,
      replyTarget: post.id,
      tos: [group.id, PUBLIC_COLLECTION],
      cc: post.attributionId,
      audience: group.id,
      content: html,
      published: Temporal.Now.instant(),
    });
    return await publish(group, note);
  },

  async like({ of }) {
    const post = await lookUp(of);
    const group = await groupOf(post);
    const like = new Like({
      id: mint("likes"),
      actor: ada,
      object: post.id,
      tos: [post.attributionId, group.id, PUBLIC_COLLECTION],
      audience: group.id,
    });
    return await send(group, like);
  },

  async undo({ activity: id, group: handle }) {
    const group = await lookUp(handle);
    const undone = published.get(id);
    return await send(
      group,
      new Undo({ id: mint("undos"), actor: ada, object: undone, tos: [group.id, ...undone.toIds] }),
    );
  },

  received() {
    return { requests, activities };
  },

  async look({ at }) {
    const object = await lookUp(at);
    const { document } = await asAda.documentLoader(object.id.href);
    return await understood(object, document);
  },

  async read({ document }) {
    return await understood(await ActivityObject.fromJsonLd(document, asAda), document);
  },

  async document({ at, anonymous = false }) {
    const reader = anonymous ? ctx : asAda;
    return (await reader.documentLoader(at)).document;
  },

  async list({ at }) {
    const collection = await lookUp(at);
    const items = [];
    for await (const item of traverseCollection(collection, asAda)) {
      items.push(await described(asAda, item));
    }
    return { type: kindOf(collection), total: collection.totalItems, items };
  },

  // Fedify's own way to fetch it reaches public addresses only.
  async nodeinfo({ at }) {
    const { links } = await (await fetch(new URL("/.well-known/nodeinfo", at))).json();
    const schemas = links.filter(({ rel }) => rel.includes("/ns/schema/"));
    return await Promise.all(
      schemas.map(async ({ href }) => parseNodeInfo(await (await fetch(href)).json())),
    );
  },

  async key({ of: identifier }) {
    const [pair] = await ctx.getActorKeyPairs(identifier);
    return { id: pair.keyId.href, pem: await exportSpki(pair.publicKey) };
  },

  ...signing(ctx),
};

async function obey(line) {
  const { number, deed, ...said } = JSON.parse(line);
  try {
    return { number, answer: (await deeds[deed](said)) ?? null };
  } catch (error) {
    console.error(error);
    return { number, error: String(error?.message ?? error) };
  }
}

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

await Promise.all(["ada", "mallory"].map((name) => ctx.getActorKeyPairs(name)));
say({ origin, ada: ada.href });
for await (const line of createInterface({ input: process.stdin })) say(await obey(line));
server.close();
server.closeAllConnections();
