package app

import (
	"errors"
	"testing"

	"github.com/tenward/tenward/doctor"
)

func TestTheDoctorsExitCode(t *testing.T) {
	for _, tt := range []struct {
		name, failOn string
		worst        doctor.Status
		want         int
	}{
		{"all is well", "fail", doctor.OK, exitOK},
		{"something warns", "fail", doctor.Warn, exitOK},
		{"something warns, and that is too much", "warn", doctor.Warn, exitFindings},
		{"something fails", "fail", doctor.Fail, exitFailed},
		{"something fails, whatever was asked", "warn", doctor.Fail, exitFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code := exitOK
			if with, ok := errors.AsType[*exitError](doctorCommand{FailOn: tt.failOn}.verdict(tt.worst)); ok {
				code = with.code
			}
			if code != tt.want {
				t.Errorf("exit code %d, want %d", code, tt.want)
			}
		})
	}
}
