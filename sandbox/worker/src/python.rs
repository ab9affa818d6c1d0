//! The embedded interpreter: started and warmed once in the zygote, then forked.

use crate::walls::limits::Footprint;
use polymath_sandbox::wire::ZygotePlan;
use pyo3::{ffi, prelude::*, types::PyBytes, types::PyModule};
use std::{
    collections::BTreeSet,
    ffi::{CStr, CString},
    fs,
    path::{Path, PathBuf},
};

/// The Python side of the worker, in the order of their imports.
const MODULES: [(&CStr, &str); 12] = [
    (c"polymath_notes", include_str!("python/polymath_notes.py")),
    (c"polymath_missing", include_str!("python/polymath_missing.py")),
    (c"polymath_hints", include_str!("python/polymath_hints.py")),
    (c"polymath_errors", include_str!("python/polymath_errors.py")),
    (c"polymath_spellings", include_str!("python/polymath_spellings.py")),
    (c"polymath_tables", include_str!("python/polymath_tables.py")),
    (c"polymath_plots", include_str!("python/polymath_plots.py")),
    (c"polymath_text", include_str!("python/polymath_text.py")),
    (c"polymath_figures", include_str!("python/polymath_figures.py")),
    (c"polymath_notebook", include_str!("python/polymath_notebook.py")),
    (c"polymath_imports", include_str!("python/polymath_imports.py")),
    (c"polymath_cell", include_str!("python/polymath_cell.py")),
];

/// A warm interpreter and what it needs to see of the host's file system.
pub struct Interpreter {
    pub version: String,
    /// Folders that sessions bind read-only.
    pub runtime: Vec<PathBuf>,
    pub footprint: Footprint,
    run: Py<PyAny>,
    begin: Py<PyAny>,
    check: Py<PyAny>,
}

/// Python's version, its folders, and the runner's `run`, `begin` and `check`.
type Loaded = (String, Vec<PathBuf>, [Py<PyAny>; 3]);

impl Interpreter {
    /// Starts Python on the environment's packages alone and imports them.
    pub fn start(plan: &ZygotePlan) -> Result<Self, String> {
        Python::initialize();
        Python::attach(|py| Self::load(py, plan)).and_then(|(version, paths, [run, begin, check])| {
            let runtime = runtime_folders(&paths)?;
            Ok(Interpreter { version, runtime, footprint: Footprint::measure()?, run, begin, check })
        })
    }

    fn load(py: Python, plan: &ZygotePlan) -> Result<Loaded, String> {
        let packages = packages_folder(py, &plan.environment)?;
        let steps = || -> PyResult<_> {
            let paths = search_path(py, &packages)?;
            let mut last = None;
            for (name, source) in MODULES {
                let file = CString::new(format!("{}.py", name.to_string_lossy()))?;
                last = Some(PyModule::from_code(py, &CString::new(source)?, &file, name)?);
            }
            let cell = last.ok_or_else(|| pyo3::exceptions::PyImportError::new_err("no modules"))?;
            cell.call_method0("warm")?;
            // They know each other by now, and the code has no business with them.
            let modules = py.import("sys")?.getattr("modules")?;
            MODULES.iter().try_for_each(|(name, _)| modules.del_item(name.to_string_lossy()))?;
            let function = |name| Ok::<_, PyErr>(cell.getattr(name)?.unbind());
            Ok((paths, [function("run")?, function("begin")?, function("check")?]))
        };
        let version = py.version_info();
        let version = format!("{}.{}.{}", version.major, version.minor, version.patch);
        let (paths, functions) = steps().map_err(|e| {
            let environment = plan.environment.display();
            format!("importing numpy, pandas and matplotlib from {environment} (Python {version}): {}", render(py, &e))
        })?;
        Ok((version, paths, functions))
    }

    /// Must surround a fork.
    pub fn before_fork(&self) {
        // SAFETY: called by the only thread, which holds the interpreter in `attach`.
        Python::attach(|_| unsafe { ffi::PyOS_BeforeFork() });
    }

    pub fn after_fork_in_parent(&self) {
        // SAFETY: as above.
        Python::attach(|_| unsafe { ffi::PyOS_AfterFork_Parent() });
    }

