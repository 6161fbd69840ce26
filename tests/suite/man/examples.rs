//! How each example is run, among which processes, and what it must do.
//!
//! An example in a page needs a row here: its line, the processes that it concerns, and what it does to them, in the
//! words of [`Case`]. Processes that are not named there must not be affected, nothing is printed except as the row
//! says, and the exit status is 0 unless it says otherwise.

use std::net::{TcpListener, TcpStream};

use rustix::fs::{FlockOperation, flock};

use crate::support::family::{Family, reap_orphans};
use crate::support::{Case, NOBODY, Run, Scene, Spec, Victim, check, shell};

/// An example.
pub struct Example {
    /// As the page has it.
    pub line: &'static str,
    cast: Box<dyn Fn(&mut Scene)>,
    case: Case,
}

impl Example {
    /// Run it, in a PID namespace.
    pub fn run(self) {
        println!("{}", self.line);
        check(self.cast, &[self.case.ours_only()]);
        reap_orphans(); // of a family
    }
}

/// It is typed at a prompt: the shell does not have the line in its arguments.
fn typed(line: &'static str, cast: fn(&mut Scene), case: fn(Case) -> Case) -> Example {
    typed_so(line, line, cast, case)
}

/// The same with another line: a shorter time, an existing user.
fn typed_so(line: &'static str, run: &'static str, cast: fn(&mut Scene), case: fn(Case) -> Case) -> Example {
    let cast = move |scene: &mut Scene| {
        cast(scene);
        let script = scene.fill(run, "");
        scene.dir().file("line", script);
    };
    Example { line, cast: Box::new(cast), case: case(shell("sh {dir}/line")) }
}

/// It reads what was collected from hosts, on one of which there is no such user.
fn of_hosts(line: &'static str, case: fn(Case) -> Case) -> Example {
    let cast = move |scene: &mut Scene| {
        add(scene, "worker", plain);
        add_other(scene, "worker", "own", |part| part.uids(NOBODY, NOBODY, NOBODY));
        let pkill = scene.dir().executable(Run::ours("pkill").program());
        for (host, args) in [("db1", "-u app"), ("web1", "-x worker"), ("web2", "-x worker")] {
            for (format, extension) in [("document", "json"), ("lines", "jsonl")] {
                let name = format!("echo {host} >/proc/sys/kernel/hostname");
                let user = "exec setpriv --reuid=65534 --clear-groups";
                let script = format!("{name}; {user} {} -0 --json={format} {args}", pkill.display());
                let report = Run::shell("exec unshare --uts sh -c \"$0\"").args([script]).run().stdout;
                scene.dir().file(&format!("{host}.{extension}"), report);
            }
        }
        scene.dir().file("line", line);
    };
    Example { line, cast: Box::new(cast), case: case(shell("cd {dir} && sh line")) }
}

/// It is in a configuration file: this part of it is run by `sh -c`.
fn configured(
    line: &'static str,
    run: &'static str,
    cast: fn(&mut Scene),
    case: fn(Case) -> Case,
) -> Example {
    Example { line, cast: Box::new(cast), case: case(shell(run)) }
}

/// A process with this name, known to the case by it.
fn add(scene: &mut Scene, name: &'static str, part: fn(Spec) -> Spec) {
    add_other(scene, name, name, part);
}

/// A process without special properties.
fn plain(part: Spec) -> Spec {
    part
}

/// Another process with the same name, which the example must skip, or select.
fn add_other(scene: &mut Scene, name: &'static str, label: &'static str, part: fn(Spec) -> Spec) {
    scene.adopt(label, part(Victim::named(name)).spawn());
}

fn mail_worker(scene: &mut Scene) {
    add(scene, "worker", |part| part.arg("--queue=mail"));
    add_other(scene, "worker", "other", |part| part.arg("--queue=print"));
}

fn killed_worker(case: Case) -> Case {
    case.fate("worker", "killed by TERM")
}

fn node(scene: &mut Scene) {
    add(scene, "node", |part| part.arg("app.js"));
    add_other(scene, "node", "other", |part| part.arg("other.js"));
}

