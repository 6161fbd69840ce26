# bash completion for pgrep, pkill and pidwait. Rendered from the option table: do not edit; see CONTRIBUTING.md.
#
# It needs nothing but bash 4.2. Which processes there are is told by `pgrep --complete`, whichever of the three is
# completed: pgrep hurts nobody.

# Sets what there is to know about an option: what its value is, and which options are of no use beside it.
_pkill_option() {
    value= optional= alternatives=
    case $1 in
        -f | --full) value=none alternatives='full' ;;
        -x | --exact) value=none alternatives='exact' ;;
        -i | --ignore-case) value=none alternatives='ignore-case' ;;
        -v | --inverse) value=none alternatives='inverse newest oldest' ;;
        -p | --pid) value=pid alternatives='pid pidfile' ;;
        -F | --pidfile) value=files alternatives='pid pidfile' ;;
        -L | --logpidfile) value=none alternatives='logpidfile' ;;
        -P | --parent) value=parent alternatives='parent' ;;
        -g | --pgroup) value=pgroup alternatives='pgroup' ;;
        -s | --session) value=session alternatives='session' ;;
        -t | --terminal) value=terminal alternatives='terminal' ;;
        -u | --euid) value=euid alternatives='euid' ;;
        -U | --uid) value=uid alternatives='uid' ;;
        -G | --group) value=group alternatives='group' ;;
        -O | --older) value=older alternatives='older' ;;
        -r | --runstates) value=runstates alternatives='runstates' ;;
        --cgroup) value=cgroup alternatives='cgroup' ;;
        --env) value=env alternatives='env' ;;
        --ns) value=ns alternatives='ns' ;;
        --nslist) value=nslist alternatives='nslist' ;;
        -H | --require-handler) value=none alternatives='require-handler' ;;
        -A | --ignore-ancestors) value=none alternatives='ignore-ancestors' ;;
        -w | --lightweight) value=none alternatives='lightweight' ;;
        -n | --newest) value=none alternatives='inverse newest oldest' ;;
        -o | --oldest) value=none alternatives='inverse newest oldest' ;;
        --signal) value=signal alternatives='signal' ;;
        -q | --queue) value=unknown alternatives='queue' ;;
        -m | --mrelease) value=none alternatives='mrelease until-none' ;;
        --wait) value=wait optional=1 alternatives='wait' ;;
        --timeout) value=timeout alternatives='timeout' ;;
        --kill-after) value=kill-after alternatives='kill-after escalate' ;;
        --escalate) value=escalate alternatives='kill-after escalate' ;;
        --cont) value=none alternatives='cont' ;;
        --until-none) value=none alternatives='mrelease until-none' ;;
        --any) value=none alternatives='any' ;;
        --dry-run) value=none alternatives='dry-run interactive quiet' ;;
        -I | --interactive) value=none alternatives='dry-run interactive' ;;
        --max) value=unknown alternatives='max' ;;
        --strict) value=none alternatives='strict' ;;
        --allow-none) value=none alternatives='allow-none' ;;
        -c | --count) value=none alternatives='count print0' ;;
        -l | --list-name) value=none alternatives='list-name quiet' ;;
        -a | --list-full) value=none alternatives='list-full quiet' ;;
        -Q | --shell-quote) value=none alternatives='shell-quote' ;;
        -d | --delimiter) value=unknown alternatives='delimiter print0' ;;
        -e | --echo) value=none alternatives='echo' ;;
        --print0) value=none alternatives='count delimiter print0 verbose json' ;;
        --quiet) value=none alternatives='dry-run list-name list-full quiet verbose json' ;;
        --verbose) value=none alternatives='print0 quiet verbose json' ;;
        --json) value=none alternatives='print0 quiet verbose json' ;;
        --complete) value=complete alternatives='complete' ;;
        -h | --help) value=none alternatives='help' ;;
        -V | --version) value=none alternatives='version' ;;
    esac
}

