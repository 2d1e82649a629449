complete --keep-order --exclusive --command credenza --arguments "(CREDENZA_COMPLETE=fish credenza -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