fn killed_node(case: Case) -> Case {
    case.fate("node", "killed by TERM")
}

fn import(scene: &mut Scene) {
    add(scene, "import", |part| part.arg0("/srv/import").arg("--once"));
}

fn stubborn_server(scene: &mut Scene) {
    add(scene, "app-server", |part| part.ignore(libc::SIGTERM));
}

/// A process that the file names.
fn with_pidfile(scene: &mut Scene, name: &'static str, path: &str, part: fn(Spec) -> Spec) {
    add(scene, name, part);
    let pid = scene.get(name).pid();
    std::fs::write(path, format!("{pid}\n")).expect("a pidfile");
}

fn job_of_another_user(scene: &mut Scene) {
    add(scene, "job", |part| part.uids(NOBODY, NOBODY, NOBODY));
    add_other(scene, "job", "other", plain);
}

fn spawner(scene: &mut Scene) {
    kept_family(scene, &["spawner child", "child leaf"]);
}

/// Shells that are no victims: `{gone}` is true if none of them remains, and the first one is known by its name.
fn kept_family(scene: &mut Scene, plan: &'static [&'static str]) {
    let family = Family::start(plan);
    let root = plan[0].split(' ').next().expect("a name");
    scene.define(root, &family.root().to_string());
    let names = plan.join(" ").replace(' ', "|");
    scene.define("gone", &format!("! pgrep --no-zombies -x '{names}'"));
    scene.keep(family);
}

fn nginx(scene: &mut Scene) {
    add(scene, "nginx", plain);
    add_other(scene, "nginx", "child", plain);
}

fn ended(scene: &mut Scene, name: &'static str) {
    add(scene, name, plain);
    scene.get(name).make_zombie();
}