# Sets the options of a program.
_pkill_options() {
    case $1 in
        pgrep) options='-f:--full -x:--exact -i:--ignore-case -v:--inverse -p:--pid -F:--pidfile -L:--logpidfile -P:--parent -g:--pgroup -s:--session -t:--terminal -u:--euid -U:--uid -G:--group -O:--older -r:--runstates :--cgroup :--env :--ns :--nslist -H:--require-handler -A:--ignore-ancestors -w:--lightweight -n:--newest -o:--oldest :--signal :--max :--allow-none -c:--count -l:--list-name -a:--list-full -Q:--shell-quote -d:--delimiter :--print0 :--quiet :--verbose :--json :--complete -h:--help -V:--version' ;;
        pkill) options='-f:--full -x:--exact -i:--ignore-case :--inverse -p:--pid -F:--pidfile -L:--logpidfile -P:--parent -g:--pgroup -s:--session -t:--terminal -u:--euid -U:--uid -G:--group -O:--older -r:--runstates :--cgroup :--env :--ns :--nslist -H:--require-handler -A:--ignore-ancestors -n:--newest -o:--oldest :--signal -q:--queue -m:--mrelease :--wait :--timeout :--kill-after :--escalate :--cont :--until-none :--dry-run -I:--interactive :--max :--strict :--allow-none -c:--count -e:--echo :--quiet :--verbose :--json :--complete -h:--help -V:--version' ;;
        pidwait) options='-f:--full -x:--exact -i:--ignore-case :--inverse -p:--pid -F:--pidfile -L:--logpidfile -P:--parent -g:--pgroup -s:--session -t:--terminal -u:--euid -U:--uid -G:--group -O:--older -r:--runstates :--cgroup :--env :--ns :--nslist -H:--require-handler -A:--ignore-ancestors -n:--newest -o:--oldest :--signal :--timeout :--any :--max :--allow-none -c:--count -e:--echo :--quiet :--verbose :--json :--complete -h:--help -V:--version' ;;
    esac
}

