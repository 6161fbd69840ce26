# fish completion for pgrep. Rendered from the option table: do not edit; see CONTRIBUTING.md.
#
# The candidates come from `pgrep --complete`, also for the other programs: pgrep sends no signal.

# Sets __pgrep_given to the options before the cursor, without their dashes: `-` for a signal word, `--` for the end of
# options. An option is pending, not given, while its value is being typed. Each key press calls this once for each option,
# so the result is kept until the command line changes.
function __pgrep_read
    set -l line (commandline -cp | string collect)
    test "$line" = "$__pgrep_line"; and return
    set -g __pgrep_line $line
    set -g __pgrep_given
    set -l valued and not p pid F pidfile P parent ancestor g pgroup s session t terminal u euid U uid G group O older younger r runstates exe script cwd rss cpu-time cgroup unit user-unit port env ns nslist exclude signal max read-timeout columns d delimiter explain complete generate
    set -g __pgrep_pending
    for word in (commandline -opc)[2..-1]
        if set -q __pgrep_pending[1]
            set -a __pgrep_given $__pgrep_pending
            set __pgrep_pending
            continue
        end
        switch $word
            case --
                set -a __pgrep_given --
                return
            case '--*=*'
                set -a __pgrep_given (string match -r '(?<=^--)[^=]*' -- $word)
            case '--*'
                set __pgrep_pending (string sub -s 3 -- $word)
                contains -- $__pgrep_pending $valued; and continue
                set -a __pgrep_given $__pgrep_pending
                set __pgrep_pending
            case '-?*'
                if test pgrep = pkill; and string match -qir '^-([0-9]+|(SIG)?(EXIT|NULL|HUP|INT|QUIT|ILL|TRAP|ABRT|IOT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|CHLD|CLD|CONT|STOP|TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|IO|POLL|PWR|SYS|RTMIN(\+[0-9]+)?|RTMAX(-[0-9]+)?))$' -- $word
                    set -a __pgrep_given -
                    continue
                end
                set -l letters (string sub -s 2 -- $word | string split '')
                while set -q letters[1]
                    if not contains -- $letters[1] $valued
                        set -a __pgrep_given $letters[1]
                    else if set -q letters[2]
                        set -a __pgrep_given $letters[1]
                        break
                    else
                        set __pgrep_pending $letters[1]
                    end
                    set -e letters[1]
                end
            case '*'
                set -a __pgrep_given pattern
        end
    end
end

function __pgrep_has_not
    __pgrep_read
    for name in $argv
        contains -- $name $__pgrep_given; and return 1
    end
    return 0
end

# Values of kind $argv[1] from `pgrep --complete`; $argv[2] completes values that no process has. The names of the option
# follow: the typed part of the value may be attached to one of them.
function __pgrep_values
    set -l typed (commandline -t | string unescape)
    if string match -q -- '--*=*' "$typed"
        set typed (string replace -r '^--[^=]*=' '' -- $typed)
    else if test (count $argv) -gt 3
        set typed (string replace -r -- "^-[^-$argv[3]]*$argv[3]" '' "$typed")
    end
    __pgrep_candidates $argv[1] "$typed"
    set -l entries (string match -r '^.*,' -- $typed)
    switch $argv[2]
        case users
            __pgrep_append "$entries" (__fish_complete_users)
        case groups
            __pgrep_append "$entries" (__fish_complete_groups)
        case directories
            __fish_complete_directories "$typed"
    end
end

# Candidates that are not in the list yet, appended to it.
function __pgrep_append
    for candidate in $argv[2..-1]
        contains -- (string replace -r '\t.*' '' -- $candidate) (string split , -- $argv[1]); or echo $argv[1]$candidate
    end
end

function __pgrep_patterns
    __pgrep_candidates pattern (commandline -t | string unescape)
end

function __pgrep_candidates --argument-names what typed
    set -l how
    __pgrep_has_not f full; or set -a how --full
    __pgrep_has_not x exact; or set -a how --exact
    __pgrep_has_not fixed-strings; or set -a how --fixed-strings
    command pgrep --complete $what $how -- "$typed" 2>/dev/null
end

function __pgrep_may_be_pattern
    __pgrep_has_not pattern; or return 1
    not __pgrep_has_not --; or not string match -q -- '-*' (commandline -ct)
end

