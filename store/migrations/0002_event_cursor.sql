-- How far each reader of the record has come: position is the sequence number of the event it wants next.
CREATE TABLE event_cursor (
    reader     TEXT   NOT NULL PRIMARY KEY,
    position   BIGINT NOT NULL CHECK (position >= 0),
    updated_at BIGINT NOT NULL
);
