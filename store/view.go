package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
)

// View runs do in a transaction that sees the database as it was at one moment, however long it takes, and changes
// nothing. Who writes meanwhile is not kept waiting: on SQLite the write-ahead log grows until it has ended. When do is
// called, the moment has come.
func (db *DB) View(ctx context.Context, do func(*Tx) error) error {
	return db.fault(db.view(ctx, do))
}

func (db *DB) view(ctx context.Context, do func(*Tx) error) (err error) {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if _, cut := errors.AsType[*net.OpError](err); cut { // a connection of the pool whose server has gone since
		return db.unreachable().Because(err)
	}
	if err != nil {
		return fmt.Errorf("begin to look: %w", err)
	}
	defer func() {
		if end := tx.Rollback(); end != nil && !errors.Is(end, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("end looking: %w", end))
		}
	}()
	v := &Tx{tx: tx}
	if _, err := db.tableNames(ctx, v); err != nil { // both engines choose the moment when something is first read
		return err
	}
	return do(v)
}

// Table is a table as it is made: its columns in their order.
type Table struct {
	Name    string
	Columns []Column
}

// Column is one of them.
type Column struct {
	Name  string
	Bytes bool // it holds bytes, and no text
}

// Tables are all tables but the one of migrations, in an order in which they can be filled: rows refer to rows of tables
// before their own.
func (db *DB) Tables(ctx context.Context, tx *Tx) ([]Table, error) {
	columns, refers := sqliteColumns, sqliteRefers
	if db.dialect == postgres {
		columns, refers = postgresColumns, postgresRefers
	}
	rows, err := tx.Query(ctx, columns)
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	all, err := All(rows, func(rows *sql.Rows, c *[3]string) error { return rows.Scan(&c[0], &c[1], &c[2]) })
	if err != nil {
		return nil, fmt.Errorf("read tables: %w", err)
	}
	var tables []Table
	for _, c := range all {
		if len(tables) == 0 || tables[len(tables)-1].Name != c[0] {
			tables = append(tables, Table{Name: c[0]})
		}
		t := &tables[len(tables)-1]
		t.Columns = append(t.Columns, Column{Name: c[1], Bytes: c[2] == "bytea" || c[2] == "BYTEA"})
	}
	if rows, err = tx.Query(ctx, refers); err != nil {
		return nil, fmt.Errorf("read references: %w", err)
	}
	needs, err := All(rows, func(rows *sql.Rows, r *[2]string) error { return rows.Scan(&r[0], &r[1]) })
	if err != nil {
		return nil, fmt.Errorf("read references: %w", err)
	}
	return fillable(tables, needs)
}

// fillable puts tables behind those that their rows refer to.
func fillable(tables []Table, needs [][2]string) ([]Table, error) {
	var order []Table
	for len(tables) > 0 {
		next := slices.IndexFunc(tables, func(t Table) bool {
			return !slices.ContainsFunc(needs, func(n [2]string) bool {
				return n[0] == t.Name && slices.ContainsFunc(tables, func(o Table) bool { return o.Name == n[1] })
			})
		})
		if next < 0 {
			return nil, fmt.Errorf("order tables: %s and others refer to each other in a circle", tables[0].Name)
		}
		order = append(order, tables[next])
		tables = slices.Delete(tables, next, next+1)
	}
	return order, nil
}

const (
	sqliteColumns = `SELECT m.name, c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'store_migration' ORDER BY m.name, c.cid`
	sqliteRefers   = `SELECT m.name, f."table" FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
	postgresTables = `FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`

	postgresColumns = `SELECT t.relname, a.attname, format_type(a.atttypid, a.atttypmod)
		FROM (SELECT c.oid, c.relname::text ` + postgresTables + ` AND c.relname <> 'store_migration') t
		JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY t.relname COLLATE "C", a.attnum`
	postgresRefers = `SELECT a.relname::text, b.relname::text FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid
		WHERE k.contype = 'f' AND a.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())`
)

// tableNames are all tables that there are.
func (db *DB) tableNames(ctx context.Context, tx *Tx) ([]string, error) {
	query := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
	if db.dialect == postgres {
		query = "SELECT c.relname::text " + postgresTables
	}
	rows, err := tx.Query(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("read names of tables: %w", err)
	}
	return All(rows, func(rows *sql.Rows, name *string) error { return rows.Scan(name) })
}

// Engine is what keeps the database, for people: SQLite or PostgreSQL.
func (db *DB) Engine() string {
	if db.dialect == postgres {
		return "PostgreSQL"
	}
	return "SQLite"
}
