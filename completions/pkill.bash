# bash completion for pgrep, pkill and pidwait. Rendered from the option table: do not edit; see CONTRIBUTING.md.
#
# It needs bash 4.2 or newer and nothing else. The candidates come from `pgrep --complete`, also for the other programs:
# pgrep sends no signal.

# Sets the properties of an option: its long name, whether it takes a value, the kind of that for `pgrep --complete`, what
# the shell itself completes, and the options that are not offered any more.
_pkill_option() {
    name= value= what= helper= alternatives=
    case $1 in
        -f | --full) name=full alternatives='full' ;;
        -x | --exact) name=exact alternatives='exact' ;;
        -i | --ignore-case) name=ignore-case alternatives='ignore-case' ;;
        --fixed-strings) name=fixed-strings alternatives='fixed-strings' ;;
        --and) name=and alternatives='' value=needed what=and ;;
        --not) name=not alternatives='' value=needed what=not ;;
        -v | --inverse) name=inverse alternatives='inverse newest oldest' ;;
        -p | --pid) name=pid alternatives='pid pidfile' value=needed what=pid ;;
        -F | --pidfile) name=pidfile alternatives='pid pidfile' value=needed helper=files ;;
        -L | --logpidfile) name=logpidfile alternatives='logpidfile' ;;
        -P | --parent) name=parent alternatives='parent' value=needed what=parent ;;
        --ancestor) name=ancestor alternatives='ancestor' value=needed what=ancestor ;;
        -g | --pgroup) name=pgroup alternatives='pgroup' value=needed what=pgroup ;;
        -s | --session) name=session alternatives='session' value=needed what=session ;;
        -t | --terminal) name=terminal alternatives='terminal' value=needed what=terminal ;;
        -u | --euid) name=euid alternatives='euid' value=needed what=euid helper=users ;;
        -U | --uid) name=uid alternatives='uid' value=needed what=uid helper=users ;;
        -G | --group) name=group alternatives='group' value=needed what=group helper=groups ;;
        -O | --older) name=older alternatives='older' value=needed what=older ;;
        --younger) name=younger alternatives='younger' value=needed what=younger ;;
        -r | --runstates) name=runstates alternatives='runstates' value=needed what=runstates ;;
        --no-zombies) name=no-zombies alternatives='no-zombies' ;;
        --no-kernel-threads) name=no-kernel-threads alternatives='no-kernel-threads' ;;
        --exe) name=exe alternatives='exe' value=needed what=exe helper=files ;;
        --exe-deleted) name=exe-deleted alternatives='exe-deleted' ;;
        --script) name=script alternatives='script' value=needed what=script ;;
        --cwd) name=cwd alternatives='cwd' value=needed what=cwd helper=directories ;;
        --rss) name=rss alternatives='rss' value=needed ;;
        --cpu-time) name=cpu-time alternatives='cpu-time' value=needed what=cpu-time ;;
        --cgroup) name=cgroup alternatives='cgroup' value=needed what=cgroup ;;
        --unit) name=unit alternatives='unit' value=needed what=unit ;;
        --user-unit) name=user-unit alternatives='user-unit' value=needed what=user-unit ;;
        --local) name=local alternatives='local' ;;
        --port) name=port alternatives='port' value=needed what=port ;;
        --env) name=env alternatives='env' value=needed what=env ;;
        --ns) name=ns alternatives='ns' value=needed what=ns ;;
        --nslist) name=nslist alternatives='nslist' value=needed what=nslist ;;
        -H | --require-handler) name=require-handler alternatives='require-handler choose-signal' ;;
        -A | --ignore-ancestors) name=ignore-ancestors alternatives='ignore-ancestors' ;;
        --exclude) name=exclude alternatives='' value=needed what=exclude ;;
        -w | --lightweight) name=lightweight alternatives='lightweight tree choose' ;;
        -n | --newest) name=newest alternatives='inverse newest oldest' ;;
        -o | --oldest) name=oldest alternatives='inverse newest oldest' ;;
        --tree) name=tree alternatives='lightweight tree' ;;
        --signal) name=signal alternatives='signal' value=needed what=signal ;;
        -q | --queue) name=queue alternatives='queue' value=needed ;;
        -m | --mrelease) name=mrelease alternatives='mrelease until-none' ;;
        --freeze) name=freeze alternatives='freeze interactive choose choose-signal' ;;
        --whole-group) name=whole-group alternatives='whole-group choose choose-signal' ;;
        --wait) name=wait alternatives='wait' value=optional what=wait ;;
        --timeout) name=timeout alternatives='timeout' value=needed what=timeout ;;
        --kill-after) name=kill-after alternatives='kill-after escalate' value=needed what=kill-after ;;
        --escalate) name=escalate alternatives='kill-after escalate' value=needed what=escalate ;;
        --cont) name=cont alternatives='cont' ;;
        --until-none) name=until-none alternatives='mrelease until-none choose choose-signal' ;;
        --settle) name=settle alternatives='settle' value=needed what=settle ;;
        --no-progress) name=no-progress alternatives='no-progress' ;;
        --any) name=any alternatives='any' ;;
        --dry-run) name=dry-run alternatives='dry-run interactive choose choose-signal quiet' ;;
        -I | --interactive) name=interactive alternatives='freeze dry-run interactive choose choose-signal' ;;
        --choose) name=choose alternatives='lightweight freeze whole-group until-none dry-run interactive choose columns quiet' ;;
        --choose-signal) name=choose-signal alternatives='require-handler freeze whole-group until-none dry-run interactive choose-signal quiet' ;;
        --max) name=max alternatives='max' value=needed ;;
        --strict) name=strict alternatives='strict' ;;
        --read-timeout) name=read-timeout alternatives='read-timeout' value=needed what=read-timeout ;;
        --allow-none) name=allow-none alternatives='allow-none' ;;
        -c | --count) name=count alternatives='count print0 summary' ;;
        -l | --list-name) name=list-name alternatives='list-name columns quiet summary' ;;
        -a | --list-full) name=list-full alternatives='list-full columns quiet summary' ;;
        --id) name=id alternatives='id columns quiet summary' ;;
        -Q | --shell-quote) name=shell-quote alternatives='shell-quote' ;;
        --columns) name=columns alternatives='choose list-name list-full id columns quiet verbose summary' value=needed what=columns ;;
        -d | --delimiter) name=delimiter alternatives='delimiter print0 summary' value=needed ;;
        -e | --echo) name=echo alternatives='echo summary' ;;
        --print0) name=print0 alternatives='count delimiter print0 verbose json summary' ;;
        --quiet) name=quiet alternatives='dry-run choose choose-signal list-name list-full id columns quiet verbose json summary' ;;
        --verbose) name=verbose alternatives='columns print0 quiet verbose json summary' ;;
        --json) name=json alternatives='print0 quiet verbose json summary' value=optional what=json ;;
        --summary) name=summary alternatives='count list-name list-full id columns delimiter echo print0 quiet verbose json summary explain' ;;
        --log-to) name=log-to alternatives='log-to explain' value=optional what=log-to helper=files ;;
        --explain) name=explain alternatives='summary log-to explain' value=needed what=explain ;;
        --complete) name=complete alternatives='complete' value=needed what=complete ;;
        --generate) name=generate alternatives='generate' value=needed what=generate ;;
        --list-signals) name=list-signals alternatives='list-signals' ;;
        -h | --help) name=help alternatives='help' ;;
        -V | --version) name=version alternatives='version' ;;
    esac
}

