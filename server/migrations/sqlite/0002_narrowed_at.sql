-- `narrowed` says since when: the seq at which somebody lost sight of the thing; 0 while nobody has.
UPDATE things SET narrowed = seq WHERE narrowed > 0;

-- What a pull takes from view without a word that it was meant is counted for every page.
CREATE INDEX things_taken ON things (narrowed) WHERE kind = 'story' AND narrowed > 0 AND NOT meant;
