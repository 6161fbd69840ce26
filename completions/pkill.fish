# fish completion for pkill. Rendered from the option table: do not edit; see CONTRIBUTING.md.
#
# The candidates come from `pgrep --complete`, also for the other programs: pgrep sends no signal.

# Sets __pkill_given to the options before the cursor, without their dashes: `-` for a signal word, `--` for the end of
# options. An option is pending, not given, while its value is being typed. Each key press calls this once for each option,
# so the result is kept until the command line changes.
function __pkill_read
    set -l line (commandline -cp | string collect)
    test "$line" = "$__pkill_line"; and return
    set -g __pkill_line $line
    set -g __pkill_given
    set -l valued and not p pid F pidfile P parent ancestor g pgroup s session t terminal u euid U uid G group O older younger r runstates exe script cwd rss cpu-time cgroup unit user-unit port env ns nslist exclude signal q queue timeout kill-after escalate settle max read-timeout explain complete generate
    set -g __pkill_pending
    for word in (commandline -opc)[2..-1]
        if set -q __pkill_pending[1]
            set -a __pkill_given $__pkill_pending
            set __pkill_pending
            continue
        end
        switch $word
            case --
                set -a __pkill_given --
                return
            case '--*=*'
                set -a __pkill_given (string match -r '(?<=^--)[^=]*' -- $word)
            case '--*'
                set __pkill_pending (string sub -s 3 -- $word)
                contains -- $__pkill_pending $valued; and continue
                set -a __pkill_given $__pkill_pending
                set __pkill_pending
            case '-?*'
                if test pkill = pkill; and string match -qir '^-([0-9]+|(SIG)?(EXIT|NULL|HUP|INT|QUIT|ILL|TRAP|ABRT|IOT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|CHLD|CLD|CONT|STOP|TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|POLL|PWR|SYS|RTMIN(\+[0-9]+)?|RTMAX(-[0-9]+)?))$' -- $word
                    set -a __pkill_given -
                    continue
                end
                set -l letters (string sub -s 2 -- $word | string split '')
                while set -q letters[1]
                    if not contains -- $letters[1] $valued
                        set -a __pkill_given $letters[1]
                    else if set -q letters[2]
                        set -a __pkill_given $letters[1]
                        break
                    else
                        set __pkill_pending $letters[1]
                    end
                    set -e letters[1]
                end
            case '*'
                set -a __pkill_given pattern
        end
    end
end

function __pkill_has_not
    __pkill_read
    for name in $argv
        contains -- $name $__pkill_given; and return 1
    end
    return 0
end

# Values of kind $argv[1] from `pgrep --complete`; $argv[2] completes values that no process has. The names of the option
# follow: the typed part of the value may be attached to one of them.
function __pkill_values
    set -l typed (commandline -t | string unescape)
    if string match -q -- '--*=*' "$typed"
        set typed (string replace -r '^--[^=]*=' '' -- $typed)
    else if test (count $argv) -gt 3
        set typed (string replace -r -- "^-[^-$argv[3]]*$argv[3]" '' "$typed")
    end
    __pkill_candidates $argv[1] "$typed"
    set -l entries (string match -r '^.*,' -- $typed)
    switch $argv[2]
        case users
            __pkill_append "$entries" (__fish_complete_users)
        case groups
            __pkill_append "$entries" (__fish_complete_groups)
        case directories
            __fish_complete_directories "$typed"
    end
end

# Candidates that are not in the list yet, appended to it.
function __pkill_append
    for candidate in $argv[2..-1]
        contains -- (string replace -r '\t.*' '' -- $candidate) (string split , -- $argv[1]); or echo $argv[1]$candidate
    end
end

function __pkill_patterns
    __pkill_candidates pattern (commandline -t | string unescape)
end

function __pkill_candidates --argument-names what typed
    set -l how
    __pkill_has_not f full; or set -a how --full
    __pkill_has_not x exact; or set -a how --exact
    __pkill_has_not fixed-strings; or set -a how --fixed-strings
    command pgrep --complete $what $how -- "$typed" 2>/dev/null
end