# Sets the options of a program.
_pkill_options() {
    case $1 in
        pgrep) options='-f:--full -x:--exact -i:--ignore-case :--fixed-strings :--and :--not -v:--inverse -p:--pid -F:--pidfile -L:--logpidfile -P:--parent :--ancestor -g:--pgroup -s:--session -t:--terminal -u:--euid -U:--uid -G:--group -O:--older :--younger -r:--runstates :--no-zombies :--no-kernel-threads :--exe :--exe-deleted :--script :--cwd :--rss :--cpu-time :--cgroup :--unit :--user-unit :--local :--port :--env :--ns :--nslist -H:--require-handler -A:--ignore-ancestors :--exclude -w:--lightweight -n:--newest -o:--oldest :--tree :--signal :--choose :--max :--read-timeout :--allow-none -c:--count -l:--list-name -a:--list-full :--id -Q:--shell-quote :--columns -d:--delimiter :--print0 :--quiet :--verbose :--json :--summary :--explain :--complete :--generate -h:--help -V:--version' ;;
        pkill) options='-f:--full -x:--exact -i:--ignore-case :--fixed-strings :--and :--not :--inverse -p:--pid -F:--pidfile -L:--logpidfile -P:--parent :--ancestor -g:--pgroup -s:--session -t:--terminal -u:--euid -U:--uid -G:--group -O:--older :--younger -r:--runstates :--no-zombies :--no-kernel-threads :--exe :--exe-deleted :--script :--cwd :--rss :--cpu-time :--cgroup :--unit :--user-unit :--local :--port :--env :--ns :--nslist -H:--require-handler -A:--ignore-ancestors :--exclude -n:--newest -o:--oldest :--tree :--signal -q:--queue -m:--mrelease :--freeze :--whole-group :--wait :--timeout :--kill-after :--escalate :--cont :--until-none :--settle :--no-progress :--dry-run -I:--interactive :--choose :--choose-signal :--max :--strict :--read-timeout :--allow-none -c:--count -e:--echo :--quiet :--verbose :--json :--summary :--log-to :--explain :--complete :--generate :--list-signals -h:--help -V:--version' ;;
        pidwait) options='-f:--full -x:--exact -i:--ignore-case :--fixed-strings :--and :--not :--inverse -p:--pid -F:--pidfile -L:--logpidfile -P:--parent :--ancestor -g:--pgroup -s:--session -t:--terminal -u:--euid -U:--uid -G:--group -O:--older :--younger -r:--runstates :--no-zombies :--no-kernel-threads :--exe :--exe-deleted :--script :--cwd :--rss :--cpu-time :--cgroup :--unit :--user-unit :--local :--port :--env :--ns :--nslist -H:--require-handler -A:--ignore-ancestors :--exclude -n:--newest -o:--oldest :--tree :--signal :--timeout :--no-progress :--any :--choose :--max :--read-timeout :--allow-none -c:--count -e:--echo :--quiet :--verbose :--json :--summary :--explain :--complete :--generate -h:--help -V:--version' ;;
    esac
}

