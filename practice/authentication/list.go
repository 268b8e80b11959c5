package authentication

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/tenward/tenward/problem"
)

// personRow is somebody in the list of people.
type personRow struct {
	Account      string    `json:"account"`
	Name         string    `json:"name"`
	Email        string    `json:"email,omitempty"`
	State        string    `json:"state"`
	Groups       []string  `json:"groups"`
	Roles        []string  `json:"roles"`
	SecondFactor bool      `json:"second_factor"`
	Codes        int       `json:"recovery_codes"`
	Sessions     int       `json:"sessions"`
	Created      time.Time `json:"created"`
}

// listPeople answers with a page of people, in the order of their accounts; ?after= goes on behind one.
func (s *Service) listPeople(w http.ResponseWriter, r *http.Request) {
	rows, err := s.personRows(r)
	if err != nil {
		s.log.Error("people cannot be listed", "error", err)
		p := problem.Of(err)
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusServiceUnavailable)
		_ = json.NewEncoder(w).Encode(map[string]string{"code": p.Code, "detail": p.Sentence, "next": p.Next}) //nolint:errchkjson // a client that has gone needs no answer
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(struct { //nolint:errchkjson // likewise
		People []personRow `json:"people"`
	}{rows})
}

func (s *Service) personRows(r *http.Request) ([]personRow, error) {
	ctx := r.Context()
	people, err := s.people.List(ctx, r.URL.Query().Get("after"), 100)
	if err != nil {
		return nil, err
	}
	rows := make([]personRow, 0, len(people))
	for _, p := range people {
		one := personRow{Account: p.Account, Name: p.Name, Email: p.Email, State: string(p.State), Groups: p.Groups, Created: p.Created}
		if one.Roles, err = s.roles.Held(ctx, p.ID); err != nil {
			return nil, err
		}
		apps, err := s.factors.apps(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		one.SecondFactor = len(apps) > 0
		if one.Codes, err = s.factors.recoveryLeft(ctx, p.ID); err != nil {
			return nil, err
		}
		sessions, err := s.sessions.List(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		one.Sessions = len(sessions)
		rows = append(rows, one)
	}
	return rows, nil
}
