package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/tenward/tenward/config"
	"github.com/tenward/tenward/doctor"
	"github.com/tenward/tenward/practice/monitoring"
)

// fault is one entry of testdata/doctor/faults.yaml.
type fault struct {
	Name    string `yaml:"name" doc:"Which of the makers makes it."`
	How     string `yaml:"how" doc:"How it is made."`
	As      string `yaml:"as" doc:"Who asks: root, or the one whose installation it is."`
	Running bool   `yaml:"running" doc:"A tenward runs."`
	Line    string `yaml:"line" doc:"What must be said."`
	Mend    string `yaml:"mend" doc:"What must be said to do."`
}

// What a child process of the tests below is told.
const (
	sickFault    = "TENWARD_TEST_FAULT"
	sickFolder   = "TENWARD_TEST_FAULT_FOLDER"
	sickTemplate = "TENWARD_TEST_FAULT_TEMPLATE"
)

func readFaults(t *testing.T) []fault {
	t.Helper()
	var file struct {
		Faults []fault `yaml:"faults" doc:"All of them."`
	}
	if _, err := config.Load("testdata/doctor/faults.yaml", &file, config.Options{}); err != nil {
		t.Fatal(err)
	}
	return file.Faults
}

// Each fault is made in a world of its own, by a child process with mounts and a network that nobody else sees.
func TestTheDoctorFindsEachFaultAndNothingElse(t *testing.T) {
	if os.Getenv(sickFault) != "" {
		child(t)
		return
	}
	if os.Getuid() != 0 {
		t.Fatal("run it as root: what is looked at belongs to another user, on mounts of its own")
	}
	faults := readFaults(t)
	if len(faults) < 20 {
		t.Fatalf("there are %d faults", len(faults))
	}
	listed := map[string]bool{}
	for _, f := range faults {
		if listed[f.Name] || makers[f.Name] == nil || f.How == "" {
			t.Errorf("%s stands there twice, or nothing makes it, or nothing says how", f.Name)
		}
		listed[f.Name] = true
	}
	for name := range makers {
		if !listed[name] {
			t.Errorf("%s is made, and not in the list", name)
		}
	}
	template := filepath.Join(t.TempDir(), "data")
	inWorld(t, "template", template)
	for _, name := range []string{"healthy", "healthy-before-the-first-start", "healthy-and-running"} {
		t.Run(name, func(t *testing.T) { t.Parallel(); inWorld(t, name, template) })
	}
	for _, f := range faults {
		t.Run(f.Name, func(t *testing.T) { t.Parallel(); inWorld(t, f.Name, template) })
	}
}

// inWorld runs this test again in a process of its own.
func inWorld(t *testing.T, name, template string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, "-test.run=^TestTheDoctorFindsEachFaultAndNothingElse$", "-test.v")
	c.Env = append(os.Environ(), sickFault+"="+name, sickFolder+"="+t.TempDir(), sickTemplate+"="+template)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// child is the other process: it makes the world and its fault, and asks.
func child(t *testing.T) {
	t.Helper()
	name := os.Getenv(sickFault)
	s := newSick(t)
	if name == "template" {
		s.serve(s.program)()
		s.copy(s.path("data"), os.Getenv(sickTemplate))
		return
	}
	want := fault{Name: name}
	for _, f := range readFaults(t) {
		if f.Name == name {
			want = f
		}
	}
	s.disk("size=4g,nr_inodes=100k")
	switch {
	case name == "healthy-before-the-first-start":
		s.must(os.RemoveAll(s.path("data", "record")), os.Remove(s.path("data", "tenward.db")), os.Remove(s.path("data", "ca.pem")), os.RemoveAll(s.path("data", "index")))
	case name == "healthy-and-running":
		defer s.serve(s.program)()
	case want.Line != "":
		makers[name](s)
	}
	lines := s.examine(want.As)
	var wrong []doctor.Line
	for _, l := range lines {
		if l.status != "ok" && l.status != "skip" {
			wrong = append(wrong, l.Line)
		}
	}
	if want.Line == "" {
		if len(wrong) > 0 {
			t.Fatalf("all is well, and the doctor says %+v", wrong)
		}
		return
	}
	if len(wrong) != 1 {
		t.Fatalf("%s: the doctor says %d things: %+v", want.How, len(wrong), lines)
	}
	for _, l := range lines {
		if l.status == "ok" || l.status == "skip" {
			continue
		}
		said := fmt.Sprintf("%s %s: %s", l.status, l.Check, l.Sentence)
		if !regexp.MustCompile("^" + want.Line + "$").MatchString(said) {
			t.Errorf("%s: the doctor says\n%s, want\n%s", want.How, said, want.Line)
		}
		if !regexp.MustCompile(want.Mend).MatchString(l.Mend) {
			t.Errorf("%s: to be done is\n%s, want\n%s", want.How, l.Mend, want.Mend)
		}
	}
}

// answered is a line as another process wrote it.
type answered struct {
	doctor.Line
	status string
}

// examine has the doctor asked by another process, as the user whose installation it is or as root.
func (s *sick) examine(as string) []answered {
	s.t.Helper()
	c := s.command("diagnose", as == "root", s.path("tenward.yaml"), s.offset.String(), map[bool]string{true: "kept", false: "unkept"}[s.kept])
	out, err := c.Output()
	if err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	var read []struct {
		Check, Status, Sentence, Mend string
	}
	if err := json.Unmarshal(out, &read); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	lines := make([]answered, 0, len(read))
	for _, r := range read {
		lines = append(lines, answered{doctor.Line{Check: r.Check, Sentence: r.Sentence, Mend: r.Mend}, r.Status})
	}
	return lines
}

// diagnose is `tenward doctor` with clocks that a test sets: configuration, how far ours is off, and whether the kernel's is kept.
func diagnose(args []string) int {
	offset, err := time.ParseDuration(args[1])
	if err != nil {
		return exitUsage
	}
	d := diagnosis{
		now:    func() time.Time { return time.Now().Add(offset) },
		kernel: func() (monitoring.Clock, error) { return monitoring.Clock{Kept: args[2] == "kept"}, nil },
		env:    os.Getenv,
	}
	t := &terminal{out: os.Stdout, err: os.Stderr}
	world, err := d.world(args[0])
	if err != nil {
		return t.exitCode(err)
	}
	begun := time.Now()
	lines := doctor.Examine(context.Background(), world)
	if took := time.Since(begun); took > 3*time.Second {
		lines = append(lines, doctor.Line{Check: "doctor", Status: doctor.Fail, Sentence: "It took " + took.String()})
	}
	if len(lines) < 18 {
		lines = append(lines, doctor.Line{Check: "doctor", Status: doctor.Fail, Sentence: "A question has no answer."})
	}
	return t.exitCode(t.printJSON(lines))
}
