//! The host taking files out of a hostile work directory: odd names, links, fifos, mounts, huge and
//! many files, and names that change while it looks. Where the session cannot even make such a
//! thing, a sandbox without the wall in the way shows that the host's side holds alone.

use crate::{
    common::RUNTIME,
    sandboxes::{self, STRICT},
    stage::STAGE,
    table::{request, run, staged, usable},
};
use polymath_sandbox::{GivenFile, RunOutput, RunRequest, Sandbox};
use std::fs;

/// Runs code in a session of its own; names and bytes of what was taken out.
fn taken(sandbox: &Sandbox, session: &str, code: &str) -> (Vec<String>, RunOutput) {
    let output = run(sandbox, session, code, None);
    assert_eq!(output.error, None, "void: {session}");
    usable(sandbox, session);
    (output.files.iter().map(|file| file.name.clone()).collect(), output)
}

fn has_canary(output: &RunOutput) -> bool {
    output.files.iter().any(|file| file.bytes == b"canary")
}

staged! {
    fn changes_a_file_it_was_given() {
        let path = STAGE.folder.join("given.txt");
        fs::write(&path, "canary").unwrap();
        let code = "
            import os
            def attempt(act, *args):
                try: act(*args)
                except OSError as error: return error.strerror
            [attempt(open, 'given.txt', 'w'), attempt(os.chmod, 'given.txt', 0),
                attempt(os.remove, 'given.txt'), attempt(os.rename, 'given.txt', 'mine'), open('given.txt').read()]";
        let files = vec![GivenFile { name: "given.txt".to_owned(), path: path.clone() }];
        let given = RunRequest { files, ..request(code, None) };
        let output = RUNTIME.block_on(STRICT.run("given", given, &Default::default())).unwrap();
        let (closed, busy) = ("'Read-only file system'", "'Device or resource busy'");
        let want = format!("[{closed}, {closed}, {busy}, {busy}, 'canary']");
        assert_eq!((output.value, output.error), (Some(want), None));
        assert_eq!(fs::read(path).unwrap(), b"canary");
        usable(&STRICT, "given");
    }

    fn names_files_oddly() {
        let code = "
            names = ['line\\nbreak', '\\x1b[2Jclear', 'x' * 255, '..hidden', ' ', '-rf', 'a\\\\..\\\\b']
            names.append('\\u202egnp.exe')
            for name in names: open(name, 'w').write(name)
            open(b'\\xff\\xfe', 'w').write('no text')";
        let (names, output) = taken(&STRICT, "odd names", code);
        // Names that are no text, or hidden, stay inside; the others are data, never a path of the host's.
        assert_eq!(names.len(), 7, "{names:?}");
        assert!(output.files.iter().all(|file| file.name.as_bytes() == file.bytes && !file.name.starts_with('/')));
    }

    fn goes_up_in_a_name() {
        let code = "
            os.makedirs('a/b')
            os.chdir('a/b')
            for name in ('../../up', '/work/a/../down'):
                open(name, 'w').write('x')";
        assert_eq!(taken(&STRICT, "up", code).0, ["down", "up"]);
    }

    fn nests_folders_deeply() {
        let code = "
            for _ in range(200):
                os.mkdir('d' * 250); os.chdir('d' * 250)
                open('f', 'w').write('x')
            os.chdir('/work')";
        assert!(taken(&STRICT, "deep", code).0.len() <= 6);
    }

    fn makes_a_hundred_thousand_files() {
        let code = "
            for n in range(100_000):
                try: open(f'f{n}', 'w').write('x')
                except OSError: break
            n > 500";
        let (names, output) = taken(&STRICT, "many", code);
        assert!(names.len() == 64 && output.value.as_deref() == Some("True"), "{} {:?}", names.len(), output.value);
        assert!(output.notes.iter().any(|note| note.contains("left in the sandbox")));
        assert!(output.notes.len() < 50, "{} notes", output.notes.len());
    }

    fn makes_sparse_files_that_are_larger_than_memory() {
        let code = "for n in range(200): open(f'f{n}', 'wb').truncate(8 << 20)";
        let (_, output) = taken(&STRICT, "sparse", code);
        let bytes: usize = output.files.iter().map(|file| file.bytes.len()).sum();
        assert!(bytes <= 128 << 20, "{bytes}");
    }

    fn forbids_the_host_to_read() {
        let code = "
            open('closed', 'w').write('x'); os.chmod('closed', 0)
            os.mkdir('shut'); os.chmod('shut', 0)
            open('open', 'w').write('x')";
        let (names, _) = taken(&STRICT, "closed", code);
        assert!(names.contains(&"open".to_owned()), "{names:?}");
    }

    fn renames_while_the_host_looks() {
        // A leftover thread makes the name a file and a folder in turn; it is ended before the host looks.
        let code = "
            open('file', 'w').write('x'); os.mkdir('folder')
            def swap():
                while True:
                    os.rename('file', 'third'); os.rename('folder', 'file'); os.rename('third', 'folder')
            threading.Thread(target=swap, daemon=True).start()";
        let (names, _) = taken(&STRICT, "swap", code);
        assert!(names.len() <= 1, "{names:?}");
    }

    fn removes_and_shrinks_files_while_the_host_reads() {
        let code = "
            def work():
                while True:
                    open('f', 'wb').write(bytes(1 << 20)); os.truncate('f', 10); os.remove('f')
            threading.Thread(target=work, daemon=True).start()
            time.sleep(0.05)";
        let (names, _) = taken(&STRICT, "shrink", code);
        assert!(names.len() <= 1, "{names:?}");
    }

    fn puts_a_link_where_the_host_looks() + control {
        let code = format!("
            os.symlink({:?}, 'leak.txt'); os.symlink({:?}, 'folder'); os.symlink('/', 'root')
            open('plain', 'w').write('canary')", STAGE.folder.join("canary.txt"), STAGE.folder);
        let error = run(&STRICT, "link", &code, None).error.unwrap();
        assert_eq!(error.kind, polymath_sandbox::Kind::Denied);
        usable(&STRICT, "link");
        // Even where links can be made, the host follows none; a plain file does come out.
        let (names, output) = taken(sandboxes::without("seccomp"), "link", &code);
        assert!(names == ["plain"] && has_canary(&output), "{names:?}");
    }

    fn swaps_a_link_in_while_the_host_looks() + control {
        // Races the host's look with a process that the host does not stop: none can be made here,
        // and where one can, the host opens without following links.
        let code = format!("
            child = os.fork()
            if child == 0:
                os.symlink({:?}, 'link')
                until = time.monotonic() + 1.5
                while time.monotonic() < until:
                    open('third', 'w').write('own'); os.rename('third', 'file')
                    os.symlink({:?}, 'third'); os.rename('third', 'file')
                os._exit(0)
            time.sleep(0.2)",
            STAGE.folder.join("canary.txt"), STAGE.folder.join("canary.txt"));
        assert_eq!(run(&STRICT, "swapped link", &code, None).error.unwrap().kind, polymath_sandbox::Kind::Denied);
        usable(&STRICT, "swapped link");
        let lowered = sandboxes::without("seccomp");
        assert!(!has_canary(&run(lowered, "swapped link", &code, None)));
        let mut seen = 0;
        for _ in 0..60 {
            let output = run(lowered, "swapped link", "1", None);
            assert!(!has_canary(&output), "a link was followed");
            seen += output.files.len();
        }
        assert!(seen > 0, "void: the host saw no file while names changed");
        usable(lowered, "swapped link");
    }

    fn puts_a_fifo_where_the_host_looks() + control {
        let code = "
            os.mkfifo('fifo'); socket_end, _ = socket.socketpair()
            open('plain', 'w').write('canary')";
        assert_eq!(run(&STRICT, "fifo", code, None).error.unwrap().kind, polymath_sandbox::Kind::Denied);
        usable(&STRICT, "fifo");
        let (names, output) = taken(sandboxes::without("seccomp-privileges-landlock"), "fifo", code);
        assert!(names == ["plain"] && has_canary(&output), "{names:?}");
    }

    fn puts_a_mount_where_the_host_looks() + control {
        // Another file system below the work directory: the host does not go there.
        let code = "
            os.mkdir('mounted'); os.mkdir('/scratch/other'); open('/scratch/other/inside', 'w').write('canary')
            done = call(SYS_mount, b'/scratch/other', b'/work/mounted', b'none', 4096, 0)
            open('plain', 'w').write(str(done)); done";
        let (names, output) = taken(&STRICT, "mount", code);
        assert_eq!((names, output.value.as_deref()), (vec!["plain".to_owned()], Some("'EPERM'")));
        let (names, output) = taken(sandboxes::without("seccomp-privileges-landlock"), "mount", code);
        assert_eq!((names, output.value.as_deref()), (vec!["plain".to_owned()], Some("0")));
    }
}