# Sets the words up to the cursor. bash also splits them at = and : (COMP_WORDBREAKS): a part without a space before it
# belongs to the word before it.
_pkill_words() {
    local line=${COMP_LINE:0:COMP_POINT} word rest i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        rest=${line#"${line%%[![:space:]]*}"}
        [[ $rest == "$word"* ]] || word=$rest # the cursor is in it
        if [[ ${#words[@]} -gt 0 && $rest == "$line" ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        line=${rest#"$word"}
    done
    last=$word
}

# Sets `plain` to a word without its quoting, and `quote` to the quote that is still open.
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

# Adds the candidates that begin with the typed text ($2), after the prefix $1, quoted for the shell.
_pkill_add() {
    local before=$1 typed=$2 candidate
    shift 2
    for candidate; do
        [[ $candidate == "$typed"* ]] || continue
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

# Adds the values of the option that begin with the typed text ($2), after the prefix $1.
_pkill_values() {
    local before=$1 typed=$2 all= entries i
    if [[ $what ]]; then
        all=$(exec pgrep --complete "$what" ${how[@]+"${how[@]}"} -- "$typed" 2>/dev/null)
    fi
    if [[ $what == escalate && ${typed##*,} != *:* ]]; then
        compopt -o nospace 2>/dev/null # the signal follows
    fi
    if [[ $all ]]; then
        mapfile -t all <<<"$all"
        _pkill_add "$before" "$typed" "${all[@]%%$'\t'*}"
    fi
    # Values that no process has come last.
    [[ ${COMPREPLY[0]-} ]] && return
    entries=${typed%"${typed##*,}"}
    case $helper in
        users) all=$(compgen -u -- "${typed##*,}") ;;
        groups) all=$(compgen -g -- "${typed##*,}") ;;
        files) compopt -o filenames 2>/dev/null && all=$(compgen -f -- "$typed") ;;
        directories) compopt -o filenames 2>/dev/null && all=$(compgen -d -- "$typed") ;;
    esac
    if [[ $all ]]; then
        mapfile -t all <<<"$all"
        case $helper in
            # readline quotes file names itself.
            files | directories) COMPREPLY=("${all[@]/#/"$before"}") ;;
            *)
                for i in "${!all[@]}"; do
                    [[ ,$entries == *",${all[i]},"* ]] && unset -v "all[i]"
                done
                _pkill_add "$before$entries" "${typed##*,}" ${all[@]+"${all[@]}"}
                ;;
        esac
    fi
}

# Reads the letters of a bundle such as -lxu. The last one may take its value from the rest of the word, which is then in
# `rest`, after the letters in `bundle`, or from the next word: then it is pending.
_pkill_letters() {
    bundle=- rest=$1
    while [[ $rest ]]; do
        _pkill_option "-${rest:0:1}"
        bundle+=${rest:0:1} rest=${rest:1}
        _pkill_given
        if [[ $value ]]; then
            [[ $rest ]] || pending=1
            return
        fi
    done
}

_pkill_given() {
    given+="$name " gone+="$alternatives "
}

# Adds the options that begin with the typed text and can still be given.
_pkill_names() {
    local typed=$1 option names=()
    for option in $options; do
        [[ $gone == *" ${option#*:--} "* ]] && continue
        for option in "${option%%:*}" "${option#*:}"; do
            [[ $option && $option == "$typed"* ]] && names+=("$option")
        done
    done
    _pkill_add '' "$typed" ${names[@]+"${names[@]}"}
}

_pkill() {
    if shopt -q nocasematch; then
        shopt -u nocasematch # -l is not -L
        _pkill_complete "$@"
        shopt -s nocasematch
    else
        _pkill_complete "$@"
    fi
}

_pkill_complete() {
    local IFS=$' \t\n' program=${1##*/} words last plain quote options
    local name value what helper alternatives bundle rest word i before
    local given=' ' gone=' ' pending= ended= operand= signalled= how=()
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
            _pkill_given
            [[ $value != needed || $word == *=* ]] || pending=1
        elif [[ $program == pkill && ! $signalled && ${word^^} =~ $_pkill_signals ]]; then
            signalled=1
        else
            _pkill_letters "${word:1}"
        fi
    done
    [[ $given != *' full '* ]] || how+=(--full)
    [[ $given != *' exact '* ]] || how+=(--exact)
    [[ $given != *' fixed-strings '* ]] || how+=(--fixed-strings)
    _pkill_unquote "${words[i]-}"
    word=$plain
    if [[ $pending ]]; then
        _pkill_values '' "$word"
    elif [[ ! $ended && $word == --*=* ]]; then
        _pkill_option "${word%%=*}"
        [[ ! $value ]] || _pkill_values "${word%%=*}=" "${word#*=}"
    elif [[ ! $ended && $word == -* ]]; then
        _pkill_names "$word"
        if [[ $program == pkill && ! $signalled && ($word == - || $word == -[[:upper:]]*) ]]; then
            what=signal helper=
            _pkill_values - "${word#-}"
        fi
        if [[ $word != --* ]]; then
            _pkill_letters "${word:1}"
            [[ ! $rest ]] || _pkill_values "$bundle" "$rest"
        fi
    elif [[ ! $operand ]]; then
        what=pattern helper=
        _pkill_values '' "$word"
    fi
    # For readline, the word begins after the last = or :.
    before=${words[i]-}
    [[ $last == [=:]* && $last != *[!=:]* ]] && last=
    before=${before%"$last"}
    if [[ $before && ${COMPREPLY[0]-} ]]; then
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
}

_pkill_signals='^-([0-9]+|(SIG)?(EXIT|NULL|HUP|INT|QUIT|ILL|TRAP|ABRT|IOT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|CHLD|CLD|CONT|STOP|TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|POLL|PWR|SYS|RTMIN(\+[0-9]+)?|RTMAX(-[0-9]+)?))$'

if ! complete -o nosort -F _pkill pgrep pkill pidwait 2>/dev/null; then
    complete -F _pkill pgrep pkill pidwait # before bash 4.4
fi
