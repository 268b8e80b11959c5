-- What checks found. evidence_check is each check's own state: when it was asked last (0: never) and why there was no
-- answer, when it is due, and, while a node asks it, whose turn it is and until when no other node may.
CREATE TABLE evidence_check (
    id         TEXT   NOT NULL PRIMARY KEY,
    asked_at   BIGINT NOT NULL,
    problem    TEXT   NOT NULL,
    due_at     BIGINT NOT NULL,
    began_at   BIGINT NOT NULL,
    holder     TEXT   NOT NULL,
    held_until BIGINT NOT NULL
);
-- The newest answer about each subject: good until ends_at, and the same since.
CREATE TABLE evidence_finding (
    check_id TEXT   NOT NULL REFERENCES evidence_check (id) ON DELETE CASCADE,
    subject  TEXT   NOT NULL,
    status   TEXT   NOT NULL CHECK (status IN ('unknown', 'pass', 'warn', 'fail')),
    sentence TEXT   NOT NULL,
    proof    BYTEA  NOT NULL,
    at       BIGINT NOT NULL,
    ends_at  BIGINT NOT NULL,
    since    BIGINT NOT NULL,
    PRIMARY KEY (check_id, subject)
);
-- Counting and ordering read this alone: proofs are long.
CREATE INDEX evidence_finding_answer ON evidence_finding (check_id, status, ends_at, subject);
-- Each time that an answer became another. was is empty for a new subject, became for one that is gone; the subject is
-- empty where the check as a whole got no answer. id is its event's, or the one of the event that speaks for many.
CREATE TABLE evidence_change (
    id       TEXT   NOT NULL,
    check_id TEXT   NOT NULL,
    subject  TEXT   NOT NULL,
    was      TEXT   NOT NULL,
    became   TEXT   NOT NULL,
    sentence TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    PRIMARY KEY (id, subject)
);
CREATE INDEX evidence_change_at ON evidence_change (at);
CREATE INDEX evidence_change_check ON evidence_change (check_id, at);
-- Each practice's last score of each day (days since 1970 in UTC), in hundredths of the checks' weight.
CREATE TABLE evidence_score (
    practice TEXT   NOT NULL,
    day      BIGINT NOT NULL,
    proven   BIGINT NOT NULL,
    possible BIGINT NOT NULL,
    PRIMARY KEY (practice, day)
);
