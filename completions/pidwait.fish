# fish completion for pidwait. Rendered from the option table: do not edit; see CONTRIBUTING.md.
#
# The candidates come from `pgrep --complete`, also for the other programs: pgrep sends no signal.

# Sets __pidwait_given to the options before the cursor, without their dashes: `-` for a signal word, `--` for the end of
# options. An option is pending, not given, while its value is being typed. Each key press calls this once for each option,
# so the result is kept until the command line changes.
function __pidwait_read
    set -l line (commandline -cp | string collect)
    test "$line" = "$__pidwait_line"; and return
    set -g __pidwait_line $line
    set -g __pidwait_given
    set -l valued and not p pid F pidfile P parent ancestor g pgroup s session t terminal u euid U uid G group O older younger r runstates exe script cwd rss cpu-time cgroup unit user-unit port env ns nslist exclude signal timeout max read-timeout explain complete generate
    set -g __pidwait_pending
    for word in (commandline -opc)[2..-1]
        if set -q __pidwait_pending[1]
            set -a __pidwait_given $__pidwait_pending
            set __pidwait_pending
            continue
        end
        switch $word
            case --
                set -a __pidwait_given --
                return
            case '--*=*'
                set -a __pidwait_given (string match -r '(?<=^--)[^=]*' -- $word)
            case '--*'
                set __pidwait_pending (string sub -s 3 -- $word)
                contains -- $__pidwait_pending $valued; and continue
                set -a __pidwait_given $__pidwait_pending
                set __pidwait_pending
            case '-?*'
                if test pidwait = pkill; and string match -qir '^-([0-9]+|(SIG)?(EXIT|NULL|HUP|INT|QUIT|ILL|TRAP|ABRT|IOT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|CHLD|CLD|CONT|STOP|TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|POLL|PWR|SYS|RTMIN(\+[0-9]+)?|RTMAX(-[0-9]+)?))$' -- $word
                    set -a __pidwait_given -
                    continue
                end
                set -l letters (string sub -s 2 -- $word | string split '')
                while set -q letters[1]
                    if not contains -- $letters[1] $valued
                        set -a __pidwait_given $letters[1]
                    else if set -q letters[2]
                        set -a __pidwait_given $letters[1]
                        break
                    else
                        set __pidwait_pending $letters[1]
                    end
                    set -e letters[1]
                end
            case '*'
                set -a __pidwait_given pattern
        end
    end
end

function __pidwait_has_not
    __pidwait_read
    for name in $argv
        contains -- $name $__pidwait_given; and return 1
    end
    return 0
end

# Values of kind $argv[1] from `pgrep --complete`; $argv[2] completes values that no process has. The names of the option
# follow: the typed part of the value may be attached to one of them.
function __pidwait_values
    set -l typed (commandline -t | string unescape)
    if string match -q -- '--*=*' "$typed"
        set typed (string replace -r '^--[^=]*=' '' -- $typed)
    else if test (count $argv) -gt 3
        set typed (string replace -r -- "^-[^-$argv[3]]*$argv[3]" '' "$typed")
    end
    __pidwait_candidates $argv[1] "$typed"
    set -l entries (string match -r '^.*,' -- $typed)
    switch $argv[2]
        case users
            __pidwait_append "$entries" (__fish_complete_users)
        case groups
            __pidwait_append "$entries" (__fish_complete_groups)
        case directories
            __fish_complete_directories "$typed"
    end
end

# Candidates that are not in the list yet, appended to it.
function __pidwait_append
    for candidate in $argv[2..-1]
        contains -- (string replace -r '\t.*' '' -- $candidate) (string split , -- $argv[1]); or echo $argv[1]$candidate
    end
end

function __pidwait_patterns
    __pidwait_candidates pattern (commandline -t | string unescape)
end

function __pidwait_candidates --argument-names what typed
    set -l how
    __pidwait_has_not f full; or set -a how --full
    __pidwait_has_not x exact; or set -a how --exact
    __pidwait_has_not fixed-strings; or set -a how --fixed-strings
    command pgrep --complete $what $how -- "$typed" 2>/dev/null
end

function __pidwait_may_be_pattern
    __pidwait_has_not pattern; or return 1
    not __pidwait_has_not --; or not string match -q -- '-*' (commandline -ct)
end

