# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_credenza_global_optspecs
    string join \n demo base-url= clipboard= h/help V/version
end

function __fish_credenza_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_credenza_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_credenza_using_subcommand
    set -l cmd (__fish_credenza_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c credenza -n "__fish_credenza_needs_command" -l base-url -d 'Open the credentials API at this base URL, with the bearer token in CREDENZA_TOKEN' -r
complete -c credenza -n "__fish_credenza_needs_command" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_needs_command" -l demo -d 'Open a throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_needs_command" -s V -l version -d 'Print version'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "serve" -d 'Serve the credentials API and its authorization server'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "doctor" -d 'Say how this terminal, the clipboard and the files will be used'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "keys" -d 'Print every key and what it does'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "man" -d 'Print the man page (roff)'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l listen -d 'The address to listen on; port 0 picks a free one' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l data -d 'Keep the data in this directory instead of the one of the local workspace' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l seed -d 'Make this many example credentials on each tab, if there are none yet' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l plan -d 'The account\'s plan; M2M clients need enterprise-large' -r -f -a "professional\t'Below every enterprise plan'
enterprise-small\t'The smallest enterprise plan'
enterprise-medium\t'The middle enterprise plan'
enterprise-large\t'The first plan with M2M clients'
enterprise-extra-large\t'Everything'"
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l rate-limit -d 'Requests that one caller may make in a minute' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l public-url -d 'The base URL that clients use, when something in front of the server has another one' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l ephemeral -d 'Keep the data in memory, gone when the server ends'
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l plain-http -d 'Listen in plain HTTP on an address that others can reach. Only behind something that does TLS: tokens and secrets cross the network as they are'
complete -c credenza -n "__fish_credenza_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand doctor" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand keys" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand keys" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand man" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand completions" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve doctor keys man completions help" -f -a "serve" -d 'Serve the credentials API and its authorization server'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve doctor keys man completions help" -f -a "doctor" -d 'Say how this terminal, the clipboard and the files will be used'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve doctor keys man completions help" -f -a "keys" -d 'Print every key and what it does'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve doctor keys man completions help" -f -a "man" -d 'Print the man page (roff)'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve doctor keys man completions help" -f -a "completions" -d 'Print completions for a shell'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve doctor keys man completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
