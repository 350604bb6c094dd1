//! What a second reading of the gate found, in both directions, with its neighbours.

use serde_json::json;

use super::*;

#[test]
fn a_text_that_a_shell_gets_is_judged_like_a_line() {
    let desk = Desk::new().allow("Bash(*)").deny("Bash(rm *)");
    desk.all(
        Deny,
        &[
            "bash <<< 'rm -rf x'",
            "bash <<EOF\nrm -rf x\nEOF",
            "bash -s <<'EOF'\nls\nrm -rf x\nEOF",
            "sudo bash <<EOF\nrm x\nEOF",
            "cat <<EOF | sh\nrm -rf x\nEOF",
            "echo 'rm -rf x' | sh",
            "echo rm -rf x | bash",
            "printf 'ls\\nrm x\\n' | sh",
            "echo 'rm x' | sudo bash -s",
            "ls; echo 'rm x' | sh",
            "(echo 'rm x' | sh)",
        ],
    );
    desk.all(Allow, &["cat <<EOF\nrm -rf x\nEOF", "echo 'rm -rf x'", "echo 'rm x' | cat", "bash <<< 'make x'"]);
    Desk::new().allow("Bash(*)").all(Ask, &["bash <<< 'rm -rf /'", "echo 'rm -rf ~' | sh", "sh <<EOF\nrm -rf /\nEOF"]);
}

#[test]
fn prohibitions_look_beyond_programs_that_run_their_arguments_elsewhere() {
    let desk = Desk::new().allow("Bash(*)").deny("Bash(rm *)");
    desk.all(
        Deny,
        &[
            "ssh host rm -rf x",
            "ssh -p 22 me@host 'rm -rf x'",
            "ssh host 'cd a && rm x'",
            "npx rm -rf x",
            "docker run image rm -rf x",
            "docker exec -it box rm -rf x",
            "podman exec box rm x",
            "kubectl exec pod -- rm x",
            "uv run rm x",
            "bundle exec rm x",
            "poetry run rm x",
            "pnpm dlx rm x",
            "direnv exec . rm x",
            "mise exec -- rm x",
        ],
    );
    desk.all(Allow, &["npx prettier .", "docker run image ls", "ssh host ls", "uv run pytest rm.py"]);
    // A rule for such a program covers what follows, as documented.
    Desk::new().allow("Bash(npx *)").allow("Bash(docker exec *)").all(Allow, &["npx rm x", "docker exec box ls"]);
}

#[test]
fn more_of_what_cannot_be_taken_back_is_always_asked() {
    let desk = Desk::new().allow("Bash(*)");
    desk.all(
        Ask,
        &[
            "git clean -fd",
            "git clean -xdf",
            "git clean --force",
            "git -C sub clean -f",
            "git checkout -- .",
            "git checkout .",
            "git checkout -f main",
            "git restore .",
            "git restore --staged --worktree .",
            "shred /dev/sda",
            "sudo shred -n 3 /dev/nvme0n1",
        ],
    );
    desk.all(
        Allow,
        &[
            "git clean -nfd",
            "git clean -n",
            "git checkout main",
            "git checkout -- src/a.rs",
            "git restore src/a.rs",
            "git restore --staged .",
            "shred x",
        ],
    );
}

#[test]
fn a_search_that_acts_is_covered_by_no_rule_for_searches() {
    let desk = Desk::new().allow("Bash(find *)");
    desk.all(
        Ask,
        &["find src -delete", "find src -name x -delete", "find . -fprint x", "find . -fprintf x %p", "find . -fls x"],
    );
    desk.all(Allow, &["find . -name x", "find src -newermt yesterday"]);
}

#[test]
fn names_from_a_search_of_the_project_may_be_read_behind_xargs() {
    let desk = Desk::new();
    desk.all(
        Allow,
        &[
            "find . -name '*.rs' | xargs grep foo",
            "find src -type f | xargs wc -l",
            "find . -type f | head -20 | xargs cat",
            "git ls-files | xargs wc -l",
            "git ls-files '*.rs' | xargs grep -n foo",
            "git diff --name-only | xargs cat",
            "rg -l foo | xargs head -5",
            "grep -rl foo src | xargs wc -l",
            "git ls-files | grep -v lock | xargs cat",
        ],
    );
    desk.all(
        Ask,
        &[
            "echo /etc/passwd | xargs cat",
            "cat list | xargs cat",
            "find / -name x | xargs cat",
            "find .. -name x | xargs cat",
            "find . -printf '/etc/passwd\\n' | xargs cat",
            "ls | xargs rm",
            "find . | xargs rm",
            "find . -type f | sed s,^,/etc/, | xargs cat",
            "git ls-files | grep -o x a | xargs cat",
            "git ls-files -z | xargs cat",
            "git ls-files | xargs sort -o x",
            "find . | xargs -I{} sh -c {}",
            "cd /etc && find . | xargs cat",
            "(cd ~ && git ls-files) | xargs cat",
            "(echo /etc/passwd; find .) | xargs cat",
        ],
    );
    for rule in ["Read(.env)", "Read(secrets/**)"] {
        Desk::new().deny(rule).check("find . -type f | xargs cat", Ask);
        Desk::new().ask(rule).check("find . -type f | xargs cat", Ask);
    }
}

