-- How often the lists of search were written: what is remembered of them holds until then.
ALTER TABLE search_state ADD COLUMN folds INTEGER NOT NULL DEFAULT 0;