complete -c pgrep -e
complete -c pgrep -f
complete -c pgrep -n __pgrep_may_be_pattern -a '(__pgrep_patterns)'
complete -c pgrep -s f -l full -n '__pgrep_has_not f full --' -d 'match against the whole command line'
complete -c pgrep -s x -l exact -n '__pgrep_has_not x exact --' -d 'require PATTERN to match the whole name or command line'
complete -c pgrep -s i -l ignore-case -n '__pgrep_has_not i ignore-case --' -d 'ignore case'
complete -c pgrep -l fixed-strings -n '__pgrep_has_not fixed-strings --' -d 'take patterns as plain text, not as regular expressions'
complete -c pgrep -l and -x -a '(__pgrep_values and none and)' -n '__pgrep_has_not --' -d 'also require this pattern to match (repeatable)'
complete -c pgrep -l not -x -a '(__pgrep_values not none not)' -n '__pgrep_has_not --' -d 'exclude what this pattern matches (repeatable)'
complete -c pgrep -s v -l inverse -n '__pgrep_has_not v inverse n newest o oldest --' -d 'select the processes that do not match'
complete -c pgrep -s p -l pid -x -a '(__pgrep_values pid none p pid)' -n '__pgrep_has_not p pid F pidfile --' -d 'select by process ID or token (-: from stdin)'
complete -c pgrep -s F -l pidfile -r -F -n '__pgrep_has_not p pid F pidfile --' -d 'select the process ID that FILE contains'
complete -c pgrep -s L -l logpidfile -n '__pgrep_has_not L logpidfile --' -d 'fail unless the file is locked (with -F)'
complete -c pgrep -s P -l parent -x -a '(__pgrep_values parent none P parent)' -n '__pgrep_has_not P parent --' -d 'select children of these processes'
complete -c pgrep -l ancestor -x -a '(__pgrep_values ancestor none ancestor)' -n '__pgrep_has_not ancestor --' -d 'select descendants of these processes'
complete -c pgrep -s g -l pgroup -x -a '(__pgrep_values pgroup none g pgroup)' -n '__pgrep_has_not g pgroup --' -d 'select by process group (0: the program\'s own)'
complete -c pgrep -s s -l session -x -a '(__pgrep_values session none s session)' -n '__pgrep_has_not s session --' -d 'select by session (0: the program\'s own)'
complete -c pgrep -s t -l terminal -x -a '(__pgrep_values terminal none t terminal)' -n '__pgrep_has_not t terminal --' -d 'select by terminal, such as pts/3 (?: none)'
complete -c pgrep -s u -l euid -x -a '(__pgrep_values euid users u euid)' -n '__pgrep_has_not u euid --' -d 'select by effective user, name or ID'
complete -c pgrep -s U -l uid -x -a '(__pgrep_values uid users U uid)' -n '__pgrep_has_not U uid --' -d 'select by real user, name or ID'
complete -c pgrep -s G -l group -x -a '(__pgrep_values group groups G group)' -n '__pgrep_has_not G group --' -d 'select by real group, name or ID'
complete -c pgrep -s O -l older -x -a '(__pgrep_values older none O older)' -n '__pgrep_has_not O older --' -d 'select processes at least DURATION old (2h30m)'
complete -c pgrep -l younger -x -a '(__pgrep_values younger none younger)' -n '__pgrep_has_not younger --' -d 'select processes less than DURATION old'
complete -c pgrep -s r -l runstates -x -a '(__pgrep_values runstates none r runstates)' -n '__pgrep_has_not r runstates --' -d 'select by state, as ps shows it (R, S, D, T, Z)'
complete -c pgrep -l no-zombies -n '__pgrep_has_not no-zombies --' -d 'exclude zombie processes'
complete -c pgrep -l no-kernel-threads -n '__pgrep_has_not no-kernel-threads --' -d 'exclude kernel threads'
complete -c pgrep -l exe -r -F -a '(__pgrep_values exe files exe)' -n '__pgrep_has_not exe --' -d 'select by executable, path or base name'
complete -c pgrep -l exe-deleted -n '__pgrep_has_not exe-deleted --' -d 'select processes with a deleted executable'
complete -c pgrep -l script -x -a '(__pgrep_values script none script)' -n '__pgrep_has_not script --' -d 'select interpreters by the script that they run'
complete -c pgrep -l cwd -x -a '(__pgrep_values cwd directories cwd)' -n '__pgrep_has_not cwd --' -d 'select by working directory, DIR or below'
complete -c pgrep -l rss -x -n '__pgrep_has_not rss --' -d 'select by resident memory, at least SIZE (500M)'
complete -c pgrep -l cpu-time -x -a '(__pgrep_values cpu-time none cpu-time)' -n '__pgrep_has_not cpu-time --' -d 'select by CPU time used, at least DURATION'
complete -c pgrep -l cgroup -x -a '(__pgrep_values cgroup none cgroup)' -n '__pgrep_has_not cgroup --' -d 'select by cgroup (PATH/: and those below it)'
complete -c pgrep -l unit -x -a '(__pgrep_values unit none unit)' -n '__pgrep_has_not unit --' -d 'select by unit of the system (default: .service)'
complete -c pgrep -l user-unit -x -a '(__pgrep_values user-unit none user-unit)' -n '__pgrep_has_not user-unit --' -d 'select by unit of a user\'s service manager'
complete -c pgrep -l local -n '__pgrep_has_not local --' -d 'exclude containers (other PID namespaces)'
complete -c pgrep -l port -x -a '(__pgrep_values port none port)' -n '__pgrep_has_not port --' -d 'select by local port (443, tcp:80-89, udp:ntp)'
complete -c pgrep -l env -x -a '(__pgrep_values env none env)' -n '__pgrep_has_not env --' -d 'select by environment variable'
complete -c pgrep -l ns -x -a '(__pgrep_values ns none ns)' -n '__pgrep_has_not ns --' -d 'select processes in the namespaces of PID'
complete -c pgrep -l nslist -x -a '(__pgrep_values nslist none nslist)' -n '__pgrep_has_not nslist --' -d 'compare only these namespaces (net, pid, ...)'
complete -c pgrep -s H -l require-handler -n '__pgrep_has_not H require-handler --' -d 'select only processes that catch the signal'
complete -c pgrep -s A -l ignore-ancestors -n '__pgrep_has_not A ignore-ancestors --' -d 'exclude the program\'s own ancestors'
complete -c pgrep -l exclude -x -a '(__pgrep_values exclude none exclude)' -n '__pgrep_has_not --' -d 'exclude these processes (repeatable)'
complete -c pgrep -s w -l lightweight -n '__pgrep_has_not w lightweight tree choose --' -d 'list threads instead of processes'
complete -c pgrep -s n -l newest -n '__pgrep_has_not v inverse n newest o oldest --' -d 'select only the newest match (started last)'
complete -c pgrep -s o -l oldest -n '__pgrep_has_not v inverse n newest o oldest --' -d 'select only the oldest match (started first)'
complete -c pgrep -l tree -n '__pgrep_has_not w lightweight tree --' -d 'add the descendants of each match'
complete -c pgrep -l signal -x -a '(__pgrep_values signal none signal)' -n '__pgrep_has_not signal --' -d 'use this signal, name or number (default: TERM)'
complete -c pgrep -l choose -n '__pgrep_has_not w lightweight choose columns quiet --' -d 'choose among the matches on a list'
complete -c pgrep -l max -x -n '__pgrep_has_not max --' -d 'do nothing if more than N processes match'
complete -c pgrep -l read-timeout -x -a '(__pgrep_values read-timeout none read-timeout)' -n '__pgrep_has_not read-timeout --' -d 'give up reading a process after DURATION (1s)'
complete -c pgrep -l allow-none -n '__pgrep_has_not allow-none --' -d 'exit with 0 if nothing matches'
complete -c pgrep -s c -l count -n '__pgrep_has_not c count print0 summary --' -d 'print the number of matches'
complete -c pgrep -s l -l list-name -n '__pgrep_has_not l list-name columns quiet summary --' -d 'print PID and process name'
complete -c pgrep -s a -l list-full -n '__pgrep_has_not a list-full columns quiet summary --' -d 'print PID and command line'
complete -c pgrep -l id -n '__pgrep_has_not id columns quiet summary --' -d 'print identity tokens (PID:INODE) instead of PIDs'
complete -c pgrep -s Q -l shell-quote -n '__pgrep_has_not Q shell-quote --' -d 'quote the names and command lines for a shell'
complete -c pgrep -l columns -x -a '(__pgrep_values columns none columns)' -n '__pgrep_has_not choose l list-name a list-full id columns quiet verbose summary --' -d 'print these columns (such as pid,user,age,args)'
complete -c pgrep -s d -l delimiter -x -n '__pgrep_has_not d delimiter print0 summary --' -d 'separate items by STRING (default: newline)'
complete -c pgrep -l print0 -n '__pgrep_has_not c count d delimiter print0 verbose json summary --' -d 'end each item with NUL, its text unmodified'
complete -c pgrep -l quiet -n '__pgrep_has_not choose l list-name a list-full id columns quiet verbose json summary --' -d 'print nothing except the count of -c'
complete -c pgrep -l verbose -n '__pgrep_has_not columns print0 quiet verbose json summary --' -d 'print a line for each process, and its outcome'
complete -c pgrep -l json -f -a '(__pgrep_values json none json)' -n '__pgrep_has_not print0 quiet verbose json summary --' -d 'print one JSON document (=lines: lines of JSON)'
complete -c pgrep -l summary -n '__pgrep_has_not c count l list-name a list-full id columns d delimiter print0 quiet verbose json summary explain --' -d 'print one line: the number of each outcome'
complete -c pgrep -l explain -x -a '(__pgrep_values explain none explain)' -n '__pgrep_has_not summary explain --' -d 'only show why PID matches, or why not'
complete -c pgrep -l complete -x -a '(__pgrep_values complete none complete)' -n '__pgrep_has_not complete --' -d 'print completion candidates for WHAT'
complete -c pgrep -l generate -x -a '(__pgrep_values generate none generate)' -n '__pgrep_has_not generate --' -d 'print a man page, completion or installation script'
complete -c pgrep -s h -l help -n '__pgrep_has_not h help --' -d 'print this help (-h: the short form)'
complete -c pgrep -s V -l version -n '__pgrep_has_not V version --' -d 'print the version'
