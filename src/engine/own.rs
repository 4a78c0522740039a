//! Hunts of people's own: files `NAME.sql` in a folder beside the case and in one of the user's. They are read when they
//! are asked for, so that one that was just written is there at once. A hunt of the pack keeps its name.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::hunts::{Hunt, declared, guessed};
use super::query::Parameter;
use crate::case::user;
use crate::error::{Diagnostic, Error, Result};
use crate::pack::HUNTS;

/// The folders that own hunts are looked for in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folders(pub Vec<PathBuf>);

impl Folders {
    /// `CASE.hunts` beside a case, and `coldcase/hunts` among the user's settings.
    pub fn of(case: &Path) -> Folders {
        let settings = user::Folder::Settings.path().map(|path| path.join("hunts"));
        Folders(beside(case, "hunts").into_iter().chain(settings).collect())
    }
}

/// The folder beside a case whose name is the case's with an ending: what is in a case is listed by its journal, and this is
/// not. `None` when the case is not there.
pub fn beside(case: &Path, ending: &str) -> Option<PathBuf> {
    let case = fs::canonicalize(case).ok()?;
    let mut name = case.file_name()?.to_owned();
    name.push(".");
    name.push(ending);
    Some(case.with_file_name(name))
}

/// Every hunt by name, and what is wrong with files that are none.
pub fn hunts(folders: &Folders) -> (Vec<Hunt>, Vec<Diagnostic>) {
    let (mut hunts, mut problems): (BTreeMap<String, Hunt>, Vec<Diagnostic>) = Default::default();
    let wrong = |path: &str, message: String, hint: &str| Diagnostic {
        file: path.to_owned(),
        line: 1,
        column: 1,
        message,
        hint: Some(hint.into()),
    };
    let mut add = |path: &str, text: std::io::Result<String>, own: bool| match text
        .map_err(|error| wrong(path, format!("cannot be read: {error}"), "make it readable text, or move it away"))
        .and_then(|text| Hunt::read(path, &text))
    {
        Ok(hunt) if hunts.contains_key(&hunt.name) => {
            problems.push(wrong(path, format!("there is a hunt {} already", hunt.name), "give the file another name"));
        }
        Ok(hunt) => drop(hunts.insert(hunt.name.clone(), Hunt { own, ..hunt })),
        Err(problem) => problems.push(problem),
    };
    HUNTS.iter().for_each(|(path, text)| add(path, Ok((*text).to_owned()), false));
    for folder in &folders.0 {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        files.retain(|path| path.extension().is_some_and(|ending| ending == "sql"));
        files.sort();
        for file in files {
            add(&file.to_string_lossy(), fs::read_to_string(&file), true);
        }
    }
    (hunts.into_values().collect(), problems)
}

/// Writes a query as a hunt of one's own beside a case and returns where. A query that has a header keeps it; else one is
/// made of the title and of the values its `$names` were given, which become their usual values.
///
/// # Errors
/// [`Error::Usage`] when the name is none or taken or a value cannot stand in a header; else when the file cannot be written.
pub fn save(case: &Path, name: &str, title: &str, sql: &str, given: &[(String, String)]) -> Result<PathBuf> {
    let wrong = |what: String, hint: &str| Error::Usage { what, hint: Some(hint.to_owned()) };
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(fits) {
        return Err(wrong(format!("`{name}` is no name of a hunt"), "letters, digits, - and _: secrets-by-actor"));
    }
    let known = hunts(&Folders::of(case)).0;
    if known.iter().any(|hunt| hunt.name == name) {
        return Err(wrong(format!("there is a hunt {name} already"), "give this one another name"));
    }
    let folder = beside(case, "hunts").ok_or_else(|| wrong("the case is gone".into(), "open it again"))?;
    let path = folder.join(format!("{name}.sql"));
    let mut text = sql.trim().to_owned();
    let said = declared(sql);
    let is_said = |name: &str| said.iter().any(|parameter| parameter.name == name);
    if Hunt::read("own.sql", &text).is_err() {
        let title = Some(title.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|title| !title.is_empty());
        let title = title.unwrap_or_else(|| name.to_owned());
        let mut header = format!("-- title: {title}\n-- question: {title}\n-- needs: not said\n");
        for (name, value) in given.iter().filter(|(name, _)| !is_said(name)) {
            header += &format!("-- param: {name} {} = {value} : given when it is asked\n", guessed(value).0);
        }
        text = header + &text;
    }
    text.push('\n');
    let hunt = Hunt::read(&path.to_string_lossy(), &text).map_err(|problem| Error::Rules { all: vec![problem] })?;
    for (name, value) in given {
        let usual = |default: &Parameter| is_said(name) || *default == guessed(value).1;
        if !hunt.parameters.iter().any(|parameter| parameter.name == *name && usual(&parameter.default)) {
            return Err(wrong(
                format!("`{value}` cannot be the usual value of ${name}"),
                "run it with another one first",
            ));
        }
    }
    write_new(&path, &text)?;
    Ok(path)
}

