-- Who there is. account is what people type to sign in, in lower case.
CREATE TABLE identity_person (
    id         TEXT   NOT NULL PRIMARY KEY,
    kind       TEXT   NOT NULL CHECK (kind IN ('person', 'service')),
    account    TEXT   NOT NULL UNIQUE,
    name       TEXT   NOT NULL,
    email      TEXT   NOT NULL,
    locale     TEXT   NOT NULL,
    state      TEXT   NOT NULL CHECK (state IN ('invited', 'active', 'disabled')),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE identity_group (
    id         TEXT   NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);
CREATE TABLE identity_member (
    group_id  TEXT   NOT NULL REFERENCES identity_group (id) ON DELETE CASCADE,
    person_id TEXT   NOT NULL REFERENCES identity_person (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, person_id)
);
CREATE INDEX identity_member_person ON identity_member (person_id);
-- One row for each sign-in. strength is what was proven: 0 only the first of two steps, 1 a password,
-- 2 a second factor too.
CREATE TABLE identity_session (
    id        TEXT   NOT NULL PRIMARY KEY,
    person_id TEXT   NOT NULL REFERENCES identity_person (id) ON DELETE CASCADE,
    strength  BIGINT NOT NULL,
    address   TEXT   NOT NULL,
    agent     TEXT   NOT NULL,
    began_at  BIGINT NOT NULL,
    seen_at   BIGINT NOT NULL,
    ends_at   BIGINT NOT NULL
);
CREATE INDEX identity_session_person ON identity_session (person_id);
-- The cookies of a session, one for each origin, by the SHA-256 of their value.
CREATE TABLE identity_token (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    session_id TEXT   NOT NULL REFERENCES identity_session (id) ON DELETE CASCADE,
    face       TEXT   NOT NULL CHECK (face IN ('portal', 'console', 'application')),
    host       TEXT   NOT NULL,
    UNIQUE (session_id, host)
);
-- Access narrowed, with reason and end.
CREATE TABLE identity_restriction (
    id         TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL REFERENCES identity_person (id) ON DELETE CASCADE,
    demand     TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    set_by     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL
);
CREATE INDEX identity_restriction_person ON identity_restriction (person_id);