function __pkill_may_be_pattern
    __pkill_has_not pattern; or return 1
    not __pkill_has_not --; or not string match -q -- '-*' (commandline -ct)
end

complete -c pkill -e
complete -c pkill -f
complete -c pkill -n __pkill_may_be_pattern -a '(__pkill_patterns)'

# Signal words such as -HUP.
function __pkill_signals
    __pkill_candidates signal (string sub -s 2 -- (commandline -ct)) | string replace -r '^' -
end
function __pkill_may_be_signal
    string match -qr '^-([[:upper:]]|$)' -- (commandline -ct); and __pkill_has_not - --; and not set -q __pkill_pending[1]
end
complete -c pkill -n __pkill_may_be_signal -a '(__pkill_signals)'

complete -c pkill -s f -l full -n '__pkill_has_not f full --' -d 'match against the whole command line'
complete -c pkill -s x -l exact -n '__pkill_has_not x exact --' -d 'require PATTERN to match the whole name or command line'
complete -c pkill -s i -l ignore-case -n '__pkill_has_not i ignore-case --' -d 'ignore case'
complete -c pkill -l fixed-strings -n '__pkill_has_not fixed-strings --' -d 'take patterns as plain text, not as regular expressions'
complete -c pkill -l and -x -a '(__pkill_values and none and)' -n '__pkill_has_not --' -d 'also require this pattern to match (repeatable)'
complete -c pkill -l not -x -a '(__pkill_values not none not)' -n '__pkill_has_not --' -d 'exclude what this pattern matches (repeatable)'
complete -c pkill -l inverse -n '__pkill_has_not inverse n newest o oldest --' -d 'select the processes that do not match'
complete -c pkill -s p -l pid -x -a '(__pkill_values pid none p pid)' -n '__pkill_has_not p pid F pidfile --' -d 'select by process ID or token (-: from stdin)'
complete -c pkill -s F -l pidfile -r -F -n '__pkill_has_not p pid F pidfile --' -d 'select the process ID that FILE contains'
complete -c pkill -s L -l logpidfile -n '__pkill_has_not L logpidfile --' -d 'fail unless the file is locked (with -F)'
complete -c pkill -s P -l parent -x -a '(__pkill_values parent none P parent)' -n '__pkill_has_not P parent --' -d 'select children of these processes'
complete -c pkill -l ancestor -x -a '(__pkill_values ancestor none ancestor)' -n '__pkill_has_not ancestor --' -d 'select descendants of these processes'
complete -c pkill -s g -l pgroup -x -a '(__pkill_values pgroup none g pgroup)' -n '__pkill_has_not g pgroup --' -d 'select by process group (0: the program\'s own)'
complete -c pkill -s s -l session -x -a '(__pkill_values session none s session)' -n '__pkill_has_not s session --' -d 'select by session (0: the program\'s own)'
complete -c pkill -s t -l terminal -x -a '(__pkill_values terminal none t terminal)' -n '__pkill_has_not t terminal --' -d 'select by terminal, such as pts/3 (?: none)'
complete -c pkill -s u -l euid -x -a '(__pkill_values euid users u euid)' -n '__pkill_has_not u euid --' -d 'select by effective user, name or ID'
complete -c pkill -s U -l uid -x -a '(__pkill_values uid users U uid)' -n '__pkill_has_not U uid --' -d 'select by real user, name or ID'
complete -c pkill -s G -l group -x -a '(__pkill_values group groups G group)' -n '__pkill_has_not G group --' -d 'select by real group, name or ID'
complete -c pkill -s O -l older -x -a '(__pkill_values older none O older)' -n '__pkill_has_not O older --' -d 'select processes at least DURATION old (2h30m)'
complete -c pkill -l younger -x -a '(__pkill_values younger none younger)' -n '__pkill_has_not younger --' -d 'select processes less than DURATION old'
complete -c pkill -s r -l runstates -x -a '(__pkill_values runstates none r runstates)' -n '__pkill_has_not r runstates --' -d 'select by state, as ps shows it (R, S, D, T, Z)'
complete -c pkill -l no-zombies -n '__pkill_has_not no-zombies --' -d 'exclude zombie processes'
complete -c pkill -l no-kernel-threads -n '__pkill_has_not no-kernel-threads --' -d 'exclude kernel threads'
complete -c pkill -l exe -r -F -a '(__pkill_values exe files exe)' -n '__pkill_has_not exe --' -d 'select by executable, path or base name'
complete -c pkill -l exe-deleted -n '__pkill_has_not exe-deleted --' -d 'select processes with a deleted executable'
complete -c pkill -l script -x -a '(__pkill_values script none script)' -n '__pkill_has_not script --' -d 'select interpreters by the script that they run'
complete -c pkill -l cwd -x -a '(__pkill_values cwd directories cwd)' -n '__pkill_has_not cwd --' -d 'select by working directory, DIR or below'
complete -c pkill -l rss -x -n '__pkill_has_not rss --' -d 'select by resident memory, at least SIZE (500M)'
complete -c pkill -l cpu-time -x -a '(__pkill_values cpu-time none cpu-time)' -n '__pkill_has_not cpu-time --' -d 'select by CPU time used, at least DURATION'
complete -c pkill -l cgroup -x -a '(__pkill_values cgroup none cgroup)' -n '__pkill_has_not cgroup --' -d 'select by cgroup (PATH/: and those below it)'
complete -c pkill -l unit -x -a '(__pkill_values unit none unit)' -n '__pkill_has_not unit --' -d 'select by unit of the system (default: .service)'
complete -c pkill -l user-unit -x -a '(__pkill_values user-unit none user-unit)' -n '__pkill_has_not user-unit --' -d 'select by unit of a user\'s service manager'
complete -c pkill -l local -n '__pkill_has_not local --' -d 'exclude containers (other PID namespaces)'
complete -c pkill -l port -x -a '(__pkill_values port none port)' -n '__pkill_has_not port --' -d 'select by local port (443, tcp:80-89, udp:ntp)'
complete -c pkill -l env -x -a '(__pkill_values env none env)' -n '__pkill_has_not env --' -d 'select by environment variable'
complete -c pkill -l ns -x -a '(__pkill_values ns none ns)' -n '__pkill_has_not ns --' -d 'select processes in the namespaces of PID'
complete -c pkill -l nslist -x -a '(__pkill_values nslist none nslist)' -n '__pkill_has_not nslist --' -d 'compare only these namespaces (net, pid, ...)'
complete -c pkill -s H -l require-handler -n '__pkill_has_not H require-handler choose-signal --' -d 'select only processes that catch the signal'
complete -c pkill -s A -l ignore-ancestors -n '__pkill_has_not A ignore-ancestors --' -d 'exclude the program\'s own ancestors'
complete -c pkill -l exclude -x -a '(__pkill_values exclude none exclude)' -n '__pkill_has_not --' -d 'exclude these processes (repeatable)'
complete -c pkill -s n -l newest -n '__pkill_has_not inverse n newest o oldest --' -d 'select only the newest match (started last)'
complete -c pkill -s o -l oldest -n '__pkill_has_not inverse n newest o oldest --' -d 'select only the oldest match (started first)'
complete -c pkill -l tree -n '__pkill_has_not tree --' -d 'add the descendants of each match'
complete -c pkill -l signal -x -a '(__pkill_values signal none signal)' -n '__pkill_has_not signal --' -d 'use this signal, name or number (default: TERM)'
complete -c pkill -s q -l queue -x -n '__pkill_has_not q queue --' -d 'send this integer with the signal (sigqueue)'
complete -c pkill -s m -l mrelease -n '__pkill_has_not m mrelease until-none --' -d 'free the memory of killed processes immediately'
complete -c pkill -l freeze -n '__pkill_has_not freeze I interactive choose choose-signal --' -d 'stop all matches first, so that none can fork away'
complete -c pkill -l whole-group -n '__pkill_has_not whole-group choose choose-signal --' -d 'signal the process group of each match'
complete -c pkill -l wait -f -a '(__pkill_values wait none wait)' -n '__pkill_has_not wait --' -d 'wait until the signalled processes have exited'
complete -c pkill -l timeout -x -a '(__pkill_values timeout none timeout)' -n '__pkill_has_not timeout --' -d 'stop waiting after DURATION'
complete -c pkill -l kill-after -x -a '(__pkill_values kill-after none kill-after)' -n '__pkill_has_not kill-after escalate --' -d 'send KILL to those still running after DURATION'
complete -c pkill -l escalate -x -a '(__pkill_values escalate none escalate)' -n '__pkill_has_not kill-after escalate --' -d 'send more signals later, each as DURATION:SIGNAL'
complete -c pkill -l cont -n '__pkill_has_not cont --' -d 'continue stopped processes, so that they can act'
complete -c pkill -l until-none -n '__pkill_has_not m mrelease until-none choose choose-signal --' -d 'repeat until no process matches'
complete -c pkill -l settle -x -a '(__pkill_values settle none settle)' -n '__pkill_has_not settle --' -d 'wait DURATION for restarted processes (0.5s)'
complete -c pkill -l no-progress -n '__pkill_has_not no-progress --' -d 'show no progress of a wait on the terminal'
complete -c pkill -l dry-run -n '__pkill_has_not dry-run I interactive choose choose-signal quiet --' -d 'send nothing; show what would be done and why'
complete -c pkill -s I -l interactive -n '__pkill_has_not freeze dry-run I interactive choose choose-signal --' -d 'ask before each signal: y, n, a (all), q (quit)'
complete -c pkill -l choose -n '__pkill_has_not freeze whole-group until-none dry-run I interactive choose quiet --' -d 'choose among the matches on a list'
complete -c pkill -l choose-signal -n '__pkill_has_not H require-handler freeze whole-group until-none dry-run I interactive choose-signal quiet --' -d 'also choose the signal (implies --choose)'
complete -c pkill -l max -x -n '__pkill_has_not max --' -d 'do nothing if more than N processes match'
complete -c pkill -l strict -n '__pkill_has_not strict --' -d 'exit with 4 if a match was not signalled'
complete -c pkill -l read-timeout -x -a '(__pkill_values read-timeout none read-timeout)' -n '__pkill_has_not read-timeout --' -d 'give up reading a process after DURATION (1s)'
complete -c pkill -l allow-none -n '__pkill_has_not allow-none --' -d 'exit with 0 if nothing matches'
complete -c pkill -s c -l count -n '__pkill_has_not c count summary --' -d 'print the number of matches'
complete -c pkill -s e -l echo -n '__pkill_has_not e echo summary --' -d 'print the processes signalled or waited for'
complete -c pkill -l quiet -n '__pkill_has_not dry-run choose choose-signal quiet verbose json summary --' -d 'print nothing except the count of -c'
complete -c pkill -l verbose -n '__pkill_has_not quiet verbose json summary --' -d 'print a line for each process, and its outcome'
complete -c pkill -l json -f -a '(__pkill_values json none json)' -n '__pkill_has_not quiet verbose json summary --' -d 'print one JSON document (=lines: lines of JSON)'
complete -c pkill -l summary -n '__pkill_has_not c count e echo quiet verbose json summary explain --' -d 'print one line: the number of each outcome'
complete -c pkill -l log-to -r -F -a '(__pkill_values log-to files log-to)' -n '__pkill_has_not log-to explain --' -d 'log the run (journal, syslog or a file)'
complete -c pkill -l explain -x -a '(__pkill_values explain none explain)' -n '__pkill_has_not summary log-to explain --' -d 'only show why PID matches, or why not'
complete -c pkill -l complete -x -a '(__pkill_values complete none complete)' -n '__pkill_has_not complete --' -d 'print completion candidates for WHAT'
complete -c pkill -l generate -x -a '(__pkill_values generate none generate)' -n '__pkill_has_not generate --' -d 'print a man page, completion or installation script'
complete -c pkill -l list-signals -n '__pkill_has_not list-signals --' -d 'print all signals and their default actions'
complete -c pkill -s h -l help -n '__pkill_has_not h help --' -d 'print this help (-h: the short form)'
complete -c pkill -s V -l version -n '__pkill_has_not V version --' -d 'print the version'
