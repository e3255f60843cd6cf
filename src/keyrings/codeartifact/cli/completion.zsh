#compdef keyrings-codeartifact
# What zsh completes after keyrings-codeartifact; from `keyrings-codeartifact completion zsh`.

_keyrings-codeartifact-words() {
    candidates=()
    case $1 in
@WORDS@
    esac
}

_keyrings-codeartifact-values() {
    candidates=()
    case $1 in
@VALUES@
        (*) return 1 ;;
    esac
}

_keyrings-codeartifact() {
    local place= option= word key position
    local -a candidates names
    for ((position = 2; position < CURRENT; position++)); do
        word=${words[position]}
        key=${place:+$place }$word
        _keyrings-codeartifact-words "$place"
        names=(${candidates%%:*})
        if [[ -n $option ]]; then
            option=
        elif _keyrings-codeartifact-values "$key"; then
            option=$key
        elif [[ $word != -* ]] && ((names[(Ie)$word])); then
            place=$key
        elif [[ $word == -- || $word != -* ]]; then
            case $place in
                (@RUNNING@)
                    [[ $word != -- ]] || ((position++))
                    _keyrings-codeartifact-command
                    return
                    ;;
            esac
        fi
    done
    if [[ -z $option && $PREFIX == --*=* ]]; then
        option=${place:+$place }${PREFIX%%=*}
        compset -P '*='
    fi
    if [[ -n $option ]]; then
        _keyrings-codeartifact-values "$option"
        if (($#candidates)); then
            compadd -a candidates
        else
            _files
        fi
        return
    fi
    case $place in
        (@RUNNING@)
            if [[ $PREFIX != -* ]]; then
                position=$CURRENT
                _keyrings-codeartifact-command
                return
            fi
            ;;
    esac
    _keyrings-codeartifact-words "$place"
    _describe keyrings-codeartifact candidates || _files
}

# Completes the command line that begins at $position.
_keyrings-codeartifact-command() {
    shift $((position - 1)) words
    ((CURRENT -= position - 1))
    _normal
}

if [[ $funcstack[1] == _keyrings-codeartifact ]]; then
    _keyrings-codeartifact "$@"
else
    compdef _keyrings-codeartifact keyrings-codeartifact
fi
