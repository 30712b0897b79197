//! Runs of `oms` with a time limit, and what must hold of them.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::{Outcome, Sandbox, Snapshot};

/// A run that takes longer is killed and fails the test.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// Where the standard output of a run goes.
#[derive(Clone, Copy)]
enum Stdout {
    Captured,
    /// A pipe that nobody reads.
    Broken,
    /// A device without room.
    Full,
}

/// One run of `oms`, not yet started.
pub(crate) struct Oms<'a> {
    sandbox: &'a Sandbox,
    label: String,
    args: Vec<OsString>,
    env: Vec<(String, String)>,
    cwd: PathBuf,
    stdin: Option<Vec<u8>>,
    stdout: Stdout,
    unprivileged: bool,
    umask: Option<&'static str>,
    changing: Option<&'static str>,
}

impl<'a> Oms<'a> {
    pub(crate) fn new(sandbox: &'a Sandbox, args: Vec<OsString>) -> Self {
        Self {
            sandbox,
            label: String::new(),
            args,
            env: Vec::new(),
            cwd: sandbox.path(""),
            stdin: None,
            stdout: Stdout::Captured,
            unprivileged: false,
            umask: None,
            changing: None,
        }
    }

    /// Names the row of a table in what a failure prints.
    pub(crate) fn case(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }

