-- How often search began anew: the number of a document means the same story until then.
ALTER TABLE search_state ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
