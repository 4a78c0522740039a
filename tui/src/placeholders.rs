//! The `$names` that a query leaves open. It parses no SQL: it knows where texts and comments end, and the lines
//! `-- param: name type = usual : meaning` that a stored question begins with.

use crate::ask::Asked;

/// Returns each `$name` of a query once, in the order they come, with what its head says of it.
pub fn of(text: &str) -> Vec<Asked> {
    let mut found: Vec<Asked> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '\'' | '"' => 1 + past(&rest[1..], if c == '\'' { "'" } else { "\"" }),
            '-' if rest.starts_with("--") => past(rest, "\n"),
            '/' if rest.starts_with("/*") => 2 + past(&rest[2..], "*/"),
            '$' => {
                let name: String = rest[1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                // A number is no name, and `$tag$` begins a text.
                let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
                if is_name && !rest[1 + name.len()..].starts_with('$') && !found.iter().any(|one| one.name == name) {
                    found.push(declared(text, &name));
                }
                1 + name.len()
            }
            c => c.len_utf8(),
        };
        rest = &rest[length..];
    }
    found
}

/// How many bytes there are up to the end of what ends so, or of the text.
fn past(text: &str, end: &str) -> usize {
    text.find(end).map_or(text.len(), |at| at + end.len())
}

fn declared(text: &str, name: &str) -> Asked {
    let said = text.lines().find_map(|line| {
        let (declared, rest) = line.strip_prefix("-- param: ")?.split_once(" = ")?;
        let (usual, doc) = rest.split_once(" : ")?;
        let (known, _) = declared.trim().split_once(' ')?;
        (known == name).then(|| (usual.trim().to_string(), doc.trim().to_string()))
    });
    let (usual, doc) = said.unwrap_or_default();
    Asked { name: name.to_string(), usual, doc }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        of(text).into_iter().map(|asked| asked.name).collect()
    }

    #[test]
    fn names_are_found_but_not_in_texts_and_comments() {
        assert_eq!(names("SELECT $a, '$b', \"$c\", $d_1 -- $e\n, $a /* $f */, $g"), ["a", "d_1", "g"]);
        assert_eq!(names("SELECT 'it''s $a' || $b"), ["b"]);
        assert_eq!(names("SELECT $1, $$text$$, 'open $a"), Vec::<String>::new());
        assert_eq!(names("é$ö"), ["ö"]);
        assert_eq!(names("$"), Vec::<String>::new());
    }

    #[test]
    fn the_head_says_what_is_usual_and_what_it_means() {
        let text = "-- param: least int = 3 : how many\nSELECT $least, $most";
        let asked =
            |name: &str, usual: &str, doc: &str| Asked { name: name.into(), usual: usual.into(), doc: doc.into() };
        assert_eq!(of(text), [asked("least", "3", "how many"), asked("most", "", "")]);
    }
}
