-- The newest report of Tenward's own attacks about each service, of whichever node ended last. results is JSON: what
-- became of each request, by its id in the corpus.
CREATE TABLE audits_report (
    service  TEXT   NOT NULL PRIMARY KEY,
    run      TEXT   NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    results  TEXT   NOT NULL
);
