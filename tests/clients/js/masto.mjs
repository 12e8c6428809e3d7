// A tour of an agency by masto.js, on which Phanpy and Elk stand.

import { createRestAPIClient, createStreamingAPIClient } from "masto";

import { given, saw, settled } from "./said.mjs";

const { address, tokens } = given;
const [ben, amina] = [tokens.ben, tokens.amina].map((accessToken) =>
  createRestAPIClient({ url: address, accessToken }),
);

const instance = await ben.v2.instance.fetch();
saw("instance", instance);
saw("instance v1", await ben.v1.instance.fetch());
saw("me", await ben.v1.accounts.verifyCredentials());

const streaming = createStreamingAPIClient({
  streamingApiUrl: instance.configuration.urls.streaming,
  accessToken: tokens.ben,
});
await streaming.prepare();
const events = streaming.user.subscribe().values();
const first = events.next();
await settled();

const question = await ben.v1.statuses.create(
  { status: "@plaza How high is the mast?\nOf the ship in the harbour." },
  { requestInit: { headers: { "Idempotency-Key": "masto" } } },
);
saw("question", question);
saw("heard", (await first).value);

const answer = await amina.v1.statuses.create({
  status: "The mast is twelve metres high.",
  inReplyToId: question.id,
});
saw("answer", answer);
saw("told", (await events.next()).value);
streaming.close();

saw("favourite", await ben.v1.statuses.$select(answer.id).favourite());
saw("context", await ben.v1.statuses.$select(question.id).context.fetch());
saw("notifications", await amina.v1.notifications.list({ types: ["favourite"] }));
saw("groups", await amina.v2.notifications.list());
saw("search", await ben.v2.search.list({ q: "harbour", type: "statuses" }));

await ben.v1.statuses.$select(answer.id).bookmark();
saw("bookmarks", await ben.v1.bookmarks.list());

await ben.v1.accounts.$select(answer.account.id).follow();
const list = await ben.v1.lists.create({ title: "Who knows ships" });
await ben.v1.lists.$select(list.id).accounts.create({ accountIds: [answer.account.id] });
const table = await amina.v1.statuses.create({ status: "@plaza Tide tables\nIn the office." });
saw("table", table);
saw("lists", await ben.v1.lists.list());
saw("list", await ben.v1.timelines.list.$select(list.id).list());

await ben.v2.filters.create({
  title: "Ships",
  context: ["thread"],
  filterAction: "warn",
  keywordsAttributes: [{ keyword: "mast", wholeWord: true }],
});
saw("filters", await ben.v2.filters.list());
saw("filtered", await ben.v1.statuses.$select(answer.id).fetch());

await ben.v1.markers.create({ home: { lastReadId: question.id } });
saw("markers", await ben.v1.markers.fetch({ timeline: ["home"] }));

const pages = [];
for await (const page of ben.v1.timelines.home.list({ limit: 1 })) {
  pages.push(page.map((status) => status.id));
}
saw("pages", pages);
saw("home", await ben.v1.timelines.home.list({ limit: 40 }));

try {
  await ben.v1.statuses.$select("1").fetch();
} catch (error) {
  saw("refused", { status: error.statusCode, message: error.message });
}
