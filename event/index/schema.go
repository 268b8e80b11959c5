package index

// version is the schema's: a file of another one is set aside, and its day made anew.
const version = 2

// application marks the file as ours: "TwIx".
const application = 0x54774978

// schema is one day. A row's number is its time within the day in microseconds, shifted left by tieBits for those of the
// same microsecond. Words that repeat stand in names once; 0 stands for none of them.
//
// words is FTS5 without a copy of the text. Its last column is the only place of what is personal in words: a row is
// forgotten by writing it anew from the columns of events, without.
//
// minutes counts the rows for each minute and combination of what has few values; paces counts, for each minute, how
// many requests of a route took how long. routes are those that the day has.
const schema = `
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE events (
	row INTEGER PRIMARY KEY, uid BLOB NOT NULL, seq INTEGER NOT NULL,
	node INTEGER NOT NULL, service INTEGER NOT NULL, kind INTEGER NOT NULL, class INTEGER NOT NULL, severity INTEGER NOT NULL,
	verdict INTEGER NOT NULL, stage INTEGER NOT NULL, status INTEGER NOT NULL,
	method INTEGER NOT NULL, host INTEGER NOT NULL, person INTEGER NOT NULL, subject INTEGER NOT NULL, latency INTEGER NOT NULL, route INTEGER NOT NULL, run INTEGER NOT NULL,
	client BLOB, path TEXT, query TEXT, message TEXT, rules TEXT, extra TEXT
);
CREATE INDEX events_person ON events (person) WHERE person <> 0;
CREATE INDEX events_subject ON events (subject) WHERE subject <> person;
CREATE INDEX events_client ON events (client) WHERE client IS NOT NULL;
CREATE TABLE rules (rule INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (rule, row)) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (path, query, said, personal, content='', contentless_delete=1, tokenize='unicode61');
CREATE TABLE minutes (
	minute INTEGER NOT NULL,
	node INTEGER NOT NULL, service INTEGER NOT NULL, kind INTEGER NOT NULL, class INTEGER NOT NULL, severity INTEGER NOT NULL,
	verdict INTEGER NOT NULL, stage INTEGER NOT NULL, status INTEGER NOT NULL, run INTEGER NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (minute, service, kind, status, verdict, node, class, severity, stage, run)
) WITHOUT ROWID;
CREATE TABLE routes (route INTEGER PRIMARY KEY);
CREATE TABLE paces (
	minute INTEGER NOT NULL, service INTEGER NOT NULL, method INTEGER NOT NULL, route INTEGER NOT NULL, failed INTEGER NOT NULL, bucket INTEGER NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (minute, service, method, route, failed, bucket)
) WITHOUT ROWID;
`

// tieBits are the low bits of a row's number, from the event's id: they keep those of one microsecond apart.
const (
	tieBits = 24
	tieMask = 1<<tieBits - 1
)

// rowAt is the lowest row of a moment within a day.
func rowAt(d Day, micros int64) int64 { return (micros - d.micros()) << tieBits }

// microsOf is the moment of a row.
func microsOf(d Day, row int64) int64 { return d.micros() + row>>tieBits }