/// Writes a file that is not there yet, and makes its folder.
///
/// # Errors
/// When it is there, or cannot be written.
pub fn write_new(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io("make", folder))?;
    }
    let file = fs::OpenOptions::new().write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(Error::io("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_a_hunt_at_once_with_its_values_as_usual_ones() {
        let folder = tempfile::tempdir().unwrap();
        let case = folder.path().join("alpha");
        fs::create_dir(&case).unwrap();
        let beside = Folders(vec![beside(&case, "hunts").unwrap()]);
        let given = [("ns".to_owned(), "web".to_owned()), ("least".to_owned(), "3".to_owned())];
        let sql = "SELECT * FROM audit WHERE namespace = $ns AND response_code > $least";
        let path = save(&case, "mine", "Of  a namespace", sql, &given).unwrap();
        assert_eq!(path, fs::canonicalize(folder.path()).unwrap().join("alpha.hunts/mine.sql"));
        let (all, problems) = hunts(&beside);
        let hunt = all.iter().find(|hunt| hunt.name == "mine").unwrap();
        assert!(problems.is_empty() && hunt.own && hunt.title == "Of a namespace");
        let bound = hunt.bind(&[]).unwrap();
        assert_eq!(format!("{bound:?}"), r#"[("ns", Text("web")), ("least", Int(3))]"#);
        for taken in ["mine", "hands-on", "", "../x", "a b"] {
            assert!(save(&case, taken, "", sql, &given).is_err(), "{taken}");
        }
        // What only looks like a line of a header says nothing.
        let ns = [("ns".to_owned(), "web".to_owned())];
        save(&case, "quoted", "", "SELECT '-- param: ns ' || $ns", &ns).unwrap();
        let all = hunts(&beside).0;
        let quoted = all.iter().find(|hunt| hunt.name == "quoted").unwrap().bind(&[]).unwrap();
        assert_eq!(format!("{quoted:?}"), r#"[("ns", Text("web"))]"#);
        let colon = [("ns".to_owned(), "a : b".to_owned())];
        assert!(save(&case, "other", "", "SELECT $ns", &colon).is_err(), "it would be read as a and its meaning");
        fs::write(beside.0[0].join("bad.sql"), "SELECT 1").unwrap();
        fs::write(beside.0[0].join("bytes.sql"), [0xff, 0xfe]).unwrap();
        fs::write(beside.0[0].join("hands-on.sql"), &hunt.sql).unwrap();
        let (_, problems) = hunts(&beside);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert!(told.iter().any(|one| one.contains("bad.sql:1:1: the header lacks `title`")), "{told:?}");
        assert!(told.iter().any(|one| one.contains("bytes.sql:1:1: cannot be read: ")), "{told:?}");
        assert!(told.iter().any(|one| one.contains("there is a hunt hands-on already")), "{told:?}");
    }
}
