//! What stands in a crate's files: its modules, what each defines and imports, and every path that
//! its code mentions. Read with `syn`, so that comments, strings and nested imports are no puzzle;
//! inside macros, whose syntax is their own, whatever looks like a path is one. What is compiled for
//! tests only is left out.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// Gives a file's text, if there is such a file.
pub type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// A module; modules written inside another one's file have that file.
#[derive(Default)]
pub struct Module {
    pub file: PathBuf,
    pub parent: Option<usize>,
    pub children: BTreeMap<String, usize>,
    /// Names that are defined here.
    pub items: BTreeSet<String>,
    pub uses: Vec<Use>,
    /// Paths in the code, as they are written.
    pub mentions: BTreeSet<Vec<String>>,
    /// Where files of child modules lie.
    folder: PathBuf,
}

/// One name that a `use` brings in.
pub struct Use {
    /// `*` for all of a module's.
    pub name: String,
    pub path: Vec<String>,
    /// Others may import it from here.
    pub visible: bool,
}

/// The modules of the crate whose root is `file`, the root first.
pub fn read(file: &Path, read: Read) -> Vec<Module> {
    let folder = file.parent().unwrap().to_owned();
    let mut reader =
        Reader { modules: vec![Module { file: file.to_owned(), folder, ..Module::default() }], at: 0, read };
    reader.file(file);
    reader.modules
}

struct Reader<'a> {
    modules: Vec<Module>,
    /// The module that is being read.
    at: usize,
    read: Read<'a>,
}

impl Reader<'_> {
    fn here(&mut self) -> &mut Module {
        &mut self.modules[self.at]
    }

    fn file(&mut self, path: &Path) {
        let text = (self.read)(path).unwrap_or_else(|| panic!("there is no file {}", path.display()));
        let file = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        file.items.iter().for_each(|item| self.visit_item(item));
    }

    fn module(&mut self, item: &syn::ItemMod) {
        let name = item.ident.to_string();
        let here = self.here();
        let (own, file, folder) = (here.folder.clone(), here.file.clone(), here.folder.join(&name));
        let named = item.attrs.iter().filter(|attribute| attribute.path().is_ident("path"));
        let named = named.filter_map(|attribute| match &attribute.meta.require_name_value().ok()?.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => Some(file.with_file_name(path.value())),
            _ => None,
        });
        let mut candidates: Vec<PathBuf> = named.collect();
        candidates.extend([own.join(format!("{name}.rs")), folder.join("mod.rs")]);
        let other = candidates.into_iter().find(|path| item.content.is_none() && (self.read)(path).is_some());
        assert!(item.content.is_some() || other.is_some(), "{}: no file for `mod {name}`", file.display());
        let (parent, child) = (self.at, self.modules.len());
        self.here().children.insert(name, child);
        let file = other.clone().unwrap_or(file);
        self.modules.push(Module { file, folder, parent: Some(parent), ..Module::default() });
        self.at = child;
        match &item.content {
            Some((_, items)) => items.iter().for_each(|item| self.visit_item(item)),
            None => self.file(&other.unwrap()),
        }
        self.at = parent;
    }

    fn import(&mut self, tree: &UseTree, before: &[String], visible: bool) {
        let with = |ident: &syn::Ident| before.iter().cloned().chain([ident.to_string()]).collect::<Vec<_>>();
        let (name, path) = match tree {
            UseTree::Path(path) => return self.import(&path.tree, &with(&path.ident), visible),
            UseTree::Group(group) => return group.items.iter().for_each(|t| self.import(t, before, visible)),
            UseTree::Glob(_) => ("*".to_owned(), before.to_vec()),
            UseTree::Name(name) if name.ident == "self" => (before.last().unwrap().clone(), before.to_vec()),
            UseTree::Name(name) => (name.ident.to_string(), with(&name.ident)),
            UseTree::Rename(name) if name.ident == "self" => (name.rename.to_string(), before.to_vec()),
            UseTree::Rename(name) => (name.rename.to_string(), with(&name.ident)),
        };
        self.here().uses.push(Use { name, path, visible });
    }

    /// Paths in a macro's tokens.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        // How many colons stand behind the path so far, and whether it is a field or method.
        let (mut colons, mut dotted) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() && colons < 2 => {
                    colons += 1;
                    continue;
                }
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.mention(std::mem::take(&mut path), dotted);
                        dotted &= colons == 0;
                    }
                    path.push(ident.to_string());
                    colons = 0;
                    continue;
                }
                other => {
                    self.mention(std::mem::take(&mut path), dotted);
                    colons = 0;
                    dotted = matches!(&other, TokenTree::Punct(p) if p.as_char() == '.');
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.mention(path, dotted);
    }

    fn mention(&mut self, path: Vec<String>, dotted: bool) {
        if !path.is_empty() && !dotted {
            self.here().mentions.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = outline(item);
        if for_tests(attributes) {
            return;
        }
        if let Some(name) = name {
            self.here().items.insert(name);
        }
        match item {
            Item::Mod(module) => self.module(module),
            Item::Use(import) => {
                self.import(&import.tree, &[], !matches!(import.vis, Visibility::Inherited));
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !for_tests(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.mention(path.segments.iter().map(|s| s.ident.to_string()).collect(), false);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        self.tokens(call.tokens.clone());
    }

    /// `pub(super)` is no import.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// `#[cfg(test)]`, alone or among others, but not `not(test)`.
fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|a| a.path().is_ident("cfg")).any(|a| {
        let syn::Meta::List(list) = &a.meta else { return false };
        let text = list.tokens.to_string();
        text == "test" || (text.starts_with("all") && text.contains("test") && !text.contains("not"))
    })
}

/// An item's attributes and, unless it is a module or has none, its name.
fn outline(item: &Item) -> (&[Attribute], Option<String>) {
    match item {
        Item::Const(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Enum(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Fn(i) => (&i.attrs, Some(i.sig.ident.to_string())),
        Item::Macro(i) => (&i.attrs, i.ident.as_ref().map(ToString::to_string)),
        Item::Static(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Struct(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Trait(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Type(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Union(i) => (&i.attrs, Some(i.ident.to_string())),
        Item::Impl(i) => (&i.attrs, None),
        Item::Mod(i) => (&i.attrs, None),
        Item::Use(i) => (&i.attrs, None),
        _ => (&[], None),
    }
}
