# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_credenza_global_optspecs
    string join \n demo base-url= profile= store= clipboard= h/help V/version
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
complete -c credenza -n "__fish_credenza_needs_command" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_needs_command" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_needs_command" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_needs_command" -l demo -d 'Open a throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_needs_command" -s V -l version -d 'Print version'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "list" -d 'List credentials'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "show" -d 'Show everything of one credential, and what an audit finds in it. Its secret stays hidden'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "create" -d 'Create a SPA client, an M2M client or a token'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "edit" -d 'Change what is named of a credential, or of many, and nothing else'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "add-url" -d 'Add URLs to one list of a credential'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "rm-url" -d 'Remove URLs from one list of a credential'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "delete" -d 'Delete credentials for good, after their names were typed or given'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "rotate" -d 'Give a client a new secret, after its name was typed or given'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "copy" -d 'Copy a client id, a name, a URL or a secret to the clipboard'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "secret" -d 'Get a secret that the server shows: into a file, a descriptor, a command, or onto the screen'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "token" -d 'Get an OAuth access token with an M2M client, and show what it says'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "match" -d 'Say which registered URL accepts a URL, or which byte differs'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "snippet" -d 'Print a credential as an app\'s configuration, with a placeholder for its secret'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "audit" -d 'Audit credentials: a profile, or a snapshot. The exit code tells the worst finding'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "snapshot" -d 'Write every credential to one file, without any secret'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "diff" -d 'Tell what changed between two snapshots, or since one'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "serve" -d 'Serve the credentials API and its authorization server'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "profile" -d 'Manage profiles: which API, and how to sign in to it'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "login" -d 'Sign in to a profile'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "logout" -d 'Sign out of a profile: its tokens are given back and forgotten'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "whoami" -d 'Say who is signed in to a profile, and for how long'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "conformance" -d 'Try what a credentials API promises, on the live API of a profile or of --base-url: it makes credentials of its own and deletes them again'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "register" -d 'The clients that were registered dynamically (RFC 7591) from a profile'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "doctor" -d 'Check this terminal, the clipboard, the files, the vault and the profiles'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "keys" -d 'Print every key and what it does'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "man" -d 'Print the man page (roff)'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "completions" -d 'Print completions for a shell'
complete -c credenza -n "__fish_credenza_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand list" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand list" -l where -d 'Only those that this filter lets through, as in \'type:m2m age>90d !used\'; credenza list --help has them all' -r
complete -c credenza -n "__fish_credenza_using_subcommand list" -l view -d 'As this saved view says; what is given beside it narrows it, or has its place' -r
complete -c credenza -n "__fish_credenza_using_subcommand list" -l sort -d 'Sort by this column; a - before it turns it round. Otherwise by name' -r
complete -c credenza -n "__fish_credenza_using_subcommand list" -l columns -d 'Which columns, separated by commas' -r
complete -c credenza -n "__fish_credenza_using_subcommand list" -l output -d 'How to write it' -r -f -a "table\t'For people: fits the terminal, and is plain when it goes elsewhere'
json\t'For programs: one array'
jsonl\t'An object a line'
csv\t'A row a line, with a head'
md\t'A Markdown table'"
complete -c credenza -n "__fish_credenza_using_subcommand list" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand list" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand list" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand list" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand list" -l organization -d 'What the organisation made visible, instead of one\'s own'
complete -c credenza -n "__fish_credenza_using_subcommand list" -s w -l wide -d 'The columns that an audit looks at'
complete -c credenza -n "__fish_credenza_using_subcommand list" -s q -l quiet -d 'Say nothing beside the list'
complete -c credenza -n "__fish_credenza_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand show" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand show" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand show" -l output -d 'How to write it' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand show" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand show" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand show" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand show" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand create; and not __fish_seen_subcommand_from spa m2m token help" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and not __fish_seen_subcommand_from spa m2m token help" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and not __fish_seen_subcommand_from spa m2m token help" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and not __fish_seen_subcommand_from spa m2m token help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand create; and not __fish_seen_subcommand_from spa m2m token help" -f -a "spa" -d 'A client for a browser app whose users sign in'
complete -c credenza -n "__fish_credenza_using_subcommand create; and not __fish_seen_subcommand_from spa m2m token help" -f -a "m2m" -d 'A client for a service without users'
complete -c credenza -n "__fish_credenza_using_subcommand create; and not __fish_seen_subcommand_from spa m2m token help" -f -a "token" -d 'An API access token'
complete -c credenza -n "__fish_credenza_using_subcommand create; and not __fish_seen_subcommand_from spa m2m token help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l name -d 'Its name' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l login-url -d 'Where users start to sign in' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l callback -d 'A redirect URI; may be given again. Without any list the provider derives them from the login URL' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l logout-url -d 'Where a browser may be sent after signing out; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l web-origin -d 'An origin for silent authentication; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l allowed-origin -d 'An origin that may call with CORS; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l scope -d 'A scope that it may ask for, where the provider has such; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l secret-file -d 'Write it to a new file that only you can read' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l secret-fd -d 'Write it to this file descriptor' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l exec -d 'Hand it to a command\'s standard input, as in \'pass insert -m oauth/sync\'. The words are separated by spaces; no shell reads them' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l unlock -d 'The profile\'s name, where it is production or read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l output -d 'How to write it. JSON is never consent' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l shared -d 'Let the organisation see it'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l reveal -d 'Print it'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -l dry-run -d 'Say what would be done, and do nothing'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from spa" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l name -d 'Its name' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l scope -d 'A scope that it may ask for, where the provider has such; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l secret-file -d 'Write it to a new file that only you can read' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l secret-fd -d 'Write it to this file descriptor' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l exec -d 'Hand it to a command\'s standard input, as in \'pass insert -m oauth/sync\'. The words are separated by spaces; no shell reads them' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l unlock -d 'The profile\'s name, where it is production or read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l output -d 'How to write it. JSON is never consent' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l shared -d 'Let the organisation see it'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l reveal -d 'Print it'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -l dry-run -d 'Say what would be done, and do nothing'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from m2m" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l name -d 'Its name; without one the provider makes one' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l api -d 'An API that accepts it: sql, maps, imports, lds or mcp; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l grant -d 'What it may read, as in `carto_dw=acme.retail.stores`; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l referer -d 'A page that may send it, with * and ?; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l expires -d 'When it ends: 90d, 12h or a day. Cannot be set later' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l scope -d 'A scope that it may ask for, where the provider has such; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l secret-file -d 'Write it to a new file that only you can read' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l secret-fd -d 'Write it to this file descriptor' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l exec -d 'Hand it to a command\'s standard input, as in \'pass insert -m oauth/sync\'. The words are separated by spaces; no shell reads them' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l unlock -d 'The profile\'s name, where it is production or read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l output -d 'How to write it. JSON is never consent' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l shared -d 'Let the organisation see it'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l reveal -d 'Print it'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -l dry-run -d 'Say what would be done, and do nothing'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from help" -f -a "spa" -d 'A client for a browser app whose users sign in'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from help" -f -a "m2m" -d 'A client for a service without users'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from help" -f -a "token" -d 'An API access token'
complete -c credenza -n "__fish_credenza_using_subcommand create; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l where -d 'Only those that this filter lets through, as in \'type:m2m age>90d !used\'; credenza list --help has them all' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l name -d 'A new name' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l login-url -d 'Where users start to sign in' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l default-urls -d 'Whether the provider derives the lists from the login URL' -r -f -a "true\t''
false\t''"
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l shared -d 'Whether the organisation sees it' -r -f -a "true\t''
false\t''"
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l add-url -d 'Add a URL to a list, as in `callback=https://app.acme.dev/cb`; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l rm-url -d 'Remove a URL from a list; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l confirm-count -d 'How many it must be, to go on without a terminal' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l unlock -d 'The profile\'s name, where it is production or read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l output -d 'How to write it. JSON is never consent' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l organization -d 'What the organisation made visible, instead of one\'s own'
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l keep-going -d 'Go on after an error'
complete -c credenza -n "__fish_credenza_using_subcommand edit" -s q -l quiet -d 'Say nothing beside what failed and the sum'
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand edit" -l dry-run -d 'Say what would be done, and do nothing'
complete -c credenza -n "__fish_credenza_using_subcommand edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l unlock -d 'The profile\'s name, where it is production or read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l output -d 'How to write it. JSON is never consent' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l own-lists -d 'Where the lists are derived from the login URL: keep them as they are from now on'
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -l dry-run -d 'Say what would be done, and do nothing'
complete -c credenza -n "__fish_credenza_using_subcommand add-url" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l unlock -d 'The profile\'s name, where it is production or read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l output -d 'How to write it. JSON is never consent' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l own-lists -d 'Where the lists are derived from the login URL: keep them as they are from now on'
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -l dry-run -d 'Say what would be done, and do nothing'
complete -c credenza -n "__fish_credenza_using_subcommand rm-url" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l type -d 'Their kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l where -d 'Only those that this filter lets through, as in \'type:m2m age>90d !used\'; credenza list --help has them all' -r
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l confirm -d 'The name of what is deleted, to confirm; again for each id, in their order. Without it the name is asked for at the terminal' -r
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l confirm-count -d 'How many it must be, to go on without a terminal' -r
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l unlock -d 'The profile\'s name, where it is production or read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l output -d 'How to write it. JSON is never consent' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l organization -d 'What the organisation made visible, instead of one\'s own'
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l keep-going -d 'Go on after an error'
complete -c credenza -n "__fish_credenza_using_subcommand delete" -s q -l quiet -d 'Say nothing beside what failed and the sum'
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand delete" -l dry-run -d 'Say what would be done, and do nothing'
complete -c credenza -n "__fish_credenza_using_subcommand delete" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l confirm -d 'The client\'s name, to confirm; without it the name is asked for at the terminal' -r
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l secret-file -d 'Write it to a new file that only you can read' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l secret-fd -d 'Write it to this file descriptor' -r
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l exec -d 'Hand it to a command\'s standard input, as in \'pass insert -m oauth/sync\'. The words are separated by spaces; no shell reads them' -r
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l unlock -d 'The profile\'s name, where it is production or read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l output -d 'How to write it. JSON is never consent' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l reveal -d 'Print it'
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -l dry-run -d 'Say what would be done, and do nothing'
complete -c credenza -n "__fish_credenza_using_subcommand rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand copy" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand copy" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand copy" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand copy" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand copy" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand copy" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l secret-file -d 'Write it to a new file that only you can read' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l secret-fd -d 'Write it to this file descriptor' -r
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l exec -d 'Hand it to a command\'s standard input, as in \'pass insert -m oauth/sync\'. The words are separated by spaces; no shell reads them' -r
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand secret" -l reveal -d 'Print it'
complete -c credenza -n "__fish_credenza_using_subcommand secret" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand token" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand token" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand token" -l audience -d 'The audience, where it is not the API\'s own' -r
complete -c credenza -n "__fish_credenza_using_subcommand token" -l scope -d 'A scope to ask for; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand token" -l output -d 'How to write the claims' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand token" -l secret-file -d 'Write it to a new file that only you can read' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand token" -l secret-fd -d 'Write it to this file descriptor' -r
complete -c credenza -n "__fish_credenza_using_subcommand token" -l exec -d 'Hand it to a command\'s standard input, as in \'pass insert -m oauth/sync\'. The words are separated by spaces; no shell reads them' -r
complete -c credenza -n "__fish_credenza_using_subcommand token" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand token" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand token" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand token" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand token" -l reveal -d 'Print it'
complete -c credenza -n "__fish_credenza_using_subcommand token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand match" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand match" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand match" -l output -d 'How to write it' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand match" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand match" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand match" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand match" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand match" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand snippet" -l type -d 'Its kind, where an id or a name could be of several: token, spa, m2m or other' -r
complete -c credenza -n "__fish_credenza_using_subcommand snippet" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand snippet" -l as -d 'What it is for: env, curl, deckgl, python, terraform or json' -r
complete -c credenza -n "__fish_credenza_using_subcommand snippet" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand snippet" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand snippet" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand snippet" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand snippet" -l reveal -d 'Put the secret into it instead of a placeholder'
complete -c credenza -n "__fish_credenza_using_subcommand snippet" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l rules -d 'Only these rules: ids, slugs or families such as URL, separated by commas' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l ignore -d 'Not these rules' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l min-severity -d 'Leave out what is less bad: info, low, medium, high or critical' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l persona -d 'For whom: regular, pedantic or auditor' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l fail-on -d 'From which severity on the exit code says so' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l baseline -d 'What was there before does not count: a file that --update-baseline wrote' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l policy -d 'The policy: suppressions, a naming convention, what is sensitive. Otherwise .credenza-audit.toml here or above, or audit.toml beside the configuration' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l pinned -d 'Compare with this snapshot, and report what differs' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l now -d 'Count ages to this day or moment; otherwise to the snapshot\'s, or to now' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l fix -d 'Mend what can be mended without changing what is accepted; with =all also what changes that. The plan is shown first, and asked about' -r -f -a "safe\t'What changes nothing of what is accepted'
all\t'Everything that an edit can mend'"
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l output -d 'How to write it: table, json, jsonl, csv, md, sarif or junit' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l save-snapshot -d 'Write the snapshot that was audited to this file, so that line numbers have a place' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l confirm-count -d 'How many it must be, to go on without a terminal' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l unlock -d 'With --fix: the profile\'s name, where it is production or read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l organization -d 'What the organisation made visible, instead of one\'s own'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l exit-zero -d 'Exit with 0 whatever is found'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l update-baseline -d 'Write what is found into the baseline'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l keep-going -d 'Go on after an error'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -s q -l quiet -d 'Say nothing beside what failed and the sum'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -l dry-run -d 'With --fix: say what would be done, and do nothing'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -a "explain" -d 'Say what a rule is about, where it comes from, and show its examples'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -a "rules" -d 'List every rule'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and not __fish_seen_subcommand_from explain rules help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from explain" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from explain" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from explain" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from rules" -l output -d 'How to write it' -r -f -a "table\t'For people: fits the terminal, and is plain when it goes elsewhere'
json\t'For programs: one array'
jsonl\t'An object a line'
csv\t'A row a line, with a head'
md\t'A Markdown table'"
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from rules" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from rules" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from rules" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from rules" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Say what a rule is about, where it comes from, and show its examples'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "rules" -d 'List every rule'
complete -c credenza -n "__fish_credenza_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand snapshot" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand snapshot" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand snapshot" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand snapshot" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand snapshot" -l organization -d 'What the organisation made visible, instead of one\'s own'
complete -c credenza -n "__fish_credenza_using_subcommand snapshot" -s q -l quiet -d 'Say nothing beside what could not be read'
complete -c credenza -n "__fish_credenza_using_subcommand snapshot" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand snapshot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand diff" -l output -d 'How to write it' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand diff" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile, or without any the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand diff" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand diff" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand diff" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand diff" -l organization -d 'What the organisation made visible, instead of one\'s own'
complete -c credenza -n "__fish_credenza_using_subcommand diff" -l demo -d 'A throw-away workspace with example data'
complete -c credenza -n "__fish_credenza_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l listen -d 'The address to listen on; port 0 picks a free one' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l data -d 'Keep the data in this directory instead of the one of the local workspace' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l seed -d 'Make this many example credentials on each tab, if there are none yet' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l plan -d 'The account\'s plan; M2M clients need enterprise-large' -r -f -a "professional\t'Below every enterprise plan'
enterprise-small\t'The smallest enterprise plan'
enterprise-medium\t'The middle enterprise plan'
enterprise-large\t'The first plan with M2M clients'
enterprise-extra-large\t'Everything'"
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l rate-limit -d 'Requests that one caller may make in a minute' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l password-file -d 'Give the workspace\'s user the password in this file (its first line), for the login page' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l session-seconds -d 'How long a signed-in user\'s access token lives, in seconds; it can be renewed' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l device-interval -d 'How long a waiting device should wait between two questions, in seconds' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l public-url -d 'The base URL that clients use, when something in front of the server has another one' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l ephemeral -d 'Keep the data in memory, gone when the server ends'
complete -c credenza -n "__fish_credenza_using_subcommand serve" -l plain-http -d 'Listen in plain HTTP on an address that others can reach. Only behind something that does TLS: tokens and secrets cross the network as they are'
complete -c credenza -n "__fish_credenza_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -f -a "list" -d 'List the profiles'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -f -a "add" -d 'Add a profile. Its URL is looked at first: what speaks there, and who issues its tokens'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -f -a "edit" -d 'Change what is named of a profile, and nothing else'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -f -a "remove" -d 'Remove a profile and the session it has'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -f -a "use" -d 'Make a profile the default'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -f -a "show" -d 'Show a profile'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -f -a "regions" -d 'List the API base URLs of CARTO\'s regions'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and not __fish_seen_subcommand_from list add edit remove use show regions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from list" -l output -d 'How to write it' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from list" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from list" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l provider -d 'What it speaks: contract, carto, keycloak, hydra, registration, openbao, better-auth, gitea or auth0. Otherwise the URL is looked at' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l base-url -d 'The API base URL; for CARTO the domain of a self-hosted workspace will do' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l issuer -d 'Who issues its access tokens' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l audience -d 'The audience to ask access tokens for' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l client-id -d 'The client that signs in' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l scopes -d 'The scopes to ask for, separated by spaces' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l sign-in -d 'How to sign in unless told otherwise' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l env -d 'What depends on it: prod, staging or dev. prod starts read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l read-only -d 'Whether it starts read-only' -r -f -a "true\t''
false\t''"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l trusted-hosts -d 'Hosts that are your own, separated by spaces' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l ca-file -d 'Certificates to trust beside the platform\'s, in PEM' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l callback-port -d 'The port that a browser comes back to; otherwise a free one' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l token-command -d 'A command that prints an access token, in one text: words separated by spaces' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l organization -d 'The organisation to sign in to, for CARTO\'s SSO' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l token-header -d 'The header that the token goes into, where it is not "Authorization: Bearer", as in x-api-key' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l registration-endpoint -d 'Where clients are registered, where the issuer does not say (RFC 7591)' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l oauth-clients-path -d 'The path of CARTO\'s OAuth clients, for whoever knows one; else the carto command is used' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -l offline -d 'Do not look at the URL'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l provider -d 'What it speaks: contract, carto, keycloak, hydra, registration, openbao, better-auth, gitea or auth0. Otherwise the URL is looked at' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l base-url -d 'The API base URL; for CARTO the domain of a self-hosted workspace will do' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l issuer -d 'Who issues its access tokens' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l audience -d 'The audience to ask access tokens for' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l client-id -d 'The client that signs in' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l scopes -d 'The scopes to ask for, separated by spaces' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l sign-in -d 'How to sign in unless told otherwise' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l env -d 'What depends on it: prod, staging or dev. prod starts read-only' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l read-only -d 'Whether it starts read-only' -r -f -a "true\t''
false\t''"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l trusted-hosts -d 'Hosts that are your own, separated by spaces' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l ca-file -d 'Certificates to trust beside the platform\'s, in PEM' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l callback-port -d 'The port that a browser comes back to; otherwise a free one' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l token-command -d 'A command that prints an access token, in one text: words separated by spaces' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l organization -d 'The organisation to sign in to, for CARTO\'s SSO' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l token-header -d 'The header that the token goes into, where it is not "Authorization: Bearer", as in x-api-key' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l registration-endpoint -d 'Where clients are registered, where the issuer does not say (RFC 7591)' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l oauth-clients-path -d 'The path of CARTO\'s OAuth clients, for whoever knows one; else the carto command is used' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -l offline -d 'Do not look at the URL'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from remove" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from remove" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from remove" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from use" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from use" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from use" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from use" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from show" -l output -d 'How to write it' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from show" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from show" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from show" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from regions" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from regions" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from regions" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from regions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the profiles'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add a profile. Its URL is looked at first: what speaks there, and who issues its tokens'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change what is named of a profile, and nothing else'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a profile and the session it has'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "use" -d 'Make a profile the default'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show a profile'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "regions" -d 'List the API base URLs of CARTO\'s regions'
complete -c credenza -n "__fish_credenza_using_subcommand profile; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand login" -l with -d 'browser, device, paste, machine, token or carto-cli; an API that asks for no token has none. machine and token read the secret from standard input' -r
complete -c credenza -n "__fish_credenza_using_subcommand login" -l secret-file -d 'Read the secret or the token from this file' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand login" -l secret-fd -d 'Read the secret or the token from this file descriptor' -r
complete -c credenza -n "__fish_credenza_using_subcommand login" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand login" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand login" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand login" -l agree -d 'Use the CARTO CLI\'s session without asking'
complete -c credenza -n "__fish_credenza_using_subcommand login" -l no-browser -d 'Do not start a browser; print the address only'
complete -c credenza -n "__fish_credenza_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand logout" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand logout" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand logout" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand whoami" -l output -d 'How to write it' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand whoami" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand whoami" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand whoami" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand whoami" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand conformance" -l base-url -d 'A server of the contract, with the bearer token in CREDENZA_TOKEN; otherwise the profile' -r
complete -c credenza -n "__fish_credenza_using_subcommand conformance" -l other-token-file -d 'A file with the access token of somebody else, to try that they are kept out' -r -F
complete -c credenza -n "__fish_credenza_using_subcommand conformance" -l token-scope -d 'A scope or policy that API tokens are made with, where they need one; may be given again' -r
complete -c credenza -n "__fish_credenza_using_subcommand conformance" -l output -d 'How to write it' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand conformance" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand conformance" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand conformance" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand conformance" -l yes -d 'Do not ask before credentials are made and deleted'
complete -c credenza -n "__fish_credenza_using_subcommand conformance" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand register; and not __fish_seen_subcommand_from list import forget help" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand register; and not __fish_seen_subcommand_from list import forget help" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand register; and not __fish_seen_subcommand_from list import forget help" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand register; and not __fish_seen_subcommand_from list import forget help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand register; and not __fish_seen_subcommand_from list import forget help" -f -a "list" -d 'List the clients in the profile\'s register'
complete -c credenza -n "__fish_credenza_using_subcommand register; and not __fish_seen_subcommand_from list import forget help" -f -a "import" -d 'Take over a client that was registered elsewhere; its registration access token is read from standard input'
complete -c credenza -n "__fish_credenza_using_subcommand register; and not __fish_seen_subcommand_from list import forget help" -f -a "forget" -d 'Forget a client. Whoever has no other copy of its registration access token can never manage it again'
complete -c credenza -n "__fish_credenza_using_subcommand register; and not __fish_seen_subcommand_from list import forget help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from list" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from list" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from list" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from import" -l uri -d 'Where it is managed: the `registration_client_uri`' -r
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from import" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from import" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from import" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from forget" -l confirm -d 'The same again, to confirm' -r
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from forget" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from forget" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from forget" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the clients in the profile\'s register'
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from help" -f -a "import" -d 'Take over a client that was registered elsewhere; its registration access token is read from standard input'
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from help" -f -a "forget" -d 'Forget a client. Whoever has no other copy of its registration access token can never manage it again'
complete -c credenza -n "__fish_credenza_using_subcommand register; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand doctor" -l output -d 'How to write it' -r -f -a "text\t'For people'
json\t'For programs'"
complete -c credenza -n "__fish_credenza_using_subcommand doctor" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand doctor" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand doctor" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand keys" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand keys" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand keys" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand keys" -l names -d 'Print names and keys as the configuration file writes them'
complete -c credenza -n "__fish_credenza_using_subcommand keys" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand man" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand man" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand man" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand completions" -l profile -d 'The profile to use; CREDENZA_PROFILE says the same. "local" is the local workspace' -r
complete -c credenza -n "__fish_credenza_using_subcommand completions" -l store -d 'Where sessions rest; CREDENZA_STORE says the same' -r -f -a "auto\t'The system\'s keyring, else an encrypted file, else memory'
keyring\t'The system\'s keyring'
file\t'A file encrypted under a passphrase'
memory\t'Nowhere: gone when the program ends'"
complete -c credenza -n "__fish_credenza_using_subcommand completions" -l clipboard -d 'How to copy; CREDENZA_CLIPBOARD says the same' -r -f -a "auto\t'Decide from the environment'
native\t'Only this machine\'s clipboard'
tmux\t'Only tmux'
osc52\t'Only the terminal'
off\t'None'"
complete -c credenza -n "__fish_credenza_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "list" -d 'List credentials'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "show" -d 'Show everything of one credential, and what an audit finds in it. Its secret stays hidden'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "create" -d 'Create a SPA client, an M2M client or a token'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "edit" -d 'Change what is named of a credential, or of many, and nothing else'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "add-url" -d 'Add URLs to one list of a credential'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "rm-url" -d 'Remove URLs from one list of a credential'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "delete" -d 'Delete credentials for good, after their names were typed or given'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "rotate" -d 'Give a client a new secret, after its name was typed or given'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "copy" -d 'Copy a client id, a name, a URL or a secret to the clipboard'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "secret" -d 'Get a secret that the server shows: into a file, a descriptor, a command, or onto the screen'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "token" -d 'Get an OAuth access token with an M2M client, and show what it says'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "match" -d 'Say which registered URL accepts a URL, or which byte differs'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "snippet" -d 'Print a credential as an app\'s configuration, with a placeholder for its secret'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "audit" -d 'Audit credentials: a profile, or a snapshot. The exit code tells the worst finding'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "snapshot" -d 'Write every credential to one file, without any secret'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "diff" -d 'Tell what changed between two snapshots, or since one'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "serve" -d 'Serve the credentials API and its authorization server'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "profile" -d 'Manage profiles: which API, and how to sign in to it'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "login" -d 'Sign in to a profile'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "logout" -d 'Sign out of a profile: its tokens are given back and forgotten'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "whoami" -d 'Say who is signed in to a profile, and for how long'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "conformance" -d 'Try what a credentials API promises, on the live API of a profile or of --base-url: it makes credentials of its own and deletes them again'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "register" -d 'The clients that were registered dynamically (RFC 7591) from a profile'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "doctor" -d 'Check this terminal, the clipboard, the files, the vault and the profiles'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "keys" -d 'Print every key and what it does'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "man" -d 'Print the man page (roff)'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "completions" -d 'Print completions for a shell'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from list show create edit add-url rm-url delete rotate copy secret token match snippet audit snapshot diff serve profile login logout whoami conformance register doctor keys man completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from create" -f -a "spa" -d 'A client for a browser app whose users sign in'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from create" -f -a "m2m" -d 'A client for a service without users'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from create" -f -a "token" -d 'An API access token'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "explain" -d 'Say what a rule is about, where it comes from, and show its examples'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "rules" -d 'List every rule'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "list" -d 'List the profiles'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "add" -d 'Add a profile. Its URL is looked at first: what speaks there, and who issues its tokens'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "edit" -d 'Change what is named of a profile, and nothing else'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "remove" -d 'Remove a profile and the session it has'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "use" -d 'Make a profile the default'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "show" -d 'Show a profile'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from profile" -f -a "regions" -d 'List the API base URLs of CARTO\'s regions'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from register" -f -a "list" -d 'List the clients in the profile\'s register'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from register" -f -a "import" -d 'Take over a client that was registered elsewhere; its registration access token is read from standard input'
complete -c credenza -n "__fish_credenza_using_subcommand help; and __fish_seen_subcommand_from register" -f -a "forget" -d 'Forget a client. Whoever has no other copy of its registration access token can never manage it again'
