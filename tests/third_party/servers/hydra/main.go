// The Ory Hydra server, as the module github.com/ory/hydra/v2 has it: a real
// server for the tests to talk to. Nothing here is part of Credenza itself.
package main

import "github.com/ory/hydra/v2/cmd"

func main() { cmd.Execute() }
