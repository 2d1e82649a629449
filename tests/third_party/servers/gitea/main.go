// The Gitea server, as its module has it: a real server for the tests to talk
// to. Nothing here is part of Credenza itself.
package main

import (
	"os"

	"code.gitea.io/gitea/cmd"
	"code.gitea.io/gitea/modules/log"
	"code.gitea.io/gitea/modules/setting"
)

func main() {
	setting.AppVer = "1.26.0"
	app := cmd.NewMainApp(cmd.AppVersion{Version: setting.AppVer})
	_ = cmd.RunMainApp(app, os.Args...)
	log.GetManager().Close()
}