    pub fn after_fork_in_child(&self) {
        // SAFETY: as above, in the process that goes on using Python.
        Python::attach(|_| unsafe { ffi::PyOS_AfterFork_Child() });
    }

    /// The session's own first steps in Python; behind the walls. `work` is where the code works, `temporary` where its
    /// temporary files go; `alone` where Landlock is what keeps it from the host's.
    pub fn begin(&self, work: &Path, temporary: &Path, alone: bool) -> Result<(), String> {
        Python::attach(|py| {
            let places = (work.as_os_str(), temporary.as_os_str(), alone);
            self.begin.call1(py, places).map(drop).map_err(|e| render(py, &e))
        })
    }

    /// After a call: an error means that the next one could not run.
    pub fn check(&self) -> Result<(), String> {
        Python::attach(|py| self.check.call0(py).map(drop).map_err(|e| render(py, &e)))
    }

    /// Lets handlers run whose signals have come; what they raise is dropped.
    pub fn run_signal_handlers(&self) {
        Python::attach(|py| drop(py.check_signals()));
    }

    /// One request to one reply, both JSON. An error means that user code broke the runner itself.
    pub fn run(&self, request: &[u8]) -> Result<Vec<u8>, String> {
        Python::attach(|py| {
            let reply = self.run.call1(py, (PyBytes::new(py, request),)).map_err(|e| render(py, &e))?;
            reply.extract::<Vec<u8>>(py).map_err(|e| render(py, &e))
        })
    }
}

/// An exception with its traceback, on one line or several.
fn render(py: Python, error: &PyErr) -> String {
    let trace = error.traceback(py).and_then(|t| t.format().ok()).unwrap_or_default();
    format!("{error}\n{trace}").trim().to_owned()
}

/// `lib/pythonX.Y/site-packages` of the environment, for the Python this program is linked with.
fn packages_folder(py: Python, environment: &Path) -> Result<PathBuf, String> {
    let version = py.version_info();
    let folder = environment.join(format!("lib/python{}.{}/site-packages", version.major, version.minor));
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(format!(
        "no {} there: the environment must be made with Python {}.{}, the one polymath-python is linked with",
        folder.display(),
        version.major,
        version.minor
    ))
}

/// Leaves the standard library and the environment's packages on `sys.path`; returns its folders.
fn search_path(py: Python, packages: &Path) -> PyResult<Vec<PathBuf>> {
    let path = py.import("sys")?.getattr("path")?;
    let standard: Vec<PathBuf> = path.extract()?;
    // The system's own extra packages are not part of the project's environment.
    let outside = |p: &PathBuf| p.ends_with("dist-packages") || p.ends_with("site-packages") || !p.is_dir();
    let mut paths: Vec<PathBuf> = standard.into_iter().filter(|p| !outside(p)).collect();
    paths.push(packages.to_owned());
    path.call_method0("clear")?;
    path.call_method1("extend", (paths.iter().map(|p| p.as_os_str()).collect::<Vec<_>>(),))?;
    Ok(paths)
}

/// What a session must see: Python's own folders, those of the libraries mapped into this process
/// (modules imported later need their neighbours), and fonts.
fn runtime_folders(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut folders: BTreeSet<PathBuf> = paths.iter().cloned().collect();
    folders.extend(paths.iter().filter_map(|p| p.canonicalize().ok()));
    let maps = fs::read_to_string("/proc/self/maps").map_err(|e| format!("/proc/self/maps: {e}"))?;
    let libraries = maps.lines().filter_map(|line| line.split_once('/').map(|(_, path)| format!("/{path}")));
    for library in libraries.filter(|path| path.contains(".so")) {
        folders.extend(Path::new(&library).parent().map(Path::to_owned));
    }
    folders.extend(["/usr/share/fonts", "/usr/local/share/fonts"].map(PathBuf::from));
    folders.retain(|f| f.is_dir() && f.components().count() > 2);
    // A folder inside another comes with it.
    let all = folders.clone();
    folders.retain(|f| !all.iter().any(|other| f != other && f.starts_with(other)));
    Ok(folders.into_iter().collect())
}