/// All examples.
pub fn examples() -> Vec<Example> {
    vec![
        // pkill
        typed("pkill --dry-run -f 'worker --queue=mail'", mail_worker, |case| {
            case.prints_with("  worker  terminate  ")
        }),
        typed("pkill --max 3 -f 'worker --queue=mail'", mail_worker, killed_worker),
        typed("pkill -f worker --not queue=print", mail_worker, killed_worker),
        typed("pkill -A -f 'worker --queue=mail'", mail_worker, killed_worker),
        typed_so("pkill --choose node", "PKILL_CHOOSER='grep app.js' pkill --choose node", node, killed_node),
        typed_so("pkill --choose", "PKILL_CHOOSER='grep app.js' pkill --choose", node, killed_node),
        typed_so(
            "pgrep -a --id node | fzf -m | pkill -p -",
            "pgrep -a --id node | grep app.js | pkill -p -", // the choice
            node,
            killed_node,
        ),
        typed(
            "pkill -HUP -x -u root rsyslogd",
            |scene| {
                add(scene, "rsyslogd", |part| part.catch(libc::SIGHUP));
                add_other(scene, "rsyslogd", "other", |part| part.uids(NOBODY, NOBODY, NOBODY));
            },
            |case| case.fate("rsyslogd", "HUP"),
        ),
        typed(
            "pkill -HUP -H -L -F /run/crond.pid",
            |scene| {
                with_pidfile(scene, "crond", "/run/crond.pid", |part| part.catch(libc::SIGHUP));
                let file = std::fs::File::open("/run/crond.pid").expect("a pidfile");
                flock(&file, FlockOperation::LockExclusive).expect("a lock");
                scene.keep(file);
            },
            |case| case.fate("crond", "HUP"),
        ),
        typed_so(
            "pkill --kill-after 5 --timeout 10 -x app-server",
            "pkill --kill-after 0.1 --timeout 10 -x app-server",
            stubborn_server,
            |case| case.fate("app-server", "killed by KILL"),
        ),
        typed_so(
            "pkill --escalate 5:INT,5:KILL --verbose -x app-server",
            "pkill --escalate 0.1:INT,5:KILL --verbose -x app-server",
            stubborn_server,
            |case| case.fate("app-server", "killed by INT").prints_with("s after INT"),
        ),
        typed(
            "pkill -U \"$(id -u)\" -x firefox",
            |scene| {
                add(scene, "firefox", plain);
                add_other(scene, "firefox", "other", |part| part.uids(NOBODY, NOBODY, NOBODY));
            },
            |case| case.fate("firefox", "killed by TERM"),
        ),
        typed_so(
            "pkill -KILL --until-none --timeout 30 -u guest",
            "pkill -KILL --until-none --timeout 30 -u 65534",
            |scene| {
                add(scene, "game", |part| part.uids(NOBODY, NOBODY, NOBODY));
                add(scene, "shell", plain);
            },
            |case| case.fate("game", "killed by KILL"),
        ),
        typed(
            "pkill -STOP -x backup",
            |scene| add(scene, "backup", plain),
            |case| case.fate("backup", "stopped"),
        ),
        typed_so(
            "pkill -CONT -x backup",
            "pkill -CONT -x backup && until pgrep -r S -x backup >/dev/null; do :; done",
            |scene| {
                add(scene, "backup", plain);
                scene.get("backup").stop();
            },
            |case| case,
        ),
        typed_so(
            "pkill --port tcp:8080",
            "pkill --port tcp:{port}",
            |scene| {
                let listener = TcpListener::bind("127.0.0.1:0").expect("a listening socket");
                let address = listener.local_addr().expect("an address");
                scene.define("port", &address.port().to_string());
                let client = TcpStream::connect(address).expect("a connection");
                scene.adopt("server", Victim::named("server").holds(listener).spawn());
                scene.adopt("browser", Victim::named("browser").holds(client).spawn());
            },
            |case| case.fate("server", "killed by TERM"),
        ),
        typed(
            "pkill --script job.py",
            |scene| {
                add(scene, "python3", |part| part.arg("-u").arg("/opt/x/job.py"));
                add_other(scene, "python3", "other", |part| part.arg("/opt/x/other.py").arg("job.py"));
                add(scene, "vi", |part| part.arg("job.py"));
            },
            |case| case.fate("python3", "killed by TERM"),
        ),
        typed_so(
            "pkill -USR1 --unit nginx",
            "mount --bind {dir}/cgroup /proc/{nginx.pid}/cgroup && pkill -USR1 --unit nginx",
            |scene| {
                nginx(scene);
                scene.dir().file("cgroup", "0::/system.slice/nginx.service\n");
            },
            |case| case.fate("nginx", "killed by USR1"),
        ),
        typed_so("pkill -u ci --older 2h30m", "pkill -u 65534 --older 0", job_of_another_user, |case| {
            case.fate("job", "killed by TERM")
        }),
        typed_so("pkill -u ci --older 2h30m", "pkill -u 65534 --older 2h30m", job_of_another_user, |case| {
            case.status(1)
        }),
        typed_so("pkill -u ci --rss 2G", "pkill -u 65534 --rss 4K", job_of_another_user, |case| {
            case.fate("job", "killed by TERM")
        }),
        typed_so("pkill -u ci --rss 2G", "pkill -u 65534 --rss 2G", job_of_another_user, |case| {
            case.status(1)
        }),
        typed_so("pkill --tree -p 4711", "pkill --tree --wait -p {spawner} && {gone}", spawner, |case| case),
        typed_so(
            "pkill --tree --freeze -p 4711",
            "pkill --tree --freeze --wait -p {spawner} && {gone}",
            spawner,
            |case| case,
        ),
        typed_so(
            "pkill --tree --freeze -KILL -x spawner",
            "pkill --tree --freeze -KILL --wait -x spawner && {gone}",
            spawner,
            |case| case,
        ),
        typed_so(
            "pkill --whole-group -x make",
            "pkill --whole-group --wait -x make && {gone}",
            |scene| kept_family(scene, &["sh-job make", "make cc1"]),
            |case| case,
        ),
        typed_so(
            "pkill --kill-after 5 --cwd /srv/build",
            "pkill --kill-after 5 --cwd {dir}",
            |scene| {
                let dir = scene.dir().path().to_owned();
                scene.adopt("make", Victim::named("make").directory(&dir).spawn());
                add_other(scene, "make", "other", plain);
            },
            |case| case.fate("make", "killed by TERM"),
        ),
        typed(
            "pkill -HUP --local -x nginx",
            |scene| {
                add(scene, "nginx", |part| part.catch(libc::SIGHUP));
                add_other(scene, "nginx", "contained", |part| part.init());
            },
            |case| case.fate("nginx", "HUP"),
        ),
        typed(
            "pkill -RTMIN+8 -x waybar",
            |scene| add(scene, "waybar", |part| part.catch(libc::SIGRTMIN() + 8)),
            |case| case.fate("waybar", "RTMIN+8"),
        ),
        typed_so(
            "pkill --log-to -x app-server",
            "pkill --log-to={dir}/log -x app-server && wc -l <{dir}/log",
            |scene| add(scene, "app-server", plain),
            |case| case.prints("3\n").fate("app-server", "killed by TERM"),
        ),
        typed_so(
            r#"jq -r 'select(.outcome == "refused") | "\(.time) \(.invoker.uid) \(.name)"' pkill.jsonl"#,
            r#"cd {dir} && mkdir logs && chown 65534 logs
               setpriv --reuid=65534 --clear-groups ./pkill --log-to=logs/pkill.jsonl -x worker 2>/dev/null
               jq -r 'select(.outcome == "refused") | "\(.time) \(.invoker.uid) \(.name)"' logs/pkill.jsonl"#,
            |scene| {
                add(scene, "worker", plain);
                scene.dir().executable(Run::ours("pkill").program());
            },
            |case| case.prints_with("Z 65534 worker\n"),
        ),
        typed("pkill -0 -x radosgw", |scene| add(scene, "radosgw", plain), |case| case),
        typed("pkill -0 -x radosgw", |_| {}, |case| case.status(1)),
        typed_so(
            "pkill --json worker | jq '.targets[] | select(.errno).pid'",
            "setpriv --reuid=65534 --clear-groups {dir}/pkill --json worker | jq '.targets[] | select(.errno).pid'",
            |scene| {
                add(scene, "worker", plain);
                add_other(scene, "worker", "own", |part| part.uids(NOBODY, NOBODY, NOBODY));
                scene.dir().executable(Run::ours("pkill").program());
            },
            |case| {
                case.prints("{worker.pid}\n").says("Operation not permitted").fate("own", "killed by TERM")
            },
        ),
        of_hosts(
            r#"cat *.jsonl | jq -r 'select(.outcome == "refused") | "\(.host) \(.pid) \(.user)"'"#,
            |case| case.prints("web1 {worker.pid} root\nweb2 {worker.pid} root\n"),
        ),
        of_hosts("jq -s 'map({(.host): (.summary // .error)}) | add' *.json", |case| {
            case.prints_with(
                "  \"web2\": {\n    \"matched\": 2,\n    \"refused\": 1,\n    \"signalled\": 1,\n",
            )
        }),
        of_hosts(
            "jq -r '.host as $h | .targets[]? | [$h, .pid, .user, .outcome] | @tsv' *.json | column -t",
            |case| case.prints_with("  root    refused\n"),
        ),
        of_hosts(
            r#"cat *.jsonl | jq -r 'select(.kind == "error") | "\(.host): \(.error.message)"'"#,
            |case| case.prints("db1: invalid user name: app\n"),
        ),
        configured(
            "17 3 * * * root pkill -A -f -O 1d --allow-none '^/srv/import --once'",
            "pkill -A -f -O 0 --allow-none '^/srv/import --once'",
            import,
            |case| case.fate("import", "killed by TERM"),
        ),
        configured(
            "17 3 * * * root pkill -A -f -O 1d --allow-none '^/srv/import --once'",
            "pkill -A -f -O 1d --allow-none '^/srv/import --once'",
            import,
            |case| case,
        ),
        configured(
            "pkill -USR1 -x --allow-none app-server",
            "pkill -USR1 -x --allow-none app-server",
            |scene| add(scene, "app-server", |part| part.catch(libc::SIGUSR1)),
            |case| case.fate("app-server", "USR1"),
        ),
        configured(
            "ExecReload=pkill -HUP -F /run/app-server.pid",
            "pkill -HUP -F /run/app-server.pid",
            |scene| {
                with_pidfile(scene, "app-server", "/run/app-server.pid", |part| part.catch(libc::SIGHUP));
            },
            |case| case.fate("app-server", "HUP"),
        ),
        configured(
            "ExecStop=pkill --wait=30 -F /run/app-server.pid",
            "pkill --wait=30 -F /run/app-server.pid",
            |scene| with_pidfile(scene, "app-server", "/run/app-server.pid", plain),
            |case| case.fate("app-server", "killed by TERM"),
        ),
        typed_so(
            "pkill --explain 4711 -u ci --older 2h30m -f worker",
            "pkill --explain {worker.pid} -u {uid} --older 0 -f [w]orker",
            mail_worker,
            |case| case.prints_with("{worker.pid} worker: selected\n  yes  --euid"),
        ),
        // pgrep
        typed_so(
            "pgrep --explain 4711 -u www-data --older 1h -f 'worker --queue'",
            "pgrep --explain {worker.pid} -u 65534 --older 1h -f 'worker --queue'",
            mail_worker,
            |case| case.status(1).prints_with("{worker.pid} worker: not selected\n  no   --euid 65534"),
        ),
        typed_so(
            "pgrep --columns pid,user,age,rss,ports,args -f server",
            "pgrep --columns pid,ports,args -f serve[r]",
            |scene| add(scene, "app-server", plain),
            |case| case.prints("{app-server.pid}\t-\tapp-server\n"),
        ),
        typed_so(
            "pgrep --columns pid,rss --json -x worker | jq '.targets[].columns.rss'",
            "pgrep --columns pid,rss --json -x worker | jq '.targets[].columns | .pid, .rss > 0'",
            |scene| add(scene, "worker", plain),
            |case| case.prints("{worker.pid}\ntrue\n"),
        ),
        typed(
            "pgrep -u root -x sshd",
            |scene| {
                add(scene, "sshd", plain);
                add_other(scene, "sshd", "other", |part| part.uids(NOBODY, NOBODY, NOBODY));
                add(scene, "sshd-session", plain);
            },
            |case| case.pids("sshd"),
        ),
        typed_so(
            "pgrep -a -u www-data",
            "pgrep -a -u 33",
            |scene| add(scene, "php-fpm", |part| part.arg("-F").uids(33, 33, 33)),
            |case| case.prints("{php-fpm.pid} php-fpm -F\n"),
        ),
        typed("pgrep -o -x nginx", nginx, |case| case.pids("nginx")),
        typed_so(
            "top -p \"$(pgrep -d, -x nginx)\"",
            "top -b -n 1 -p \"$(pgrep -d, -x nginx)\" | grep -c nginx",
            nginx,
            |case| case.prints("2\n"),
        ),
        typed_so(
            "pgrep --id -n -x worker >worker.id",
            "pgrep --id -n -x worker >{dir}/id && pgrep -F {dir}/id",
            |scene| {
                add_other(scene, "worker", "other", plain);
                add(scene, "worker", plain);
            },
            |case| case.pids("worker"),
        ),
        typed("pgrep -c -r Z", |scene| ended(scene, "orphan"), |case| case.prints("1\n")),
        typed("sh -c 'pgrep -A -f \"worker --queue=mail\" >/dev/null || echo down'", mail_worker, |case| {
            case
        }),
        typed(
            "sh -c 'pgrep -A -f \"worker --queue=mail\" >/dev/null || echo down'",
            |_| {},
            |case| case.prints("down\n"),
        ),
        configured(
            "HEALTHCHECK CMD pgrep -A -f 'worker --queue=mail' || exit 1",
            "pgrep -A -f 'worker --queue=mail' || exit 1",
            mail_worker,
            |case| case.pids("worker"),
        ),
        typed_so(
            "pgrep -a -O 1d -f '^/srv/import --once'",
            "pgrep -a -O 0 -f '^/srv/import --once'",
            import,
            |case| case.prints("{import.pid} /srv/import --once\n"),
        ),
        typed_so(
            "pgrep -l --cgroup /system.slice/cron.service",
            "pgrep -l --cgroup {cgroup} cron",
            |scene| add(scene, "cron", plain),
            |case| case.prints("{cron.pid} cron\n"),
        ),
        typed(
            "pgrep -l --env DISPLAY=:1",
            |scene| {
                add(scene, "xterm", |part| part.env("DISPLAY", ":1"));
                add_other(scene, "xterm", "other", |part| part.env("DISPLAY", ":10"));
            },
            |case| case.prints("{xterm.pid} xterm\n"),
        ),
        typed(
            "pgrep -af --fixed-strings 'C++ (beta) [1]'",
            |scene| {
                add(scene, "compiler", |part| part.arg("C++ (beta) [1]"));
                add_other(scene, "compiler", "other", |part| part.arg("C beta 1"));
            },
            |case| case.prints("{compiler.pid} compiler C++ (beta) [1]\n"),
        ),
        typed(
            "pgrep -af java --and '-Xmx[0-9]+g' --not gradle",
            |scene| {
                add(scene, "java", |part| part.arg("-Xmx8g").arg("-jar").arg("app.jar"));
                add_other(scene, "java", "gradle", |part| part.arg("-Xmx8g").arg("gradle.jar"));
                add_other(scene, "java", "small", |part| part.arg("-Xmx512m"));
            },
            |case| case.prints("{java.pid} java -Xmx8g -jar app.jar\n"),
        ),
        typed(
            "pgrep -l --exe-deleted",
            |scene| {
                let copy = scene.dir().path().join("server");
                std::fs::copy(std::env::current_exe().expect("a path"), &copy).expect("a copy");
                add(scene, "other", plain);
                scene.adopt("server", Victim::named("server").executable(&copy).spawn());
                std::fs::remove_file(copy).expect("remove it");
            },
            |case| case.prints("{server.pid} server\n"),
        ),
        typed_so(
            "pgrep -l --ancestor $$",
            "pgrep -l --ancestor {spawner} | cut -d' ' -f2 && pkill -KILL --tree --wait -p {spawner}",
            spawner,
            |case| case.prints("child\nleaf\n"),
        ),
        typed(
            "pgrep --print0 -x ffmpeg | xargs -0 renice -n 19 -p",
            |scene| add(scene, "ffmpeg", plain),
            |case| case.prints_with(", new priority 19"),
        ),
        typed(
            "pgrep --json -x worker | jq '.targets[] | .pid, .arguments'",
            |scene| add(scene, "worker", |part| part.arg("--queue=mail")),
            |case| case.prints("{worker.pid}\n[\n  \"worker\",\n  \"--queue=mail\"\n]\n"),
        ),
        // pidwait
        typed("pidwait -x rsync && echo done", |scene| ended(scene, "rsync"), |case| case.prints("done\n")),
        typed(
            "pidwait --timeout 30 -F /run/app-server.pid",
            |scene| {
                with_pidfile(scene, "app-server", "/run/app-server.pid", plain);
                scene.get("app-server").make_zombie();
            },
            |case| case,
        ),
        typed_so(
            "pidwait --timeout 30 -F /run/app-server.pid",
            "pidwait --timeout 0.1 -F /run/app-server.pid",
            |scene| with_pidfile(scene, "app-server", "/run/app-server.pid", plain),
            |case| case.status(5).says("1 process is still running: {app-server.pid} app-server"),
        ),
        typed("pidwait --timeout 30 --allow-none -x app-server", |_| {}, |case| case),
        typed(
            "pidwait --any --verbose -x worker",
            |scene| {
                mail_worker(scene);
                scene.get("worker").make_zombie();
            },
            |case| case.prints_with("  worker  exited after 0.0"),
        ),
        typed(
            "pidwait --json -x rsync | jq '.targets[] | .pid, (.end.after | round)'",
            |scene| ended(scene, "rsync"),
            |case| case.prints("{rsync.pid}\n0\n"),
        ),
    ]
}