    /// One more argument, blanks and all.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// More arguments, cut at blanks.
    pub(crate) fn args(mut self, words: &str) -> Self {
        self.args.extend(words.split_whitespace().map(OsString::from));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn cwd(mut self, name: &str) -> Self {
        self.cwd = self.sandbox.path(name);
        self
    }

    pub(crate) fn stdin(mut self, content: &str) -> Self {
        self.stdin = Some(content.into());
        self
    }

    pub(crate) fn broken_stdout(mut self) -> Self {
        self.stdout = Stdout::Broken;
        self
    }

    pub(crate) fn full_stdout(mut self) -> Self {
        self.stdout = Stdout::Full;
        self
    }

    /// As a user who is bound by permissions, whoever runs the tests.
    pub(crate) fn unprivileged(mut self) -> Self {
        self.unprivileged = true;
        self
    }

    pub(crate) fn umask(mut self, umask: &'static str) -> Self {
        self.umask = Some(umask);
        self
    }

    /// The test itself changes this file during the run.
    pub(crate) fn while_changing(mut self, name: &'static str) -> Self {
        self.changing = Some(name);
        self
    }

    pub(crate) fn start(&self) -> Running {
        let program = Path::new(env!("CARGO_BIN_EXE_oms"));
        let mut copy = None;
        let mut command = match self.unprivileged {
            false => masked(self.umask, program),
            true if nobody_runs(program) => as_nobody(program),
            // The build folder lies where `nobody` may not go.
            true => as_nobody(&copy.insert(reachable_copy(program)).path().join("oms")),
        };
        command.args(&self.args).current_dir(&self.cwd);
        clean_environment(&mut command, self.sandbox.root());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(if self.stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stderr(Stdio::piped()).stdout(match self.stdout {
            Stdout::Captured => Stdio::piped(),
            Stdout::Broken => std::io::pipe().unwrap().1.into(),
            Stdout::Full => File::options().write(true).open("/dev/full").unwrap().into(),
        });
        let mut child = command.spawn().unwrap();
        drop(command);
        if let (Some(mut pipe), Some(content)) = (child.stdin.take(), self.stdin.clone()) {
            // A run that refuses early does not read it, which is no concern here.
            thread::spawn(move || pipe.write_all(&content));
        }
        Running {
            stdout: capture(child.stdout.take()),
            stderr: capture(child.stderr.take()),
            child,
            deadline: Instant::now() + LIMIT,
            _copy: copy,
            what: self.describe(),
        }
    }

    pub(crate) fn run(&self) -> Outcome {
        self.start().finish()
    }

    /// A success: status 0, and the line that scripts look for.
    pub(crate) fn acceptance(&self) -> Result<Outcome, String> {
        let outcome = self.run();
        let mut wrong = outcome.always_wrong();
        if outcome.status != 0 {
            wrong.push("status 0 was expected".to_owned());
        }
        if let Some(line) = self.success_line()
            && outcome.stdout.trim_end().lines().last() != Some(line)
        {
            wrong.push(format!("the last line of stdout must be {line:?}"));
        }
        outcome.judged(wrong)
    }

    pub(crate) fn accepts(&self) -> Outcome {
        self.acceptance().unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    /// A refusal: this status, these words on stderr (see [`Outcome::says`]), advice on a line
    /// after the error, and nothing created or changed.
    pub(crate) fn refusal(&self, status: i32, words: &str) -> Result<Outcome, String> {
        let before = self.sandbox.snapshot();
        let outcome = self.run();
        self.judge_refusal(outcome, &before, status, words)
    }

    pub(crate) fn refuses(&self, status: i32, words: &str) -> Outcome {
        self.refusal(status, words).unwrap_or_else(|wrong| panic!("{wrong}"))
    }

    /// What [`Oms::refusal`] says of a run that the test started and ended itself.
    pub(crate) fn judge_refusal(
        &self,
        outcome: Outcome,
        before: &Snapshot,
        status: i32,
        words: &str,
    ) -> Result<Outcome, String> {
        let mut wrong = outcome.always_wrong();
        if outcome.status != status {
            wrong.push(format!("status {status} was expected"));
        }
        for missing in outcome.leaves_out(words) {
            wrong.push(format!("stderr must say {missing:?}"));
        }
        let prefix = if self.is("verify") && matches!(status, 1 | 3) {
            "Verification failed with error: "
        } else {
            ""
        };
        let mut lines = outcome.stderr.lines();
        if !lines.any(|line| line.starts_with(prefix)) {
            wrong.push(format!("a line of stderr must start with {prefix:?}"));
        } else if lines.all(|line| line.trim().is_empty()) {
            wrong.push("no advice follows the error".to_owned());
        }
        if outcome.stdout.contains("succeeded") {
            wrong.push("stdout claims success".to_owned());
        }
        let (mut before, mut after) = (before.clone(), self.sandbox.snapshot());
        if let Some(name) = self.changing {
            (before, after) = (before.without(name), after.without(name));
        }
        wrong.extend(before.changes(&after));
        outcome.judged(wrong)
    }

    fn is(&self, command: &str) -> bool {
        self.args.first().is_some_and(|first| first == command)
    }

    fn success_line(&self) -> Option<&'static str> {
        let told = ["json", "--output=json", "--help", "-q"];
        if self.args.iter().any(|arg| told.iter().any(|word| arg == word)) {
            return None;
        }
        match self.args.first()?.to_str()? {
            "sign" => Some("Signing succeeded"),
            "verify" => Some("Verification succeeded"),
            _ => None,
        }
    }

    fn describe(&self) -> String {
        let mut text = format!("{}\n$ oms", self.label);
        for arg in &self.args {
            write!(text, " {}", arg.display()).unwrap();
        }
        text
    }
}

/// A run of `oms` that has been started.
pub(crate) struct Running {
    child: Child,
    stdout: JoinHandle<Vec<u8>>,
    stderr: JoinHandle<Vec<u8>>,
    deadline: Instant,
    what: String,
    _copy: Option<TempDir>,
}

impl Running {
    /// Waits until the run has `file` open, or has ended.
    pub(crate) fn wait_until_open(&mut self, file: &Path) {
        let file = fs::canonicalize(file).unwrap();
        let open = Path::new("/proc").join(self.child.id().to_string()).join("fd");
        if !open.exists() {
            return thread::sleep(Duration::from_millis(500));
        }
        while !self.ended() && Instant::now() < self.deadline {
            let mut links = fs::read_dir(&open).into_iter().flatten().flatten();
            if links.any(|link| fs::read_link(link.path()).is_ok_and(|target| target == file)) {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// What Ctrl-C does; the run must end soon, on a busy machine too.
    pub(crate) fn interrupt(&mut self) {
        self.deadline = Instant::now() + Duration::from_secs(5);
        let kill = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success(), "{kill}");
    }

    pub(crate) fn finish(mut self) -> Outcome {
        let mut hung = false;
        while !self.ended() && !hung {
            hung = Instant::now() > self.deadline;
            thread::sleep(Duration::from_millis(2));
        }
        if hung {
            self.child.kill().unwrap();
        }
        let status = self.child.wait().unwrap();
        Outcome {
            hung,
            // Ended by a signal: -1, which no test expects.
            status: status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&self.stdout.join().unwrap()).into_owned(),
            stderr: String::from_utf8_lossy(&self.stderr.join().unwrap()).into_owned(),
            what: self.what,
        }
    }
}

/// A command that runs as `nobody`, or as the present user if that is not root.
pub(crate) fn as_nobody(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]).arg(program);
    command
}

pub(crate) fn is_root() -> bool {
    static ROOT: OnceLock<bool> = OnceLock::new();
    *ROOT.get_or_init(|| Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0")
}

fn masked(umask: Option<&str>, program: &Path) -> Command {
    let Some(umask) = umask else {
        return Command::new(program);
    };
    let mut command = Command::new("sh");
    command.args(["-c", &format!("umask {umask}; exec \"$0\" \"$@\"")]).arg(program);
    command
}

fn nobody_runs(program: &Path) -> bool {
    as_nobody(Path::new("test")).arg("-x").arg(program).status().unwrap().success()
}

fn reachable_copy(program: &Path) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(program, dir.path().join("oms")).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(dir.path(), open).unwrap();
    dir
}

/// No setting of whoever runs the tests reaches `oms`; its home and its temporary files are ours.
fn clean_environment(command: &mut Command, root: &Path) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let ours = ["OMS_", "MODEL_SIGNING_", "XDG_", "CLICOLOR", "NO_COLOR"];
        if ours.iter().any(|start| text.starts_with(start)) {
            command.env_remove(&name);
        }
    }
    command.env("HOME", root.join("home")).env("TMPDIR", root.join("tmp"));
}

fn capture(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut content = Vec::new();
        if let Some(mut pipe) = pipe {
            pipe.read_to_end(&mut content).unwrap();
        }
        content
    })
}
