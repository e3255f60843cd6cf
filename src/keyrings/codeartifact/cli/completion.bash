# What bash completes after keyrings-codeartifact; from `keyrings-codeartifact completion bash`.

_keyrings_codeartifact_words() {
    case $1 in
@WORDS@
    esac
}

_keyrings_codeartifact_values() {
    case $1 in
@VALUES@
        *) return 1 ;;
    esac
}

_keyrings_codeartifact() {
    local current=$2 place= option= words word key position
    COMPREPLY=()
    for ((position = 1; position < COMP_CWORD; position++)); do
        word=${COMP_WORDS[position]}
        key=${place:+$place }$word
        if [[ -n $option ]]; then
            # bash makes three words of --option=value.
            [[ $word == "=" ]] || option=
        elif _keyrings_codeartifact_values "$key" >/dev/null; then
            option=$key
        elif [[ $word != -* && " $(_keyrings_codeartifact_words "$place") " == *" $word "* ]]; then
            place=$key
        elif [[ $word == -- || $word != -* ]]; then
            case $place in
                @RUNNING@)
                    [[ $word != -- ]] || ((position++))
                    _keyrings_codeartifact_command "$position" "$current"
                    return
                    ;;
            esac
        fi
    done
    [[ $current != "=" ]] || current=
    if [[ -n $option ]]; then
        words=$(_keyrings_codeartifact_values "$option")
    else
        words=$(_keyrings_codeartifact_words "$place")
        case $place in
            @RUNNING@)
                if [[ $current != -* ]]; then
                    _keyrings_codeartifact_command "$COMP_CWORD" "$current"
                    return
                fi
                ;;
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}

# Completes the command line that begins at a word.
_keyrings_codeartifact_command() {
    if (($1 == COMP_CWORD)); then
        COMPREPLY=($(compgen -c -- "$2"))
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$1"
    fi
}

complete -o default -F _keyrings_codeartifact keyrings-codeartifact
