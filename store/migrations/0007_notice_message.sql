-- Messages that wait to be delivered. What they say is a secret, notice/<id>, until then. next_at is when one is tried
-- next, and while a node tries it, when another may.
CREATE TABLE notice_message (
    id         TEXT   NOT NULL PRIMARY KEY,
    channel    TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    attempts   BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    next_at    BIGINT NOT NULL
);
CREATE INDEX notice_message_next ON notice_message (next_at);
