-- Roles given to people or groups. ends_at is 0 where there is no end.
CREATE TABLE access_grant (
    id         TEXT   NOT NULL PRIMARY KEY,
    person_id  TEXT   REFERENCES identity_person (id) ON DELETE CASCADE,
    group_id   TEXT   REFERENCES identity_group (id) ON DELETE CASCADE,
    role       TEXT   NOT NULL,
    set_by     TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    CHECK ((person_id IS NULL) <> (group_id IS NULL)),
    UNIQUE (person_id, role),
    UNIQUE (group_id, role)
);
CREATE INDEX access_grant_role ON access_grant (role);
