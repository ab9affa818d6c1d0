//! The files that tools leave for people: their names, that none is written over, and that none has a
//! name which a program obeys.
//!
//! What a program in the sandbox wrote is a stranger's: where it lands, other programs look for their
//! settings and start-up hooks (`--out .` is a project's folder). It goes into a folder of its own, under
//! a name that nothing acts on.

use polymath_chat::Artifact;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Longest name that is made, in characters.
const NAME: usize = 60;
/// Longest name made of a description's first words.
const WORDS: usize = 40;

/// The folder below `out` for files that programs wrote.
const WRITTEN: &str = "files";
/// Whole names that programs obey, in lower case.
const OBEYED: &[&str] = &[
    "conftest.py",
    "sitecustomize.py",
    "usercustomize.py",
    "setup.py",
    "noxfile.py",
    "fabfile.py",
    "dodo.py",
    "tasks.py",
    "manage.py",
    "__init__.py",
    "__main__.py",
    "requirements.txt",
    "constraints.txt",
    "makefile",
    "gnumakefile",
    "cmakelists.txt",
    "dockerfile",
    "containerfile",
    "justfile",
    "rakefile",
    "gemfile",
    "vagrantfile",
    "jenkinsfile",
    "procfile",
    "brewfile",
    "build.rs",
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "composer.json",
    "deno.json",
    "settings.json",
    "launch.json",
    "tasks.json",
    "mcp.json",
    "agents.md",
    "claude.md",
    "gemini.md",
    "bashrc",
    "bash_profile",
    "profile",
    "zshrc",
    "zshenv",
    "zprofile",
    "vimrc",
    "gvimrc",
    "exrc",
    "netrc",
    "npmrc",
    "gitconfig",
    "gitmodules",
    "gitattributes",
    "env",
    "envrc",
    "authorized_keys",
    "matplotlibrc",
    "latexmkrc",
    "ipython_config.py",
    "jupyter_config.py",
    "jupyter_notebook_config.py",
    "jupyter_server_config.py",
    "conf.py",
    "sconstruct",
    "sconscript",
    "wscript",
    "meson.build",
    "build",
    "build.xml",
    "build.zig",
    "pom.xml",
    "configure",
    "gradlew",
    "mvnw",
    "gulpfile.js",
    "gruntfile.js",
    "package.swift",
    "mix.exs",
    "go.mod",
    "flake.nix",
    "default.nix",
    "shell.nix",
    "startup.jl",
    "known_hosts",
    "config",
];
/// Endings of configuration, and of what is run when it is opened, loaded or found.
const OBEYED_ENDINGS: &[&str] = &[
    "toml",
    "ini",
    "cfg",
    "conf",
    "config",
    "yml",
    "yaml",
    "env",
    "envrc",
    "rc",
    "pth",
    "pyc",
    "pyd",
    "so",
    "dll",
    "dylib",
    "desktop",
    "service",
    "socket",
    "timer",
    "plist",
    "lnk",
    "url",
    "reg",
    "inf",
    "bat",
    "cmd",
    "com",
    "exe",
    "msi",
    "scr",
    "ps1",
    "psm1",
    "vbs",
    "wsf",
    "hta",
    "jar",
    "app",
    "command",
    "mk",
    "cmake",
    "gradle",
    "config.js",
    "config.ts",
    "config.cjs",
    "config.mjs",
    "workspace",
    "code-workspace",
];
/// What is put behind such a name.
const INERT: &str = "txt";

/// A new file; an older one of that name is left alone and this one numbered.
pub fn write_new(folder: &Path, stem: &str, extension: &str, bytes: &[u8]) -> io::Result<Artifact> {
    for number in 1.. {
        let mut name = if number == 1 { stem.to_owned() } else { format!("{stem}-{number}") };
        if !extension.is_empty() {
            name = format!("{name}.{extension}");
        }
        let path: PathBuf = folder.join(&name);
        match create_private(&path) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                let mime = mime_guess::from_path(&path).first_or_octet_stream().to_string();
                return Ok(Artifact { name, mime, path, bytes: bytes.len() as u64 });
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Readable by nobody else.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file that a program in the sandbox made, into the folder for such files below `out`.
///
/// # Errors
/// The folder is something else, a link for example, or cannot be written.
pub fn write_foreign(out: &Path, name: &str, bytes: &[u8]) -> io::Result<Artifact> {
    let folder = out.join(WRITTEN);
    match std::fs::create_dir(&folder) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && std::fs::symlink_metadata(&folder)?.is_dir() => {}
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            return Err(io::Error::new(e.kind(), format!("{} is no folder of its own", folder.display())));
        }
        made => made?,
    }
    let name = inert(&clean(name));
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, extension),
        _ => (name.as_str(), ""),
    };
    write_new(&folder, if stem.is_empty() { "file" } else { stem }, extension, bytes)
}

