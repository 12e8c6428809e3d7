// A tour of an agency by megalodon, on which Whalebird and Fedistar stand.

import { once } from "node:events";

import generator, { detector } from "megalodon";

import { given, saw, settled } from "./said.mjs";

const { address, tokens } = given;

const kind = await detector(address);
saw("detected", kind);
const [ben, amina] = [tokens.ben, tokens.amina].map((token) => generator(kind, address, token));

saw("instance", (await ben.getInstance()).data);
saw("me", (await ben.verifyAccountCredentials()).data);

const stream = await ben.userStreaming();
await once(stream, "connect");
await settled();
const heard = once(stream, "update");

const question = (await ben.postStatus("@plaza How wide is the quay?\nWhere the ferry lands.")).data;
saw("question", question);
saw("heard", (await heard)[0]);

const told = once(stream, "notification");
const answer = (
  await amina.postStatus("The quay is nine metres wide.", { in_reply_to_id: question.id })
).data;
saw("answer", answer);
saw("told", (await told)[0]);
stream.stop();

saw("favourite", (await ben.favouriteStatus(answer.id)).data);
saw("context", (await ben.getStatusContext(question.id)).data);
saw("notifications", (await amina.getNotifications({ exclude_types: ["mention"] })).data);
saw("search", (await ben.search("ferry", { type: "statuses" })).data);

await ben.bookmarkStatus(answer.id);
saw("bookmarks", (await ben.getBookmarks()).data);

await ben.followAccount(answer.account.id);
const list = (await ben.createList("Who knows quays")).data;
await ben.addAccountsToList(list.id, [answer.account.id]);
const table = (await amina.postStatus("@plaza Crane times\nOn the door.")).data;
saw("table", table);
saw("lists", (await ben.getLists()).data);
saw("list", (await ben.getListTimeline(list.id)).data);

await ben.createFilter("quay", ["thread"]);
saw("filters", (await ben.getFilters()).data);

await ben.saveMarkers({ home: { last_read_id: question.id } });
saw("markers", (await ben.getMarkers(["home"])).data);

const pages = [];
let before;
do {
  const page = (await ben.getHomeTimeline({ limit: 1, max_id: before })).data;
  pages.push(page.map((status) => status.id));
  before = page.at(-1)?.id;
} while (before);
saw("pages", pages);
saw("home", (await ben.getHomeTimeline({ limit: 40 })).data);

try {
  await ben.getStatus("1");
} catch (error) {
  saw("refused", { status: error.response.status, message: error.response.data.error });
}
// Megalodon keeps a timer for a socket that it has closed.
process.exit(0);
