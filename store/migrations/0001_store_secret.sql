-- Secrets at rest: certificate and signing keys, seeds, client secrets. sealed is what store/seal.go makes of them;
-- nothing in this table opens without the master key, whose id every row names.
CREATE TABLE store_secret (
    name       TEXT   NOT NULL PRIMARY KEY,
    key_id     TEXT   NOT NULL,
    sealed     BYTEA  NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
