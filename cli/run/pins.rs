//! What a script says of how it is run, and what the caller says over it.

use super::args::ScriptArgs;
use super::record::RunRecord;
use crate::settings::{RunArgs, Settings};
use polymath_agent::script::Script;
use polymath_tools::functions::Source;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// The arguments of the run: flags, then the script, then the user's own settings. That another model
/// takes the place of the script's is told.
pub fn pinned(args: &ScriptArgs, script: &Script, base: RunArgs, record: Option<&RunRecord>, quiet: bool) -> RunArgs {
    if let (Some(own), Some(pinned)) = (&args.model, &script.model)
        && own != pinned
        && !quiet
    {
        eprintln!("note: the script is made for {pinned}, and --model says {own}");
    }
    let folder = script.file.parent().unwrap_or(Path::new(""));
    RunArgs {
        model: args.model.clone().or(script.model.clone()).or(base.model),
        mode: script.mode.clone().or(base.mode),
        search: args.search.clone().or(script.search.as_ref().map(|s| own_folders(s, folder))).or(base.search),
        today: args.today.or(record.map(|r| r.today)).or(script.today).or(base.today),
        out: args.out.clone(),
        functions: args.functions.clone(),
        ..base
    }
}

/// A script's local folders are taken from its own, where they are there.
fn own_folders(search: &str, folder: &Path) -> String {
    let own = |backend: &str| match backend.trim().strip_prefix("local:").map(|path| folder.join(path)) {
        Some(path) if path.is_dir() => format!("local:{}", path.display()),
        _ => backend.trim().to_owned(),
    };
    search.split(',').map(own).collect::<Vec<_>>().join(",")
}

/// What results depend on besides the day: who is asked, what local folders hold now, and what the functions and
/// skills are now.
pub fn world(settings: &Settings) -> String {
    let mut world = settings.search.clone();
    for path in &settings.functions {
        // One that cannot be read ended the run already.
        world.extend(Source::read(path).iter().map(Source::text));
    }
    world.extend(settings.brought.functions.iter().map(Source::text));
    for skill in &settings.brought.skills {
        world.extend([skill.name.as_str(), &skill.description, &skill.instructions]);
    }
    for backend in settings.search.split(',') {
        if let Some(folder) = backend.trim().strip_prefix("local:") {
            look(Path::new(folder), &mut world);
        }
    }
    world
}

/// Name, size and time of every file.
fn look(folder: &Path, world: &mut String) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() {
            look(&entry.path(), world);
        } else {
            let time = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
            world.push_str(&format!("\n{} {} {}", entry.path().display(), about.len(), time.as_nanos()));
        }
    }
}
