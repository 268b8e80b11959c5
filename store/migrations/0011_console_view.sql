-- Queries of the record that people have named. room is the id of whoever alone sees the view, or empty for one that all
-- see who may read the record; spelling is the name as names are compared.
CREATE TABLE console_view (
    id         TEXT   NOT NULL PRIMARY KEY,
    room       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    spelling   TEXT   NOT NULL,
    query      TEXT   NOT NULL,
    set_by     TEXT   NOT NULL,
    changed_at BIGINT NOT NULL, -- microseconds
    UNIQUE (room, spelling)
);
-- The view with which somebody's list begins. It may be one of the console's own, or one that is gone: then it counts for
-- nothing, and counts again if the view is taken back.
CREATE TABLE console_view_first (
    person     TEXT   NOT NULL PRIMARY KEY,
    view       TEXT   NOT NULL,
    changed_at BIGINT NOT NULL
);
