//! What people run all day: reading runs unasked, the rest runs under ordinary rules.

use super::*;

#[test]
fn reading_needs_no_question_in_any_mode() {
    let lines = [
        "git status",
        "git status && ls",
        "sleep 1; echo x",
        "ls -la",
        "ls -la src tests",
        "cat src/main.rs",
        "pwd",
        "echo hello world",
        "head -n 20 README.md",
        "tail -5 log.txt",
        "wc -l src/*.rs",
        "grep -rn 'fn main' src",
        "grep -E \"a|b\" x.txt | head -3",
        "rg 'TODO' src --type rust -n",
        "find . -name '*.rs' -type f",
        "find src tests -name \"*.py\" -not -path '*/node_modules/*'",
        "which cargo",
        "diff a.txt b.txt",
        "stat Cargo.toml",
        "du -sh .",
        "cd src",
        "cd src && ls",
        "cd /home/u/app && ls",
        "git log --oneline -10",
        "git diff HEAD~1 -- src/main.rs",
        "git show HEAD:src/lib.rs",
        "git branch -a",
        "git branch",
        "git branch --show-current",
        "git rev-parse --abbrev-ref HEAD",
        "git ls-files",
        "git blame -L 1,20 src/main.rs",
        "git remote -v",
        "git describe --tags --always",
        "git stash list",
        "git config --get user.name",
        "git diff --stat",
        "git log --format='%h %s' --since='2 weeks ago'",
        "git --no-pager log -3",
        "git log main..HEAD",
        "git show --stat HEAD",
        "git diff main...HEAD --name-only",
        "git log -p -- src/a.rs",
        "git tag -l 'v*'",
        "git reflog -5",
        "git worktree list",
        "true",
        "false || echo failed",
        "test -f Cargo.toml && echo yes",
        "[ -d src ] && ls src",
        "[[ -f x && $a == b* ]] && echo y",
        "printf '%s\\n' a b",
        "sort a.txt | uniq -c | sort -rn | head",
        "cut -d: -f1 a.txt",
        "echo x | tr a-z A-Z",
        "basename /a/b/c.txt",
        "dirname src/a.rs",
        "realpath src",
        "date",
        "date +%Y-%m-%d",
        "uname -a",
        "whoami",
        "id -u",
        "seq 1 10",
        "nproc",
        "df -h .",
        "file src/main.rs",
        "md5sum a.txt",
        "sha256sum a.txt b.txt",
        "tree -L 2 src",
        "jq '.dependencies' package.json",
        "cat package.json | jq -r .version",
        "sed -n '1,20p' src/main.rs",
        "sed -n 5p a.txt",
        "sed 's/a/b/g' a.txt",
        "node --version",
        "python3 --version",
        "command -v cargo",
        "type ls",
        "ls 2>/dev/null",
        "ls > /dev/null 2>&1",
        "cat a.txt 2>&1 | grep x",
        "# look around\nls\npwd",
        "ls # with a comment",
        "NODE_ENV=test ls",
        "for f in a b c; do echo $f; done",
        "if [ -f a ]; then cat a; else echo none; fi",
        "while true; do echo x; done",
        "(cd src; ls)",
        "{ ls; pwd; }",
        "echo \"$(git rev-parse HEAD)\"",
        "echo \"now: $(date)\"",
        "echo `pwd`",
        "cat <<'EOF'\nhello $x `rm -rf /`\nEOF",
        "cat <<EOF\nhello\nEOF",
        "timeout 5 ls",
        "time ls",
        "nice -n 10 grep x a.txt",
        "ls *.rs",
        "cat src/*.rs",
        "wc -l $(git ls-files)",
        "echo $HOME",
        "echo ${x:-default}",
        "case a in a|b) ls;; *) pwd;; esac",
        "! grep -q x a.txt",
        "diff <(ls src) <(ls tests)",
        "git diff | cat",
        "GIT_PAGER=cat git log -1",
        "ls -1 | wc -l",
        "grep -c '' a.txt",
        "grep -n \"it's\" a.txt",
        "git stash show -p",
        "echo 'a;b' && ls",
        "ls\\\n -la",
        "ls && \\\n pwd",
        "git grep -n foo",
        "comm -12 a.txt b.txt",
        "nl a.txt",
        "xxd a.bin | head",
        "git log --author='x y' --grep=fix",
        "git merge-base main HEAD",
        "echo $((1 + 2))",
        "echo a{b}c HEAD@{1}",
        "git show HEAD@{1}",
        "ps aux | grep node",
        "ls -la ~/app/src",
        "echo 'grüße 🎉' ünï > /dev/null",
        "grep -n '漢字' src/ä.rs",
        "echo 🎉; ls",
        "if ! grep -q x a.txt; then exit 1; fi",
        "set -euo pipefail; ls",
        "cat a.txt | while IFS= read -r line; do echo \"$line\"; done",
        "ls & wait",
        "cat /home/u/app/src/x.rs",
        "cat ./src/../src/x.rs",
        "echo '#not a comment'",
    ];
    // `wc -l $(…)` names files that are not known before the run.
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.starts_with("wc -l $(")).collect();
    for mode in [Mode::Default, Mode::AcceptEdits, Mode::Plan, Mode::Auto, Mode::DontAsk, Mode::BypassPermissions] {
        Desk::new().mode(mode).all(Allow, &lines);
    }
    for line in lines {
        assert!(Desk::new().bash(line).read_only, "{line}");
    }
}

