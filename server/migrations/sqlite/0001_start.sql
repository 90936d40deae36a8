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

-- What search keeps; store/sqlite/search.rs says how it hangs together.
CREATE TABLE search_state (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    -- By whose rules the terms were made.
    analyzer TEXT NOT NULL,
    -- Goes up with every change to the index.
    version INTEGER NOT NULL,
    -- Stories that everyone may see.
    stories INTEGER NOT NULL,
    -- Numbers of documents are below this.
    documents INTEGER NOT NULL
) STRICT;

INSERT INTO search_state VALUES (1, '', 0, 0, 0);

-- Terms are never taken away, so that a number always means the same.
CREATE TABLE search_terms (
    number INTEGER PRIMARY KEY,
    term TEXT NOT NULL,
    -- How many stories that everyone may see have it, as far as the lists tell.
    stories INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX search_terms_by_name ON search_terms (term, stories);

-- Who may see a story that not everyone may see, as in `things`. Everyone is 0 and has no row.
CREATE TABLE search_audiences (
    number INTEGER PRIMARY KEY,
    scope TEXT NOT NULL,
    department BLOB,
    owner BLOB
) STRICT;

CREATE TABLE search_documents (
    number INTEGER PRIMARY KEY,
    -- Its number in `things`.
    story INTEGER NOT NULL UNIQUE,
    id BLOB NOT NULL,
    -- NULL when the story is not in the library.
    audience INTEGER,
    terms BLOB NOT NULL,
    -- Not yet in the lists as it is here; they have it as it was then.
    pending INTEGER NOT NULL,
    listed_audience INTEGER,
    listed_terms BLOB
) STRICT;

CREATE INDEX search_pending ON search_documents (number) WHERE pending;

-- `place` is made of term, audience and block of documents.
CREATE TABLE search_lists (
    place INTEGER PRIMARY KEY,
    counts BLOB NOT NULL,
    postings BLOB NOT NULL
) STRICT;

-- Stories that are to be indexed anew: they quote a name that was changed, or the analyzer has changed.
CREATE TABLE search_queue (
    story INTEGER PRIMARY KEY
) STRICT;

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
