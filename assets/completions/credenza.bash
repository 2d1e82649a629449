_credenza() {
    local IFS=$'\013' line=${COMP_LINE:0:COMP_POINT} words=() word='' quote='' c i
    local first=${line%%[[:space:]]*}
    if ((BASH_VERSINFO[0] >= 4)) && [[ -n ${BASH_ALIASES[$first]-} ]]; then
        line=${BASH_ALIASES[$first]}${line:${#first}}
    fi
    for ((i = 0; i < ${#line}; i++)); do
        c=${line:i:1}
        if [[ -n $quote ]]; then
            if [[ $c == "$quote" ]]; then quote=''; else word+=$c; fi
        elif [[ $c == "'" || $c == '"' ]]; then
            quote=$c
        elif [[ $c == \\ ]]; then
            word+=$c${line:++i:1}
        elif [[ $c == [[:space:]] ]]; then
            if [[ -n $word ]]; then words+=("$word"); fi
            word=''
        else
            word+=$c
        fi
    done
    words+=("$word")
    COMPREPLY=($(
        _CLAP_IFS="$IFS" _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) _CLAP_COMPLETE_COMP_TYPE=${COMP_TYPE-9} \
            _CLAP_COMPLETE_SPACE=false CREDENZA_LINE="$COMP_LINE" CREDENZA_COMPLETE=bash \
            credenza -- "${words[@]}"
    )) || unset COMPREPLY
    # Bash replaces only the text after its last word break.
    local before=${word%"$2"}
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$before"}; done
    if [[ ${COMPREPLY-} == *[=/:] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o bashdefault -F _credenza credenza
if ((BASH_VERSINFO[0] >= 4)); then
    for _credenza_alias in "${!BASH_ALIASES[@]}"; do
        if [[ ${BASH_ALIASES[$_credenza_alias]} == credenza* ]]; then
            complete -o bashdefault -F _credenza "$_credenza_alias"
        fi
    done
    unset _credenza_alias
fi