#[test]
fn ordinary_rules_cover_ordinary_lines() {
    let desk = Desk::new()
        .allow("Bash(npm run *)")
        .allow("Bash(cargo *)")
        .allow("Bash(git add *)")
        .allow("Bash(git commit *)")
        .allow("Bash(make:*)")
        .allow("Bash(ruff check *)")
        .allow("Bash(mkdir *)")
        .allow("Bash(npx prettier *)")
        .allow("Bash(docker compose exec app *)")
        .allow("Bash(python3 scripts/gen.py)");
    desk.all(
        Allow,
        &[
            "npm run test",
            "npm run",
            "npm run build -- --watch",
            "cargo test --lib policy::",
            "cargo build 2>&1 | tail -5",
            "cargo fmt && cargo clippy --all-targets",
            "git add -A && git commit -m 'fix: a b'",
            "make",
            "make test",
            "git commit -m \"$(cat <<'EOF'\nfeat: x\n\nbody $y `z`\nEOF\n)\"",
            "ruff check --select 'E&W'",
            "cd src && cargo check",
            "RUST_BACKTRACE=1 cargo test",
            "timeout 60 cargo test",
            "time make",
            "mkdir -p src/new",
            "npx prettier --write src",
            "docker compose exec app rails test",
            "python3 scripts/gen.py",
            "cargo test > /dev/null",
            "nohup npm run dev",
            "cargo test && git status && echo done",
            "cargo run -- $ARGS",
            "for i in 1 2 3; do cargo test; done",
            "if cargo check; then cargo test; fi",
            "(cargo test)",
            "cargo test &",
            "cargo test || echo failed",
            "git add src/*.rs",
            "RUST_LOG=debug NO_COLOR=1 cargo run",
            "cargo test | grep -v ok",
            "cargo   test",
            "\"cargo\" test",
        ],
    );
    desk.all(
        Ask,
        &[
            "npm runx",
            "npm install",
            "ruff check . && ruff format .",
            "cargo test; rm x",
            "cargo test && curl x.y",
            "git push",
            "makefile",
            "python3 scripts/gen.py extra",
            "python3 other.py",
            "PATH=/tmp cargo test",
            "LD_PRELOAD=x cargo test",
            "cargo test > out.txt",
            "cargo test $(curl x.y)",
            "mkdir /etc/x",
            "cd src && git add x",
            "cargo test <(curl x)",
            "export PATH=/tmp",
            "x=1",
            "FOO=$(id) cargo test",
            "./cargo test",
            "/tmp/cargo test",
            "$X test",
            "cargo\u{a0}test",
        ],
    );
}

#[test]
fn the_suggestion_fits_the_program() {
    for (command, want) in [
        ("npm run test -- --watch", Some("Bash(npm run test *)")),
        ("git commit -m 'x'", Some("Bash(git commit *)")),
        ("cargo test --lib", Some("Bash(cargo test *)")),
        ("make build", Some("Bash(make build *)")),
        ("ruff check .", Some("Bash(ruff *)")),
        ("python3 -c 'print(1)'", Some("Bash(python3 -c 'print(1)')")),
        ("sudo apt update", Some("Bash(sudo apt update)")),
        ("bash script.sh", Some("Bash(bash script.sh)")),
        ("rm a.txt", Some("Bash(rm a.txt)")),
        ("env FOO=1 npm test", Some("Bash(env FOO=1 npm test)")),
        ("timeout 5 cargo test", Some("Bash(cargo test *)")),
        ("cargo fmt && cargo test", Some("Bash(cargo fmt *)\nBash(cargo test *)")),
        ("git -C x push", None),
        ("rm -rf /", None),
        ("echo x > out.txt", None),
        ("$X y", None),
        ("f() { ls; }", None),
        ("echo 'x", None),
    ] {
        let verdict = Desk::new().bash(command);
        assert_eq!(verdict.decision, Ask, "{command}");
        let got = verdict.suggestion.as_deref();
        if command == "git -C x push" {
            assert_eq!(got, Some("Bash(git -C x push)"));
        } else {
            assert_eq!(got, want, "{command}");
        }
    }
    let read = Desk::new().read("/etc/hosts.d/a.conf");
    assert_eq!(read.suggestion.as_deref(), Some("Read(//etc/hosts.d/**)"));
    let edit = Desk::new().edit("/home/u/app/src/a.rs");
    assert_eq!(edit.suggestion.as_deref(), Some("Edit(/src/**)"));
}
