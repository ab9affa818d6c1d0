//! Where a path leads: through modules, imports and re-exports to the module that defines what it
//! names. A re-export is looked through, so importing it is importing from where it is defined.

use crate::modules::{Module, Use};

/// How many imports in a row are followed; more are a circle of imports.
const DEEP: u32 = 24;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Module(usize),
    /// Something that is defined in this module.
    Item(usize),
    /// Another crate's.
    Outside,
}

/// What `path` means in the module `at`.
pub fn resolve(modules: &[Module], at: usize, path: &[String]) -> Target {
    Scopes { modules }.resolve(at, path, DEEP)
}

/// Whether `inner` is a module below `outer`.
pub fn below(modules: &[Module], inner: usize, outer: usize) -> bool {
    modules[inner].parent.is_some_and(|parent| parent == outer || below(modules, parent, outer))
}

struct Scopes<'a> {
    modules: &'a [Module],
}

impl Scopes<'_> {
    fn resolve(&self, at: usize, path: &[String], deep: u32) -> Target {
        let Some(first) = path.first() else { return Target::Outside };
        let (mut here, mut rest) = match first.as_str() {
            "crate" => (0, &path[1..]),
            "self" => (at, &path[1..]),
            "super" => (at, path),
            name => match self.look(at, name, path.len() == 1, deep) {
                Some(Target::Module(module)) => (module, &path[1..]),
                Some(other) => return other,
                None => return Target::Outside,
            },
        };
        while let Some((name, more)) = rest.split_first() {
            rest = more;
            if name == "super" {
                here = self.modules[here].parent.unwrap_or(here);
                continue;
            }
            match self.look(here, name, rest.is_empty(), deep) {
                Some(Target::Module(module)) => here = module,
                Some(Target::Item(module)) => return Target::Item(module),
                // What it re-exports of other crates is had from it, and so is what a macro makes there.
                Some(Target::Outside) | None => return Target::Item(here),
            }
        }
        Target::Module(here)
    }

    /// What `name` is in the module `at`. Modules and items may have one name: the last one of a path
    /// is an item, those before are modules.
    fn look(&self, at: usize, name: &str, last: bool, deep: u32) -> Option<Target> {
        let deep = deep.checked_sub(1)?;
        let module = &self.modules[at];
        let child = module.children.get(name).map(|child| Target::Module(*child));
        let item = module.items.contains(name).then_some(Target::Item(at));
        let imports = || {
            let named = module.uses.iter().filter(|u| u.name == name && !names_itself(u));
            named.map(|u| self.resolve(at, &u.path, deep)).next()
        };
        let globs = || module.uses.iter().filter(|u| u.name == "*").find_map(|u| self.glob(at, u, name, last, deep));
        match last {
            true => item.or_else(imports).or(child).or_else(globs),
            false => child.or_else(imports).or(item).or_else(globs),
        }
    }

    fn glob(&self, at: usize, import: &Use, name: &str, last: bool, deep: u32) -> Option<Target> {
        match self.resolve(at, &import.path, deep) {
            Target::Module(module) if module != at => self.look(module, name, last, deep),
            _ => None,
        }
    }
}

/// `use syn;`: the name of a crate stands for itself.
fn names_itself(import: &Use) -> bool {
    import.path.len() == 1 && import.path[0] == import.name
}
