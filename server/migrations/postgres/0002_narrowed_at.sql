-- `narrowed` says since when: the seq at which somebody lost sight of the thing; 0 while nobody has.
ALTER TABLE things ALTER COLUMN narrowed TYPE BIGINT USING CASE WHEN narrowed THEN seq ELSE 0 END;

-- What a pull takes from view without a word that it was meant is counted for every page.
CREATE INDEX things_taken ON things (narrowed) WHERE kind = 'story' AND narrowed > 0 AND NOT meant;