complete -c pidwait -e
complete -c pidwait -f
complete -c pidwait -n __pidwait_may_be_pattern -a '(__pidwait_patterns)'
complete -c pidwait -s f -l full -n '__pidwait_has_not f full --' -d 'match against the whole command line'
complete -c pidwait -s x -l exact -n '__pidwait_has_not x exact --' -d 'require PATTERN to match the whole name or command line'
complete -c pidwait -s i -l ignore-case -n '__pidwait_has_not i ignore-case --' -d 'ignore case'
complete -c pidwait -l fixed-strings -n '__pidwait_has_not fixed-strings --' -d 'take patterns as plain text, not as regular expressions'
complete -c pidwait -l and -x -a '(__pidwait_values and none and)' -n '__pidwait_has_not --' -d 'also require this pattern to match (repeatable)'
complete -c pidwait -l not -x -a '(__pidwait_values not none not)' -n '__pidwait_has_not --' -d 'exclude what this pattern matches (repeatable)'
complete -c pidwait -l inverse -n '__pidwait_has_not inverse n newest o oldest --' -d 'select the processes that do not match'
complete -c pidwait -s p -l pid -x -a '(__pidwait_values pid none p pid)' -n '__pidwait_has_not p pid F pidfile --' -d 'select by process ID or token (-: from stdin)'
complete -c pidwait -s F -l pidfile -r -F -n '__pidwait_has_not p pid F pidfile --' -d 'select the process ID that FILE contains'
complete -c pidwait -s L -l logpidfile -n '__pidwait_has_not L logpidfile --' -d 'fail unless the file is locked (with -F)'
complete -c pidwait -s P -l parent -x -a '(__pidwait_values parent none P parent)' -n '__pidwait_has_not P parent --' -d 'select children of these processes'
complete -c pidwait -l ancestor -x -a '(__pidwait_values ancestor none ancestor)' -n '__pidwait_has_not ancestor --' -d 'select descendants of these processes'
complete -c pidwait -s g -l pgroup -x -a '(__pidwait_values pgroup none g pgroup)' -n '__pidwait_has_not g pgroup --' -d 'select by process group (0: the program\'s own)'
complete -c pidwait -s s -l session -x -a '(__pidwait_values session none s session)' -n '__pidwait_has_not s session --' -d 'select by session (0: the program\'s own)'
complete -c pidwait -s t -l terminal -x -a '(__pidwait_values terminal none t terminal)' -n '__pidwait_has_not t terminal --' -d 'select by terminal, such as pts/3 (?: none)'
complete -c pidwait -s u -l euid -x -a '(__pidwait_values euid users u euid)' -n '__pidwait_has_not u euid --' -d 'select by effective user, name or ID'
complete -c pidwait -s U -l uid -x -a '(__pidwait_values uid users U uid)' -n '__pidwait_has_not U uid --' -d 'select by real user, name or ID'
complete -c pidwait -s G -l group -x -a '(__pidwait_values group groups G group)' -n '__pidwait_has_not G group --' -d 'select by real group, name or ID'
complete -c pidwait -s O -l older -x -a '(__pidwait_values older none O older)' -n '__pidwait_has_not O older --' -d 'select processes at least DURATION old (2h30m)'
complete -c pidwait -l younger -x -a '(__pidwait_values younger none younger)' -n '__pidwait_has_not younger --' -d 'select processes less than DURATION old'
complete -c pidwait -s r -l runstates -x -a '(__pidwait_values runstates none r runstates)' -n '__pidwait_has_not r runstates --' -d 'select by state, as ps shows it (R, S, D, T, Z)'
complete -c pidwait -l no-zombies -n '__pidwait_has_not no-zombies --' -d 'exclude zombie processes'
complete -c pidwait -l no-kernel-threads -n '__pidwait_has_not no-kernel-threads --' -d 'exclude kernel threads'
complete -c pidwait -l exe -r -F -a '(__pidwait_values exe files exe)' -n '__pidwait_has_not exe --' -d 'select by executable, path or base name'
complete -c pidwait -l exe-deleted -n '__pidwait_has_not exe-deleted --' -d 'select processes with a deleted executable'
complete -c pidwait -l script -x -a '(__pidwait_values script none script)' -n '__pidwait_has_not script --' -d 'select interpreters by the script that they run'
complete -c pidwait -l cwd -x -a '(__pidwait_values cwd directories cwd)' -n '__pidwait_has_not cwd --' -d 'select by working directory, DIR or below'
complete -c pidwait -l rss -x -n '__pidwait_has_not rss --' -d 'select by resident memory, at least SIZE (500M)'
complete -c pidwait -l cpu-time -x -a '(__pidwait_values cpu-time none cpu-time)' -n '__pidwait_has_not cpu-time --' -d 'select by CPU time used, at least DURATION'
complete -c pidwait -l cgroup -x -a '(__pidwait_values cgroup none cgroup)' -n '__pidwait_has_not cgroup --' -d 'select by cgroup (PATH/: and those below it)'
complete -c pidwait -l unit -x -a '(__pidwait_values unit none unit)' -n '__pidwait_has_not unit --' -d 'select by unit of the system (default: .service)'
complete -c pidwait -l user-unit -x -a '(__pidwait_values user-unit none user-unit)' -n '__pidwait_has_not user-unit --' -d 'select by unit of a user\'s service manager'
complete -c pidwait -l local -n '__pidwait_has_not local --' -d 'exclude containers (other PID namespaces)'
complete -c pidwait -l port -x -a '(__pidwait_values port none port)' -n '__pidwait_has_not port --' -d 'select by local port (443, tcp:80-89, udp:ntp)'
complete -c pidwait -l env -x -a '(__pidwait_values env none env)' -n '__pidwait_has_not env --' -d 'select by environment variable'
complete -c pidwait -l ns -x -a '(__pidwait_values ns none ns)' -n '__pidwait_has_not ns --' -d 'select processes in the namespaces of PID'
complete -c pidwait -l nslist -x -a '(__pidwait_values nslist none nslist)' -n '__pidwait_has_not nslist --' -d 'compare only these namespaces (net, pid, ...)'
complete -c pidwait -s H -l require-handler -n '__pidwait_has_not H require-handler --' -d 'select only processes that catch the signal'
complete -c pidwait -s A -l ignore-ancestors -n '__pidwait_has_not A ignore-ancestors --' -d 'exclude the program\'s own ancestors'
complete -c pidwait -l exclude -x -a '(__pidwait_values exclude none exclude)' -n '__pidwait_has_not --' -d 'exclude these processes (repeatable)'
complete -c pidwait -s n -l newest -n '__pidwait_has_not inverse n newest o oldest --' -d 'select only the newest match (started last)'
complete -c pidwait -s o -l oldest -n '__pidwait_has_not inverse n newest o oldest --' -d 'select only the oldest match (started first)'
complete -c pidwait -l tree -n '__pidwait_has_not tree --' -d 'add the descendants of each match'
complete -c pidwait -l signal -x -a '(__pidwait_values signal none signal)' -n '__pidwait_has_not signal --' -d 'use this signal, name or number (default: TERM)'
complete -c pidwait -l timeout -x -a '(__pidwait_values timeout none timeout)' -n '__pidwait_has_not timeout --' -d 'stop waiting after DURATION'
complete -c pidwait -l no-progress -n '__pidwait_has_not no-progress --' -d 'show no progress of a wait on the terminal'
complete -c pidwait -l any -n '__pidwait_has_not any --' -d 'return when the first process has exited'
complete -c pidwait -l choose -n '__pidwait_has_not choose quiet --' -d 'choose among the matches on a list'
complete -c pidwait -l max -x -n '__pidwait_has_not max --' -d 'do nothing if more than N processes match'
complete -c pidwait -l read-timeout -x -a '(__pidwait_values read-timeout none read-timeout)' -n '__pidwait_has_not read-timeout --' -d 'give up reading a process after DURATION (1s)'
complete -c pidwait -l allow-none -n '__pidwait_has_not allow-none --' -d 'exit with 0 if nothing matches'
complete -c pidwait -s c -l count -n '__pidwait_has_not c count summary --' -d 'print the number of matches'
complete -c pidwait -s e -l echo -n '__pidwait_has_not e echo summary --' -d 'print the processes signalled or waited for'
complete -c pidwait -l quiet -n '__pidwait_has_not choose quiet verbose json summary --' -d 'print nothing except the count of -c'
complete -c pidwait -l verbose -n '__pidwait_has_not quiet verbose json summary --' -d 'print a line for each process, and its outcome'
complete -c pidwait -l json -f -a '(__pidwait_values json none json)' -n '__pidwait_has_not quiet verbose json summary --' -d 'print one JSON document (=lines: lines of JSON)'
complete -c pidwait -l summary -n '__pidwait_has_not c count e echo quiet verbose json summary explain --' -d 'print one line: the number of each outcome'
complete -c pidwait -l explain -x -a '(__pidwait_values explain none explain)' -n '__pidwait_has_not summary explain --' -d 'only show why PID matches, or why not'
complete -c pidwait -l complete -x -a '(__pidwait_values complete none complete)' -n '__pidwait_has_not complete --' -d 'print completion candidates for WHAT'
complete -c pidwait -l generate -x -a '(__pidwait_values generate none generate)' -n '__pidwait_has_not generate --' -d 'print a man page, completion or installation script'
complete -c pidwait -s h -l help -n '__pidwait_has_not h help --' -d 'print this help (-h: the short form)'
complete -c pidwait -s V -l version -n '__pidwait_has_not V version --' -d 'print the version'
