-- A session that was ended is remembered, so that its token is not taken for one that a restore has lost.
ALTER TABLE sessions ADD COLUMN ended_at BIGINT;
