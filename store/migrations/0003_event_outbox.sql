-- Events whose change is committed and which may not be on the record yet: written in the change's own transaction,
-- deleted once the record has them. node is whose record they belong to.
CREATE TABLE event_outbox (
    id         TEXT   NOT NULL PRIMARY KEY,
    node       TEXT   NOT NULL,
    body       BYTEA  NOT NULL,
    created_at BIGINT NOT NULL
);