/// A clean name that no program obeys: the name itself, or one with `.txt` behind it.
fn inert(name: &str) -> String {
    if is_obeyed(name) { format!("{name}.{INERT}") } else { name.to_owned() }
}

/// Whether programs act on a file because of its clean name.
pub fn is_obeyed(name: &str) -> bool {
    let lower = name.to_lowercase();
    let ends = |ending: &&str| lower.strip_suffix(*ending).is_some_and(|stem| stem.ends_with('.'));
    OBEYED.contains(&lower.as_str()) || OBEYED_ENDINGS.iter().any(ends)
}

/// A file name out of a title or a path: letters of any script, digits, and single separators.
pub fn clean(text: &str) -> String {
    let mut name = String::new();
    for c in text.chars() {
        let keep = c.is_alphanumeric() || matches!(c, '_' | '.');
        match if keep { c } else { '-' } {
            '-' if name.is_empty() || name.ends_with('-') => {}
            '.' if name.is_empty() || name.ends_with('.') => {}
            c => name.push(c),
        }
    }
    let count = name.chars().count();
    // The end of a long name is kept, where a file's extension is.
    let name: String = if text.contains('/') || count <= NAME {
        name.chars().skip(count.saturating_sub(NAME)).collect()
    } else {
        name.chars().take(NAME).collect()
    };
    name.trim_matches(['-', '.']).to_owned()
}

/// A file name that tells a picture: the description's first words, `picture` where it has none.
pub fn first_words(text: &str) -> String {
    let mut name = String::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        if name.chars().count() + word.chars().count() > WORDS {
            break;
        }
        if !name.is_empty() {
            name.push('-');
        }
        name.push_str(&word.to_lowercase());
    }
    if name.is_empty() { "picture".into() } else { name }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[track_caller]
    fn check(text: &str, want: &str) {
        assert_eq!(clean(text), want);
    }

    #[test]
    fn no_name_is_one_that_a_program_obeys() {
        for (name, want) in [
            ("polymath.toml", "polymath.toml.txt"),
            ("conftest.py", "conftest.py.txt"),
            ("sub/conftest.py", "sub-conftest.py"),
            ("ConfTest.PY", "ConfTest.PY.txt"),
            (".bashrc", "bashrc.txt"),
            (".env", "env.txt"),
            ("vite.config.js", "vite.config.js.txt"),
            ("Makefile", "Makefile.txt"),
            ("evil.pth", "evil.pth.txt"),
            ("run.desktop", "run.desktop.txt"),
            ("matplotlibrc", "matplotlibrc.txt"),
            ("IPython_config.py", "IPython_config.py.txt"),
            ("Meson.build ", "Meson.build.txt"),
            ("conftest.py\u{200b}", "conftest.py.txt"),
            ("data.csv", "data.csv"),
            ("solve.py", "solve.py"),
            ("notes.md", "notes.md"),
        ] {
            assert_eq!(inert(&clean(name)), want, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_programs_wrote_has_a_folder_of_its_own_and_no_link_leads_elsewhere() {
        use std::os::unix::fs::PermissionsExt;
        let (out, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let first = write_foreign(out.path(), "a.csv", b"1").unwrap();
        assert_eq!(first.path, out.path().join("files/a.csv"));
        assert_eq!(first.path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(write_foreign(out.path(), "a.csv", b"2").unwrap().name, "a-2.csv");
        std::os::unix::fs::symlink(out.path(), other.path().join("files")).unwrap();
        assert!(write_foreign(other.path(), "b.csv", b"3").unwrap_err().to_string().contains("no folder of its own"));
    }

    #[test]
    fn names_are_safe_and_readable() {
        check("Scale AI: post-money valuation ($)", "Scale-AI-post-money-valuation");
        check("../../etc/passwd", "etc-passwd");
        check("收入 2024", "收入-2024");
        check("a/b/data.csv", "a-b-data.csv");
        check(".hidden", "hidden");
        check("…", "");
    }
}
