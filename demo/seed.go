package demo

import "context"

const schema = `
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, password TEXT NOT NULL);
CREATE TABLE notes (id INTEGER PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, body TEXT NOT NULL, private INTEGER NOT NULL DEFAULT 0);`

// CWE-256: passwords stand in clear.
var people = [][2]string{{"ada", "lovelace-1815"}, {"grace", "hopper-1906"}, {"admin", "correct horse"}}

var notes = []struct {
	owner, title, body string
	private            int
}{
	{"ada", "Groceries", "Oat milk, bread, apples, a lemon.", 0},
	{"ada", "Pancakes", "Two eggs, 300 ml milk, 200 g flour. Rest for ten minutes.", 0},
	{"ada", "Reading list", "The notes on the analytical engine, once more.", 0},
	{"grace", "Coffee corner", "We are out of milk again. Whose turn is it?", 0},
	{"grace", "Standup", "Mondays at ten, in the small room with the plants.", 0},
	{"grace", "Compiler talk", "Slides by Thursday; bring the wire, it is 30 cm long.", 0},
	{"grace", "Holiday", "Away from the 21st. Ada waters the plants.", 0},
	{"ada", "Bike", "The tyre is flat; the pump stands behind the door.", 0},
	{"admin", "Wi-Fi for guests", "Ask at the desk, the code changes every week.", 0},
	{"admin", "Printer", "Second floor. It jams: open the flap, be gentle.", 0},
	{"admin", "Salaries", "Private: the new bands, not to be shared before April.", 1},
	{"ada", "Doctor", "Private: Tuesday at nine.", 1},
	{"grace", "Presents", "Private: a telescope for Ada.", 1},
}

// seed fills an empty database; one that has people is left as it is.
func (a *App) seed(ctx context.Context) error {
	var there int
	if err := a.db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE name = 'people'").Scan(&there); err != nil || there > 0 {
		return err
	}
	tx, err := a.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit there is nothing to roll back
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	for _, p := range people {
		if _, err := tx.ExecContext(ctx, "INSERT INTO people (name, password) VALUES (?, ?)", p[0], p[1]); err != nil {
			return err
		}
	}
	for _, n := range notes {
		if _, err := tx.ExecContext(ctx, "INSERT INTO notes (owner, title, body, private) VALUES (?, ?, ?, ?)", n.owner, n.title, n.body, n.private); err != nil {
			return err
		}
	}
	return tx.Commit()
}
