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
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "serve" -d 'Serve the credentials API and its authorization server'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "profile" -d 'Manage profiles: which API, and how to sign in to it'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "login" -d 'Sign in to a profile'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "logout" -d 'Sign out of a profile: its tokens are given back and forgotten'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "whoami" -d 'Say who is signed in to a profile, and for how long'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "conformance" -d 'Try what a credentials API promises, on the live API of a profile or of --base-url: it makes credentials of its own and deletes them again'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "register" -d 'The clients that were registered dynamically (RFC 7591) from a profile'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "doctor" -d 'Check this terminal, the clipboard, the files, the vault and the profiles'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "keys" -d 'Print every key and what it does'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "man" -d 'Print the man page (roff)'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "completions" -d 'Print completions for a shell'
complete -c credenza -n "__fish_credenza_using_subcommand help; and not __fish_seen_subcommand_from serve profile login logout whoami conformance register doctor keys man completions help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
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
