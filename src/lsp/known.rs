//! The common language servers, used where they are installed and nothing else serves their files.

use std::collections::BTreeSet;
use std::path::Path;

use super::config::LanguageConfig;
use crate::base::programs;

/// Endings and their language ids.
type Files = &'static [(&'static str, &'static str)];

const C: Files = &[
    ("c", "c"),
    ("h", "c"),
    ("cc", "cpp"),
    ("cpp", "cpp"),
    ("cxx", "cpp"),
    ("hh", "cpp"),
    ("hpp", "cpp"),
    ("hxx", "cpp"),
    ("m", "objective-c"),
    ("mm", "objective-cpp"),
];
const JAVASCRIPT: Files = &[
    ("ts", "typescript"),
    ("mts", "typescript"),
    ("cts", "typescript"),
    ("tsx", "typescriptreact"),
    ("js", "javascript"),
    ("mjs", "javascript"),
    ("cjs", "javascript"),
    ("jsx", "javascriptreact"),
];
const PYTHON: Files = &[("py", "python"), ("pyi", "python")];
const ELIXIR: Files = &[("ex", "elixir"), ("exs", "elixir")];
const OCAML: Files = &[("ml", "ocaml"), ("mli", "ocaml.interface")];
const KOTLIN: Files = &[("kt", "kotlin"), ("kts", "kotlin")];
const SCALA: Files = &[("scala", "scala"), ("sc", "scala")];
const SHELL: Files = &[("sh", "shellscript"), ("bash", "shellscript")];

/// Program, its arguments, its files. Of several for the same files the first that is installed serves them.
#[rustfmt::skip]
const KNOWN: &[(&str, &[&str], Files)] = &[
    ("rust-analyzer", &[], &[("rs", "rust")]),
    ("pyright-langserver", &["--stdio"], PYTHON),
    ("basedpyright-langserver", &["--stdio"], PYTHON),
    ("pylsp", &[], PYTHON),
    ("jedi-language-server", &[], PYTHON),
    ("typescript-language-server", &["--stdio"], JAVASCRIPT),
    ("vtsls", &["--stdio"], JAVASCRIPT),
    ("gopls", &[], &[("go", "go")]),
    ("clangd", &[], C),
    ("zls", &[], &[("zig", "zig")]),
    ("ruby-lsp", &[], &[("rb", "ruby")]),
    ("solargraph", &["stdio"], &[("rb", "ruby")]),
    ("lua-language-server", &[], &[("lua", "lua")]),
    ("jdtls", &[], &[("java", "java")]),
    ("kotlin-language-server", &[], KOTLIN),
    ("metals", &[], SCALA),
    ("csharp-ls", &[], &[("cs", "csharp")]),
    ("intelephense", &["--stdio"], &[("php", "php")]),
    ("phpactor", &["language-server"], &[("php", "php")]),
    ("elixir-ls", &[], ELIXIR),
    ("haskell-language-server-wrapper", &["--lsp"], &[("hs", "haskell")]),
    ("ocamllsp", &[], OCAML),
    ("dart", &["language-server", "--protocol=lsp"], &[("dart", "dart")]),
    ("sourcekit-lsp", &[], &[("swift", "swift")]),
    ("bash-language-server", &["start"], SHELL),
];

/// The known servers that are in `path` (a list like `PATH`), without files that others serve already. Each is named
/// by its whole path, so that what is started is what was found.
pub fn installed(path: Option<&str>, taken: &[LanguageConfig]) -> Vec<LanguageConfig> {
    let mut served: BTreeSet<String> = taken.iter().flat_map(|config| config.extensions.keys().cloned()).collect();
    let mut found = Vec::new();
    for (program, args, files) in KNOWN {
        if taken.iter().any(|config| config.name == *program) {
            continue;
        }
        let mut config = LanguageConfig::plain(program, program, args, files);
        config.extensions.retain(|ending, _| !served.contains(ending));
        let whole = programs::find(program, Path::new("/"), path).filter(|_| !config.extensions.is_empty());
        if let Some(whole) = whole {
            config.command = whole.display().to_string();
            served.extend(config.extensions.keys().cloned());
            found.push(config);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_first_that_is_installed_serves_what_nobody_else_does() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["pylsp", "jedi-language-server", "clangd", "gopls"] {
            fs::write(dir.path().join(name), "").unwrap();
            fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let own = LanguageConfig::plain("mine", "x", &[], &[("go", "go"), ("h", "c")]);
        let found = installed(dir.path().to_str(), std::slice::from_ref(&own));
        let names: Vec<&str> = found.iter().map(|config| config.name.as_str()).collect();
        assert_eq!(names, ["pylsp", "clangd"]);
        assert!(!found[1].extensions.contains_key(".h") && found[1].extensions.contains_key(".c"));
        assert!(found.iter().all(|config| config.unasked && config.command.starts_with('/')));
        assert_eq!(installed(None, &[]), []);
    }
}