# Sets the words up to the cursor. bash cuts them at = and :, too (COMP_WORDBREAKS): what no blank stands before belongs
# to the word before it.
_pkill_words() {
    local line=${COMP_LINE:0:COMP_POINT} word rest i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        rest=${line#"${line%%[![:space:]]*}"}
        [[ $rest == "$word"* ]] || word=$rest # the cursor stands in it
        if [[ ${#words[@]} -gt 0 && $rest == "$line" ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        line=${rest#"$word"}
    done
    last=$word
}

# Sets `plain` to what the shell will make of a word that may be quoted, and `quote` to the quote that is still open.
_pkill_unquote() {
    local rest=$1
    plain= quote=
    while [[ $rest ]]; do
        case $quote$rest in
            \'\'* | \"\"*) quote= ;;
            \'* | \"*)
                if [[ ! $quote ]]; then
                    quote=${rest:0:1}
                elif [[ $quote$rest == \"\\[\"\\\$\`]* ]]; then
                    plain+=${rest:1:1} rest=${rest:1}
                else
                    plain+=${rest:0:1}
                fi
                ;;
            \\*) plain+=${rest:1:1} rest=${rest:1} ;;
            *) plain+=${rest:0:1} ;;
        esac
        rest=${rest:1}
    done
}

# Adds the candidates that begin with what is typed ($2), behind $1, as the shell needs them.
_pkill_add() {
    local before=$1 typed=$2 candidate
    shift 2
    for candidate; do
        if [[ $typed && $candidate != "$typed"* ]]; then
            # A pattern is found by what it matches, too.
            [[ $candidate == *\\* && ${candidate//\\/} == "$typed"* ]] || continue
        fi
        candidate=$before$candidate
        if [[ $candidate == *[!a-zA-Z0-9_@%+=:,./-]* ]]; then
            case $quote in
                \') candidate=${candidate//\'/\'\\\'\'} ;;
                \")
                    candidate=${candidate//\\/\\\\} candidate=${candidate//\"/\\\"}
                    candidate=${candidate//\$/\\\$} candidate=${candidate//\`/\\\`}
                    ;;
                *) printf -v candidate %q "$candidate" ;;
            esac
        fi
        COMPREPLY+=("$candidate")
    done
}

# Adds the values of this kind that begin with what is typed ($3), behind $2.
_pkill_values() {
    local kind=$1 before=$2 typed=$3 how=() all= entry
    local entries=${typed%"${typed##*,}"}
    case $kind in
        unknown) return ;;
        files)
            compopt -o filenames 2>/dev/null
            all=$(compgen -f -- "$typed")
            ;;
        *)
            if [[ $kind == pattern ]]; then
                [[ $given == *' full '* ]] && how+=(--full)
            fi
            all=$(exec pgrep --complete "$kind" ${how[@]+"${how[@]}"} -- "$typed" 2>/dev/null)
            ;;
    esac
    if [[ $kind == escalate && ${typed##*,} != *:* ]]; then
        compopt -o nospace 2>/dev/null # the signal follows
    fi
    if [[ $all ]]; then
        mapfile -t all <<<"$all"
        _pkill_add "$before" "$typed" "${all[@]%%$'\t'*}"
    fi
    # Users and groups without a process come last.
    [[ ${COMPREPLY[0]-} ]] && return
    case $kind in
        euid | uid) all=$(compgen -u -- "${typed##*,}") ;;
        group) all=$(compgen -g -- "${typed##*,}") ;;
        *) return ;;
    esac
    if [[ $all ]]; then
        mapfile -t all <<<"$all"
        _pkill_add "$before$entries" "${typed##*,}" "${all[@]}"
    fi
}

# Reads the letters of a bundle such as -lxu. The last one may take its value from the rest of the word, which is then in
# `rest` behind `bundle`, or from the next word: then it is pending.
_pkill_letters() {
    bundle=- rest=$1
    while [[ $rest ]]; do
        _pkill_option "-${rest:0:1}"
        gone+="$alternatives " given+="$alternatives "
        bundle+=${rest:0:1} rest=${rest:1}
        if [[ $value && $value != none ]]; then
            [[ $rest ]] || pending=$value
            return
        fi
    done
}

# Adds the options that begin with what is typed and are of use.
_pkill_names() {
    local typed=$1 option name usable=()
    for option in $options; do
        [[ $gone == *" ${option#*:--} "* ]] && continue
        for name in "${option%%:*}" "${option#*:}"; do
            [[ $name == "$typed"* && $name ]] && usable+=("$name")
        done
    done
    _pkill_add '' "$typed" ${usable[@]+"${usable[@]}"}
}

_pkill() {
    local IFS=$' \t\n' program=${1##*/} words last plain quote value optional alternatives options
    local word bundle rest i given=' ' gone=' ' pending= ended= operand= signalled= before
    [[ $program == pgrep || $program == pidwait ]] || program=pkill # or an alias of it
    _pkill_options "$program"
    COMPREPLY=()
    _pkill_words
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        _pkill_unquote "${words[i]}"
        word=$plain
        if [[ $pending ]]; then
            pending=
        elif [[ $ended || $word != -?* ]]; then
            operand=1
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $word == --* ]]; then
            _pkill_option "${word%%=*}"
            gone+="$alternatives " given+="$alternatives "
            [[ ! $value || $value == none || $optional || $word == *=* ]] || pending=$value
        elif [[ $program == pkill && ! $signalled && ${word^^} =~ $_pkill_signals ]]; then
            signalled=1
        else
            _pkill_letters "${word:1}"
        fi
    done
    _pkill_unquote "${words[i]-}"
    word=$plain
    if [[ $pending ]]; then
        _pkill_values "$pending" '' "$word"
    elif [[ ! $ended && $word == --*=* ]]; then
        _pkill_option "${word%%=*}"
        [[ ! $value || $value == none ]] || _pkill_values "$value" "${word%%=*}=" "${word#*=}"
    elif [[ ! $ended && $word == -* ]]; then
        _pkill_names "$word"
        if [[ $program == pkill && ! $signalled && $word != --* ]]; then
            _pkill_values signal - "${word#-}"
        fi
        if [[ $word != --* ]]; then
            _pkill_letters "${word:1}"
            [[ ! $rest ]] || _pkill_values "$value" "$bundle" "$rest"
        fi
    elif [[ ! $operand ]]; then
        _pkill_values pattern '' "$word"
    fi
    # What readline takes for the word begins behind the last = or :.
    before=${words[i]-}
    [[ $last == [=:]* && $last != *[!=:]* ]] && last=
    before=${before%"$last"}
    if [[ $before ]]; then
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
}

_pkill_signals='^-([0-9]+|(SIG)?(HUP|INT|QUIT|ILL|TRAP|ABRT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|CHLD|CONT|STOP|TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|PWR|SYS|RTMIN(\+[0-9]+)?|RTMAX(-[0-9]+)?))$'

if ! complete -o nosort -F _pkill pgrep pkill pidwait 2>/dev/null; then
    complete -F _pkill pgrep pkill pidwait # before bash 4.4
fi
