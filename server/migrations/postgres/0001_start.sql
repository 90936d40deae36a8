-- The same tables as SQLite's migration of this number. States are TEXT and not JSONB: they are kept as they are, and
-- JSONB knows neither every string nor every number that JSON does.

-- A list as rows: what `json_each` is in SQLite.
CREATE FUNCTION listed(list BIGINT[]) RETURNS TABLE (key BIGINT, value BIGINT) LANGUAGE sql IMMUTABLE
    AS 'SELECT place, item FROM unnest(list) WITH ORDINALITY AS items (item, place)';
CREATE FUNCTION listed(list TEXT[]) RETURNS TABLE (key BIGINT, value TEXT) LANGUAGE sql IMMUTABLE
    AS 'SELECT place, item FROM unnest(list) WITH ORDINALITY AS items (item, place)';

-- Where the server stands: epoch, seq and chain. The row of `seq` is locked by whoever writes.
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- The latest state of every thing that is synced. `number` names its row in what is derived from it.
CREATE TABLE things (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    id BYTEA NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL,
    -- everyone, department, curators, owner
    scope TEXT NOT NULL,
    department BYTEA,
    owner BYTEA,
    -- Somebody who once saw it no longer does.
    narrowed BOOLEAN NOT NULL,
    meant BOOLEAN NOT NULL,
    UNIQUE (kind, id)
);

-- A pull reads in this order. Unique, because no two changes share a seq.
CREATE UNIQUE INDEX things_in_order ON things (seq);

-- Things that change hands when somebody changes department or role.
CREATE INDEX things_in_department ON things (department) WHERE scope = 'department';
CREATE INDEX things_for_curators ON things (number) WHERE scope IN ('curators', 'department');

-- Every op ever received, byte for byte, with its receipt.
CREATE TABLE ops (
    device BYTEA NOT NULL,
    device_seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    kind TEXT NOT NULL,
    thing BYTEA NOT NULL,
    actor BYTEA NOT NULL,
    outcome TEXT NOT NULL,
    -- The seq of its effect; 0 while it has none.
    seq BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    chain BYTEA,
    -- What a deferred op waits for: `kind/id`, or `*` for a server that knows its kind.
    waits TEXT,
    bytes TEXT NOT NULL,
    PRIMARY KEY (device, device_seq)
);

CREATE UNIQUE INDEX ops_in_order ON ops (seq) WHERE seq > 0;
CREATE INDEX ops_of_thing ON ops (thing, seq);
CREATE INDEX ops_waiting ON ops (waits) WHERE waits IS NOT NULL;

-- What the library lists by, derived from the state of stories.
CREATE TABLE stories (
    number BIGINT PRIMARY KEY,
    id BYTEA NOT NULL,
    published_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    department BYTEA,
    site BYTEA,
    author BYTEA NOT NULL,
    -- In the library, not in review, archived or deleted.
    listed BOOLEAN NOT NULL
);

CREATE INDEX stories_newest ON stories (published_at DESC, id DESC) WHERE listed;
CREATE INDEX stories_of_author ON stories (author, published_at DESC);

CREATE TABLE story_labels (
    story BIGINT NOT NULL REFERENCES stories (number) ON DELETE CASCADE,
    label BYTEA NOT NULL,
    PRIMARY KEY (story, label)
);

CREATE INDEX stories_with_label ON story_labels (label, story);

-- What search keeps; server/src/store/sql/search.rs says how it hangs together.
CREATE TABLE search_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    -- By whose rules the terms were made.
    analyzer TEXT NOT NULL,
    -- Goes up with every change to the index.
    version BIGINT NOT NULL,
    -- Stories that everyone may see.
    stories BIGINT NOT NULL,
    -- Numbers of documents are below this.
    documents BIGINT NOT NULL
);

INSERT INTO search_state VALUES (1, '', 0, 0, 0);

-- Terms are never taken away, so that a number always means the same. They sort by their bytes, as in SQLite.
CREATE TABLE search_terms (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    term TEXT COLLATE "C" NOT NULL,
    -- How many stories that everyone may see have it, as far as the lists tell.
    stories BIGINT NOT NULL DEFAULT 0
);

-- Two indexes, since a B-tree takes no entry beyond 2,704 bytes and a term is as long as somebody cared to type.
CREATE INDEX search_terms_by_name ON search_terms USING hash (term);
CREATE INDEX search_terms_by_beginning ON search_terms (left(term, 100), stories);

-- Who may see a story that not everyone may see, as in `things`. Everyone is 0 and has no row.
CREATE TABLE search_audiences (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope TEXT NOT NULL,
    department BYTEA,
    owner BYTEA
);

CREATE TABLE search_documents (
    number BIGINT PRIMARY KEY,
    -- Its number in `things`.
    story BIGINT NOT NULL UNIQUE,
    id BYTEA NOT NULL,
    -- NULL when the story is not in the library.
    audience BIGINT,
    terms BYTEA NOT NULL,
    -- Not yet in the lists as it is here; they have it as it was then.
    pending BOOLEAN NOT NULL,
    listed_audience BIGINT,
    listed_terms BYTEA
);

CREATE INDEX search_pending ON search_documents (number) WHERE pending;

-- `place` is made of term, audience and block of documents.
CREATE TABLE search_lists (
    place BIGINT PRIMARY KEY,
    counts BYTEA NOT NULL,
    postings BYTEA NOT NULL
);

-- Packed already: trying to make it smaller would only take time.
ALTER TABLE search_lists ALTER COLUMN postings SET STORAGE EXTERNAL;

-- Stories that are to be indexed anew: they quote a name that was changed, or the analyzer has changed.
CREATE TABLE search_queue (
    story BIGINT PRIMARY KEY
);

-- Browser profiles, each of one person, with the credential that lets them push and nothing else.
CREATE TABLE devices (
    id BYTEA PRIMARY KEY,
    person BYTEA NOT NULL,
    push_token_hash BYTEA UNIQUE,
    created_at BIGINT NOT NULL
);

-- Tokens are kept as hashes: who reads the database cannot sign in with it.
CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,
    person BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE invites (
    id BYTEA PRIMARY KEY,
    -- Of the short code that is typed, and of the longer secret in a link.
    code_hash BYTEA NOT NULL UNIQUE,
    link_hash BYTEA NOT NULL UNIQUE,
    role TEXT NOT NULL,
    uses_left BIGINT NOT NULL CHECK (uses_left >= 0),
    expires_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
