// Command tenward stands in front of a client-server application, makes ten security practices true, and
// keeps proving it. Everything is wired in package app.
package main

import (
	"os"

	"github.com/tenward/tenward/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
