//! Sites of documentation that may be read without a question, as documented for WebFetch. Nothing that a person can
//! put pages on is among them: an address can carry words to whoever reads the site's log.

use crate::domain::{Access, Action};

const SITES: [&str; 44] = [
    "angular.dev",
    "ansible.readthedocs.io",
    "clickhouse.com",
    "cmake.org",
    "dev.mysql.com",
    "devdocs.io",
    "developer.apple.com",
    "developer.hashicorp.com",
    "developer.mozilla.org",
    "doc.rust-lang.org",
    "docs.anthropic.com",
    "docs.aws.amazon.com",
    "docs.deno.com",
    "docs.djangoproject.com",
    "docs.docker.com",
    "docs.oracle.com",
    "docs.pydantic.dev",
    "docs.pytest.org",
    "docs.python.org",
    "docs.rs",
    "docs.spring.io",
    "docs.swift.org",
    "elixir-lang.org",
    "expressjs.com",
    "fastapi.tiangolo.com",
    "getbootstrap.com",
    "go.dev",
    "graphql.org",
    "jestjs.io",
    "kotlinlang.org",
    "kubernetes.io",
    "learn.microsoft.com",
    "modelcontextprotocol.io",
    "nextjs.org",
    "nodejs.org",
    "numpy.org",
    "pandas.pydata.org",
    "pkg.go.dev",
    "postgresql.org",
    "react.dev",
    "redis.io",
    "svelte.dev",
    "vuejs.org",
    "www.postgresql.org",
];

/// The call touches nothing, or reads from one of these sites.
pub(super) fn needs_nothing(access: &Access) -> bool {
    match access.action {
        Action::Internal => true,
        Action::Fetch => access.host.as_deref().is_some_and(is_documentation),
        _ => false,
    }
}

/// The host is one of them.
fn is_documentation(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    SITES.binary_search(&host.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_hosts_are_meant() {
        assert!(SITES.is_sorted());
        assert!(is_documentation("docs.rs") && is_documentation("Docs.RS."));
        assert!(!is_documentation("evil.docs.rs") && !is_documentation("docs.rs.evil.com"));
    }
}
