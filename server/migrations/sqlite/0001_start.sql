-- Where the server stands: epoch, seq, chain, and the versions of what is derived.
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The latest state of every thing that is synced. `number` names its row in what is derived from it.
CREATE TABLE things (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id BLOB NOT NULL,
    seq INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- everyone, department, curators, owner
    scope TEXT NOT NULL,
    department BLOB,
    owner BLOB,
    -- Somebody who once saw it no longer does.
    narrowed INTEGER NOT NULL,
    meant INTEGER NOT NULL,
    UNIQUE (kind, id)
) STRICT;

-- A pull reads in this order. Unique, because no two changes share a seq.
CREATE UNIQUE INDEX things_in_order ON things (seq);

-- Things that change hands when somebody changes department or role.
CREATE INDEX things_in_department ON things (department) WHERE scope = 'department';
CREATE INDEX things_for_curators ON things (number) WHERE scope IN ('curators', 'department');

-- Every op ever received, byte for byte, with its receipt.
CREATE TABLE ops (
    device BLOB NOT NULL,
    device_seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    kind TEXT NOT NULL,
    thing BLOB NOT NULL,
    actor BLOB NOT NULL,
    outcome TEXT NOT NULL,
    -- The seq of its effect; 0 while it has none.
    seq INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    chain BLOB,
    -- What a deferred op waits for: `kind/id`, or `*` for a server that knows its kind.
    waits TEXT,
    bytes TEXT NOT NULL,
    PRIMARY KEY (device, device_seq)
) STRICT;

CREATE UNIQUE INDEX ops_in_order ON ops (seq) WHERE seq > 0;
CREATE INDEX ops_of_thing ON ops (thing, seq);
CREATE INDEX ops_waiting ON ops (waits) WHERE waits IS NOT NULL;

-- What the library lists by, derived from the state of stories.
CREATE TABLE stories (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    published_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    department BLOB,
    site BLOB,
    author BLOB NOT NULL,
    -- In the library, not in review, archived or deleted.
    listed INTEGER NOT NULL
) STRICT;

CREATE INDEX stories_newest ON stories (published_at DESC, id DESC) WHERE listed;
CREATE INDEX stories_of_author ON stories (author, published_at DESC);

CREATE TABLE story_labels (
    story INTEGER NOT NULL REFERENCES stories (number) ON DELETE CASCADE,
    label BLOB NOT NULL,
    PRIMARY KEY (story, label)
) STRICT, WITHOUT ROWID;

CREATE INDEX stories_with_label ON story_labels (label, story);

-- Browser profiles, each of one person, with the credential that lets them push and nothing else.
CREATE TABLE devices (
    id BLOB PRIMARY KEY,
    person BLOB NOT NULL,
    push_token_hash BLOB UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Tokens are kept as hashes: who reads the database cannot sign in with it.
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    person BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
    id BLOB PRIMARY KEY,
    -- Of the short code that is typed, and of the longer secret in a link.
    code_hash BLOB NOT NULL UNIQUE,
    link_hash BLOB NOT NULL UNIQUE,
    role TEXT NOT NULL,
    uses_left INTEGER NOT NULL CHECK (uses_left >= 0),
    expires_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
