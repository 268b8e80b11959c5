package event

// childFolder names the record that a child process of a test writes.
const childFolder = "TENWARD_TEST_RECORD"

func child() int { return 0 }
