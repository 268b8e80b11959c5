-- What people prove themselves with. hash is argon2id in PHC form.
CREATE TABLE authentication_password (
    person_id TEXT   NOT NULL PRIMARY KEY REFERENCES identity_person (id) ON DELETE CASCADE,
    hash      TEXT   NOT NULL,
    set_at    BIGINT NOT NULL
);
-- Authenticator apps. The shared secret is a secret of the store, authentication/totp/<id>; last_step is the newest
-- step whose code was used, so that none is good twice.
CREATE TABLE authentication_totp (
    id         TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   NOT NULL REFERENCES identity_person (id) ON DELETE CASCADE,
    name       TEXT   NOT NULL,
    last_step  BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at    BIGINT NOT NULL
);
CREATE INDEX authentication_totp_person ON authentication_totp (person_id);
-- Recovery codes by the SHA-256 of what was shown once: 80 random bits need no slower hash. A used one is deleted.
CREATE TABLE authentication_recovery (
    person_id TEXT  NOT NULL REFERENCES identity_person (id) ON DELETE CASCADE,
    hash      BYTEA NOT NULL,
    PRIMARY KEY (person_id, hash)
);
-- Links that let somebody set a password and enrol a second factor: once, in the one browser that began with it.
CREATE TABLE authentication_invitation (
    hash          BYTEA  NOT NULL PRIMARY KEY,
    person_id     TEXT   NOT NULL REFERENCES identity_person (id) ON DELETE CASCADE,
    purpose       TEXT   NOT NULL CHECK (purpose IN ('invite', 'reset')),
    role          TEXT   NOT NULL,
    made_by       TEXT   NOT NULL,
    browser       BYTEA,
    password_hash TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    ends_at       BIGINT NOT NULL
);
CREATE INDEX authentication_invitation_person ON authentication_invitation (person_id);
-- Sessions on their way from the portal to another origin: one-time codes, bound to the host they are for and to a
-- secret that only the asking browser has.
CREATE TABLE authentication_handover (
    hash       BYTEA  NOT NULL PRIMARY KEY,
    session_id TEXT   NOT NULL REFERENCES identity_session (id) ON DELETE CASCADE,
    face       TEXT   NOT NULL,
    host       TEXT   NOT NULL,
    challenge  BYTEA  NOT NULL,
    path       TEXT   NOT NULL,
    ends_at    BIGINT NOT NULL
);
-- Browsers in which somebody has signed in before, by the hash of a cookie: a new one is worth a notice, and an attack
-- from elsewhere does not keep a known one out.
CREATE TABLE authentication_device (
    hash      BYTEA  NOT NULL PRIMARY KEY,
    person_id TEXT   NOT NULL REFERENCES identity_person (id) ON DELETE CASCADE,
    agent     TEXT   NOT NULL,
    seen_at   BIGINT NOT NULL
);
CREATE INDEX authentication_device_person ON authentication_device (person_id);
-- The latest tries to sign in, for the person themselves to see. outcome is a word: passed, or why it was refused.
CREATE TABLE authentication_login (
    id        TEXT   NOT NULL PRIMARY KEY,
    person_id TEXT   NOT NULL REFERENCES identity_person (id) ON DELETE CASCADE,
    address   TEXT   NOT NULL,
    agent     TEXT   NOT NULL,
    outcome   TEXT   NOT NULL,
    at        BIGINT NOT NULL
);
CREATE INDEX authentication_login_person ON authentication_login (person_id);
