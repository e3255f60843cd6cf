# What fish completes after keyrings-codeartifact; from `keyrings-codeartifact completion fish`.

# Prints the words that name a command, and the number of the word where another command line begins, if it does.
function __keyrings_codeartifact_place
    set -l place
    set -l option
    set -l position 1
    for word in (commandline -opc)[2..]
        set position (math $position + 1)
        set -l key (string join ' ' -- $place $word)
        if set -q option[1]
            set option
            continue
        end
        switch $key
            case @OPTIONS@
                set option $key
            case @PLACES@
                set -a place $word
            case '*'
                if not string match -q -- '-*' $word; or test $word = --
                    switch "$place"
                        case @RUNNING@
                            test $word = --; and set position (math $position + 1)
                            echo
                            echo $position
                            return
                    end
                end
        end
    end
    string join ' ' -- $place
    # For the words of no command.
    set -q place[1]; or echo
end

function __keyrings_codeartifact_at
    set -l place (__keyrings_codeartifact_place)
    test (count $place) -eq 1; and test "$place" = "$argv"
end

function __keyrings_codeartifact_runs
    test (count (__keyrings_codeartifact_place)) -eq 2
end

function __keyrings_codeartifact_command
    set -l words (commandline -opc)
    set -l others (math (__keyrings_codeartifact_place)[2] - 1)
    set -e words[1..$others]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end

complete -c keyrings-codeartifact -e
complete -c keyrings-codeartifact -n __keyrings_codeartifact_runs -x -a '(__keyrings_codeartifact_command)'
@WORDS@
