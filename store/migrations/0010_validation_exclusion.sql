-- What a rule does not look at, as the console has it: proposed, accepted or withdrawn. Each change of state is a version
-- of its own; the newest counts.
CREATE TABLE validation_exclusion (
    id         TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('proposed', 'accepted', 'withdrawn')),
    service    TEXT    NOT NULL,
    rule       INTEGER NOT NULL,
    target     TEXT    NOT NULL, -- ARGS:comment
    path       TEXT    NOT NULL, -- a pattern
    reason     TEXT    NOT NULL,
    set_by     TEXT    NOT NULL,
    created_at BIGINT  NOT NULL, -- microseconds
    PRIMARY KEY (id, version)
);
