// What RxDB's page runs; bundled by its server.

import { createRxDatabase } from "rxdb/plugins/core";
import { replicateRxCollection } from "rxdb/plugins/replication";
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie";

const text = { type: "string" };
const list = { type: "array", items: text };
const TEXTS = ["kind", "title", "situation", "action", "outcome", "lesson", "quote", "department", "site", "occurred_on", "author", "language"];
const schema = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: {
    id: { type: "string", maxLength: 40 },
    ...Object.fromEntries(TEXTS.map((name) => [name, text])),
    tags: list,
    values: list,
  },
  required: ["id"],
};

let db;

window.opened = async () => {
  db = await createRxDatabase({ name: "local", storage: getRxStorageDexie(), multiInstance: false });
  await db.addCollections({ stories: { schema } });
};

window.told = async (stories) => {
  for (const story of stories) await db.stories.insert(story);
};

window.counted = () => db.stories.count().exec();

/** Milliseconds until everything is there, or here; `how` holds the batch size for the way that is wanted. */
window.synced = async (name, how) => {
  const start = performance.now();
  let failed;
  const replication = replicateRxCollection({
    collection: db.stories,
    replicationIdentifier: name,
    live: false,
    waitForLeadership: false,
    pull: how.pull && { batchSize: how.pull, handler: (checkpoint, limit) => pulled(name, checkpoint, limit) },
    push: how.push && { batchSize: how.push, handler: (rows) => pushed(name, rows) },
  });
  replication.error$.subscribe((error) => (failed = error));
  await replication.awaitInitialReplication();
  if (failed) throw failed;
  return performance.now() - start;
};

async function pulled(name, checkpoint, limit) {
  const answer = await fetch(`/pull?set=${name}&after=${checkpoint?.seq ?? 0}&limit=${limit}`);
  return answer.json();
}

async function pushed(name, rows) {
  const headers = { "content-type": "application/json" };
  return (await fetch(`/push?set=${name}`, { method: "POST", headers, body: JSON.stringify(rows) })).json();
}