#[test]
fn going_away_and_coming_back_is_free_and_what_follows_is_judged_where_it_may_be() {
    let desk = Desk::new().allow("Bash(cargo test *)").allow("Bash(git status)").allow("Bash(cd *)");
    desk.all(Allow, &["cd src; cargo test; cd ..", "cd src && ls && cd .."]);
    desk.all(Ask, &["cd src; cd ..; cat x", "cd $X && git status", "cd sub && git status", "cd /tmp && git status"]);
    Desk::new().check("cd ..", Ask);
}

#[test]
fn what_docker_lists_is_free_but_not_of_another_daemon() {
    let desk = Desk::new();
    desk.all(
        Allow,
        &["docker ps -a", "docker images", "docker logs --tail 20 web", "docker inspect x", "docker --version"],
    );
    desk.all(
        Ask,
        &[
            "docker -H tcp://x ps",
            "docker --context x ps",
            "docker run x",
            "docker exec x ls",
            "docker ps $X",
            "docker rm x",
        ],
    );
}

#[test]
fn hosts_of_this_machine_and_its_network_are_allowed_only_by_name() {
    let fetch = |rules: &[&str], host: &str| {
        let desk = rules.iter().fold(Desk::new(), |desk, rule| desk.allow(rule));
        let access = Access { host: Some(host.to_owned()), ..Access::of(Action::Fetch) };
        desk.case("WebFetch", json!({ "url": format!("http://{host}/") }), &access).decision
    };
    for host in ["127.0.0.1", "localhost", "10.0.0.8", "169.254.169.254", "[::1]", "db.internal"] {
        assert_eq!(fetch(&["WebFetch", "WebFetch(domain:*)", "WebFetch(domain:*.internal)"], host), Ask, "{host}");
        let named = format!("WebFetch(domain:{})", host.trim_matches(['[', ']']));
        assert_eq!(fetch(&[&named], host), Allow, "{host}");
    }
    assert_eq!(fetch(&["WebFetch(domain:*)"], "example.com"), Allow);
}

#[test]
fn skills_are_named_alone_or_with_arguments() {
    let skill = |desk: Desk, input: Value| desk.case("Skill", input, &Access::of(Action::External)).decision;
    let (alone, with) = (json!({"skill": "x"}), json!({"skill": "x", "args": "a b"}));
    assert_eq!(skill(Desk::new().allow("Skill(x)"), alone.clone()), Allow);
    assert_eq!(skill(Desk::new().allow("Skill(x)"), with.clone()), Ask);
    assert_eq!(skill(Desk::new().allow("Skill(x *)"), with.clone()), Allow);
    assert_eq!(skill(Desk::new().allow("Skill(x *)"), alone.clone()), Allow);
    assert_eq!(skill(Desk::new().allow("Skill(x *)"), json!({"skill": "xy"})), Ask);
    for rule in ["Skill(x)", "Skill(x *)", "Skill(x:*)", "Skill(*)", "Skill"] {
        assert_eq!(skill(Desk::new().deny(rule), with.clone()), Deny, "{rule}");
        assert_eq!(skill(Desk::new().deny(rule), alone.clone()), Deny, "{rule}");
    }
}

#[test]
fn a_link_and_where_it_leads_may_be_allowed_by_two_rules() {
    let desk = || Desk::new().link("/home/u/app/pkg/gen", "/srv/schema");
    assert_eq!(desk().edit("/home/u/app/pkg/gen/x").decision, Ask);
    assert_eq!(desk().allow("Edit(/pkg/**)").edit("/home/u/app/pkg/gen/x").decision, Ask);
    assert_eq!(desk().allow("Edit(//srv/schema/**)").edit("/home/u/app/pkg/gen/x").decision, Ask);
    let both = desk().allow("Edit(/pkg/**)").allow("Edit(//srv/schema/**)");
    assert_eq!(both.edit("/home/u/app/pkg/gen/x").decision, Allow);
    assert_eq!(desk().allow("Read(//srv/schema/**)").read("/home/u/app/pkg/gen/x").decision, Allow);
    assert_eq!(desk().read("/home/u/app/pkg/gen/x").decision, Ask);
}

#[test]
fn a_path_that_is_half_known_may_be_what_a_rule_reserves() {
    let desk = Desk::new().allow("Bash(*)").deny("Read(.env)").deny("Read(secrets/**)");
    desk.all(
        Ask,
        &[
            "cat $PWD/.env",
            "cat \"$(pwd)/.env\"",
            "cat {.env,x}",
            "head -1 $X/secrets/key",
            "grep x $DIR/.env",
            "sudo cat $PWD/.env",
            "cat secrets/$X",
        ],
    );
    desk.all(Allow, &["cat $X", "cat \"$X\"", "cat src/$X.rs", "echo $PWD/.env", "cat $PWD/other"]);
}

#[test]
fn versions_are_told_unasked() {
    Desk::new().all(Allow, &["cargo --version", "rustc -V", "go version", "python3 -V", "node -v"]);
    Desk::new().all(Ask, &["cargo --version build", "go run version", "python3 -Vc x"]);
}
